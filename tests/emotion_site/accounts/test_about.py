from django.urls import reverse


def test_the_page_says_what_was_proved_and_what_may_be_arranged_otherwise(speaker_client):
    text = speaker_client.get(reverse("emotion_site:about")).content.decode()
    for words in (
        "Nothing leaves this machine",
        "where there is no network",
        "opens every page",
        "a mail server, a database or a Redis on another machine",
    ):
        assert words in text
