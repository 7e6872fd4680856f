"""What owners read about the review of their clips, and what they may say to it."""

import pytest
from django.urls import reverse

from annotations.models import ListenLog, Objection, QueueEntry
from tests.factories import ClipFactory, UserFactory

pytestmark = pytest.mark.django_db


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def page_text(speaker_client):
    return lambda clip: text_of(speaker_client.get(clip.get_absolute_url()))


def test_a_private_clip(speaker, page_text):
    assert "nobody else can hear it and nobody reviews it" in page_text(ClipFactory(owner=speaker))


def test_every_state_in_plain_words(policy, shared, say, reviewer, second_reviewer, admin, page_text):
    policy.reviewers_needed = 2
    policy.save()
    clip = shared()
    assert "It is waiting for a reviewer." in page_text(clip)
    assert "1 reviewer may hear it. 1 administrator" not in page_text(clip)
    assert "2 reviewers may hear it. 1 administrator may hear it. Nobody has listened" in page_text(clip)
    say(reviewer, clip, "sad")
    assert "1 of 2 reviewers have answered" in page_text(clip)
    say(second_reviewer, clip, "angry")
    assert "Reviewers do not agree." in page_text(clip)
    agreed, noisy = shared(), shared()
    for person in (reviewer, second_reviewer):
        say(person, agreed, "sad")
        say(person, noisy, "too_noisy")
    assert "People hear: Sad." in page_text(agreed)
    assert "It has no label: Too noisy." in page_text(noisy)


def test_history_names_nobody(shared, say, reviewer, page_text):
    clip = shared()
    say(reviewer, clip, "other")
    ListenLog.objects.create(clip=clip, listener=reviewer, pseudonym=reviewer.pseudonym.name)
    text = page_text(clip)
    assert "A reviewer</span> answered: Other" in text
    assert "Excluded: Other <span" in text and "decision:" not in text
    assert "1 person has listened." in text
    for private in (reviewer.email, reviewer.pseudonym.name, "said so"):
        assert private not in text


def test_taking_a_clip_back(shared, say, reviewer, speaker_client, page_text):
    clip = shared(answer="happy")
    say(reviewer, clip, "sad")
    response = speaker_client.post(
        reverse("classifier:share", args=[clip.pk]), headers={"HX-Request": "true"}
    )
    assert "sharing-changed" in response["HX-Trigger"]
    state = text_of(speaker_client.get(reverse("annotations:review_state", args=[clip.pk])))
    assert "What was said about it stays" in state


def test_objecting_moves_the_clip_forward(shared, speaker_client, page_text):
    clip = shared(answer="happy")
    assert "That is not what I hear" in page_text(clip)
    wish = {"wished_label": "sad", "comment": "I was <b>crying</b>"}
    response = speaker_client.post(reverse("annotations:objection", args=[clip.pk]), wish, follow=True)
    assert "a reviewer will listen" in text_of(response)
    assert "&lt;b&gt;crying" in text_of(response)
    assert Objection.objects.get().wished_label.key == "sad"
    assert QueueEntry.objects.get(clip=clip).has_objection


def test_objecting_to_a_clip_that_was_reviewed_or_drawn_at_random(shared, say, reviewer, speaker_client):
    reviewed, drawn = shared(answer="happy"), shared(answer="happy")
    say(reviewer, reviewed, "sad")
    QueueEntry.objects.filter(clip=drawn).update(is_random=True)
    for clip, thanks in [
        (reviewed, "that is saved. People have already"),
        (drawn, "Thank you, that is saved.<"),
    ]:
        response = speaker_client.post(reverse("annotations:objection", args=[clip.pk]), follow=True)
        assert thanks in text_of(response).replace(" <", "<")
        moves = "Your clip moves forward in the queue, unless" in text_of(response)
        assert moves is (clip == drawn)
        assert ("so it does not move in the queue." in text_of(response)) is (clip == reviewed)


@pytest.mark.parametrize(("wish", "said"), [("bored", "does not belong"), ("", "that is saved")])
def test_objections_to_a_private_clip(speaker, speaker_client, wish, said):
    clip = ClipFactory(owner=speaker, answer="happy")
    address = reverse("annotations:objection", args=[clip.pk])
    text = text_of(speaker_client.post(address, {"wished_label": wish}, follow=True))
    assert said in text and "unless you share it for review." in text


def test_nothing_to_object_to(speaker, speaker_client, page_text):
    clip = ClipFactory(owner=speaker)
    assert "That is not what I hear" not in page_text(clip)
    address = reverse("annotations:objection", args=[clip.pk])
    assert "no prediction" in text_of(speaker_client.post(address, follow=True))


@pytest.mark.parametrize("name", ["objection", "review_state"])
def test_only_the_owner(client_of, shared, reviewer, admin, name):
    address = reverse(f"annotations:{name}", args=[shared(answer="sad").pk])
    for person in (reviewer, admin, UserFactory()):
        browser = client_of(person)
        response = browser.post(address) if name == "objection" else browser.get(address)
        assert response.status_code == 404
    assert not Objection.objects.exists()
