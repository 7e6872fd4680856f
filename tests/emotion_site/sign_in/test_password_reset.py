"""A forgotten password: by mail where there is mail, by an administrator's link everywhere."""

import pytest
from django.urls import reverse

from emotion_site.models import OneTimeLink
from tests.factories import PASSWORD, expire, make_api_token

NEW = "quite another long sentence"
NEW_PASSWORD = {"password1": NEW, "password2": NEW}


@pytest.fixture
def path(speaker, fresh_admin_client) -> str:
    response = fresh_admin_client.post(reverse("emotion_site:person_reset_link", args=[speaker.pk]))
    return response.context["url"].removeprefix("http://testserver")


def test_without_mail_no_page_promises_any(client, db, mailoutbox, speaker):
    page = reverse("account_reset_password")
    for response in (client.get(page), client.post(page, {"email": speaker.email}, follow=True)):
        html = response.content.decode()
        assert "Ask an administrator" in html
        assert "mailbox" not in html and "e-mail" not in html
    assert mailoutbox == []


def test_the_link_sets_a_new_password_and_signs_every_device_out(path, client, speaker, speaker_client):
    account = reverse("emotion_site:account")
    assert speaker_client.get(account).status_code == 200
    assert client.get(path).status_code == 200
    assert client.post(path, NEW_PASSWORD).url == reverse("account_login")
    assert speaker_client.get(account).status_code == 302
    speaker.refresh_from_db()
    assert speaker.check_password(NEW)


def test_the_link_ends_the_api_tokens_of_its_person_and_says_so(path, client, speaker, stranger):
    tokens = [make_api_token(person)[0] for person in (speaker, stranger)]
    page = client.post(path, NEW_PASSWORD, follow=True).content.decode()
    for token in tokens:
        token.refresh_from_db()
    assert [token.is_usable for token in tokens] == [False, True]
    assert "Your API tokens no longer work" in page


def test_the_link_works_once(path, client):
    client.post(path, NEW_PASSWORD)
    assert client.get(path).status_code == 410
    assert client.post(path, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 410


def test_the_link_expires(path, client):
    expire(OneTimeLink.objects.get())
    assert client.get(path).status_code == 410


def test_a_weak_password_leaves_the_link_usable(path, client):
    assert client.post(path, {"password1": "1234", "password2": "1234"}).status_code == 200
    assert client.post(path, NEW_PASSWORD).status_code == 302


def test_a_new_link_ends_the_one_before(path, client, fresh_admin_client, speaker):
    fresh_admin_client.post(reverse("emotion_site:person_reset_link", args=[speaker.pk]))
    assert client.get(path).status_code == 410


def test_the_link_does_not_help_somebody_who_is_deactivated(path, client, speaker):
    speaker.is_active = False
    speaker.save()
    assert client.get(path).status_code == 410


def test_with_mail_the_message_leads_to_a_new_password(mail_is_configured, client, speaker, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": speaker.email})
    link = next(word for word in mailoutbox[0].body.split() if word.startswith("http://testserver/"))
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], NEW_PASSWORD)
    speaker.refresh_from_db()
    assert speaker.check_password(NEW)
    assert mailoutbox[1].subject == "Your password has changed"


def test_with_mail_the_page_does_not_tell_who_has_an_account(mail_is_configured, client, speaker, mailoutbox):
    page = reverse("account_reset_password")
    known = client.post(page, {"email": speaker.email})
    unknown = client.post(page, {"email": "nobody@example.org"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert "no account" in mailoutbox[1].body


def test_wherever_a_password_is_chosen_the_advice_is_the_same(path, client, speaker_client):
    for page in (client.get(path), speaker_client.get(reverse("account_change_password"))):
        html = page.content.decode()
        assert "Three or four random words are good" in html
        assert "entirely numeric" not in html
