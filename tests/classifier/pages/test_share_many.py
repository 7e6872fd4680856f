"""Sharing many clips from the history."""

import pytest

from annotations.models import QueueEntry
from classifier.models import Clip
from tests.factories import ClipFactory

pytestmark = pytest.mark.django_db
SHARING = "/clips/sharing/"


def shared(clip: Clip) -> tuple[bool, bool]:
    clip.refresh_from_db()
    return clip.shared_for_review, clip.shared_for_training


@pytest.mark.parametrize(
    ("choice", "switches"),
    [("review", (True, False)), ("training", (True, True)), ("nothing", (False, False))],
)
def test_chosen_clips_are_shared_or_taken_back(speaker, speaker_client, choice, switches):
    chosen = ClipFactory.create_batch(2, owner=speaker)
    other = ClipFactory(owner=speaker, shared_for_review=True)
    speaker_client.post(SHARING, {"ids": [clip.pk for clip in chosen], "share": choice})
    assert [shared(clip) for clip in chosen] == [switches] * 2
    assert shared(other) == (True, False)


def test_the_queue_follows(speaker, speaker_client):
    clips = ClipFactory.create_batch(2, owner=speaker)
    form = {"ids": [clip.pk for clip in clips]}
    speaker_client.post(SHARING, {**form, "share": "review"})
    assert QueueEntry.objects.filter(is_open=True).count() == 2
    speaker_client.post(SHARING, {**form, "share": "nothing"})
    assert QueueEntry.objects.filter(is_open=True).count() == 0


def test_clips_of_others_are_passed_over(speaker_client):
    clip = ClipFactory()
    response = speaker_client.post(SHARING, {"ids": [clip.pk], "share": "review"}, follow=True)
    assert "Nothing was changed" in response.content.decode()
    assert shared(clip) == (False, False)


@pytest.mark.parametrize("form", [{}, {"share": "everybody"}, {"ids": "x", "share": "review"}])
def test_what_makes_no_sense_changes_nothing(speaker, speaker_client, form):
    clip = ClipFactory(owner=speaker)
    response = speaker_client.post(SHARING, {"ids": [clip.pk], **form} if "ids" not in form else form)
    assert response.status_code == 302
    assert shared(clip) == (False, False)


def test_the_history_says_which_are_shared(speaker, speaker_client):
    clip = ClipFactory(owner=speaker)
    form = {"ids": [clip.pk], "share": "review", "next": "/history/?sort=oldest"}
    response = speaker_client.post(SHARING, form, follow=True)
    assert response.redirect_chain == [("/history/?sort=oldest", 302)]
    assert "1 clip is shared." in response.content.decode()
    assert "· shared" in response.content.decode()
