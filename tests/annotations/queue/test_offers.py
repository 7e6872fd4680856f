"""Who may hold how many clips, and whose answers are taken: those who were asked."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from annotations.models import CurrentReview, ListenLog, QueueEntry, Review
from annotations.queue import leases
from annotations.queue.leases import MOST_HELD
from annotations.queue.offers import playable_by, record_offer, take_next
from annotations.reviews import submission
from annotations.reviews.submission import ReviewContext
from classifier.audio.flac import encode_flac
from classifier.models import Label, Task
from emotion_site.exceptions import UserError
from tests.annotations.conftest import choice_of
from tests.training.corpora import buzz

pytestmark = pytest.mark.django_db


def submit(reviewer, clip, task):
    return submission.submit_review(
        reviewer=reviewer,
        task=task,
        clip_id=clip.pk,
        choice=choice_of(task, "sad"),
        context=ReviewContext(uuid4().hex),
    )


def end_leases():
    QueueEntry.objects.filter(leased_until__isnull=False).update(
        leased_until=timezone.now() - timedelta(minutes=1)
    )


def held(reviewer):
    return QueueEntry.objects.filter(leases.held_by(reviewer)).count()


@pytest.mark.parametrize("named", [slice(None), slice(-leases.MOST_BESIDE, None)], ids=["all", "last ten"])
def test_nobody_holds_every_clip_by_naming_those_they_have(shared, reviewer, task, named):
    for _number in range(15):
        shared()
    mine, refusals = [], []
    for _round in range(20):
        try:
            mine.append(take_next(reviewer=reviewer, task=task, beside=mine[named]).clip.pk)
        except UserError as error:
            refusals.append((error.status, error.code))
    assert held(reviewer) == MOST_HELD
    assert named != slice(None) or set(refusals) == {(409, "too_many_held")}


def test_a_heartbeat_does_not_gather_clips_whose_leases_ended(shared, reviewer, task):
    for _number in range(30):
        shared()
    mine = []
    for _round in range(2):
        taken = []
        for _number in range(leases.MOST_BESIDE):
            taken.append(take_next(reviewer=reviewer, task=task, beside=taken).clip.pk)
        mine += taken
        # They end, and the reviewer takes others, as if these had never been.
        QueueEntry.objects.filter(clip__in=taken).update(leased_until=timezone.now() - timedelta(minutes=1))
        QueueEntry.objects.filter(clip__in=taken).update(priority=-1)
    kept = []
    for pk in mine:
        try:
            leases.heartbeat(reviewer=reviewer, task=task, clip_id=pk)
            kept.append(pk)
        except UserError as error:
            assert error.code == "lease_lost"
    assert len(set(mine)) > MOST_HELD
    assert len(kept) == held(reviewer) == MOST_HELD
    for pk in kept:  # those that are held are kept on
        leases.heartbeat(reviewer=reviewer, task=task, clip_id=pk)


def test_taking_answers_back_does_not_gather_clips(shared, reviewer, task, policy):
    for _number in range(MOST_HELD + 3):
        shared()
        offer = take_next(reviewer=reviewer, task=task)
        submit(reviewer, offer.clip, task)
    for _number in range(MOST_HELD + 3):
        submission.undo_last(reviewer=reviewer, task=task, client_id=uuid4().hex)
    assert held(reviewer) == MOST_HELD
    assert QueueEntry.objects.filter(is_open=True).count() == MOST_HELD + 3
    assert not CurrentReview.objects.exists()


def test_an_answer_to_a_clip_that_was_never_offered_is_refused_and_opens_nothing(
    shared, reviewer, reviewer_client
):
    clip = shared()
    answer = {"clip": str(clip.pk), "label": "sad", "client_id": "mine"}
    reply = reviewer_client.post("/api/v1/reviews/", answer, content_type="application/json")
    assert (reply.status_code, reply.json()["code"]) == (403, "not_offered")
    assert not Review.objects.exists()
    assert not playable_by(reviewer).exists()
    for name in ("audio", "spectrogram"):
        assert reviewer_client.get(reverse(f"annotations:{name}", args=[clip.pk])).status_code == 404


def test_an_offer_to_somebody_else_or_in_another_task_counts_for_nothing(
    shared, reviewer, second_reviewer, admin, task
):
    clip = shared()
    other = Task.objects.create(slug="noise", name="Noise")
    Label.objects.create(task=other, key="sad", name="Sad", colour="#000000", digit=1, order=0)
    entry = QueueEntry.objects.create(clip=clip, task=other, overlap_draw=0.5)
    record_offer(entry_id=entry.pk, reviewer=second_reviewer)
    assert take_next(reviewer=reviewer, task=task).clip == clip
    for person in (second_reviewer, admin):
        with pytest.raises(UserError, match="not_offered"):
            submit(person, clip, task)
    assert submit(reviewer, clip, task).created


@pytest.mark.parametrize("fate", ["ended", "taken over", "released"])
def test_an_answer_that_comes_late_is_taken_whatever_became_of_the_lease(
    shared, reviewer, second_reviewer, task, fate
):
    clip = shared()
    assert take_next(reviewer=reviewer, task=task).clip == clip
    if fate == "released":
        leases.release(reviewer=reviewer, task=task, clip_id=clip.pk)
    else:
        end_leases()
    if fate == "taken over":
        assert take_next(reviewer=second_reviewer, task=task).clip == clip
        submit(second_reviewer, clip, task)
    assert submit(reviewer, clip, task).notes
    assert Review.objects.filter(reviewer=reviewer).count() == 1


def test_who_answered_before_offers_were_remembered_may_change_the_answer(shared, say, reviewer, task):
    clip = shared()
    say(reviewer, clip, "happy")
    QueueEntry.objects.get().offers.all().delete()
    saved = submission.revise(
        reviewer=reviewer,
        task=task,
        clip_id=clip.pk,
        choice=choice_of(task, "sad"),
        context=ReviewContext("changed"),
    )
    assert saved.decision.label.key == "sad"


def test_a_spectrogram_is_a_listen(shared, reviewer, reviewer_client, task):
    clip = shared()
    clip.audio.save(clip.audio.name, ContentFile(encode_flac(buzz(9, 9, 1.0))))
    take_next(reviewer=reviewer, task=task)
    address = reverse("annotations:spectrogram", args=[clip.pk])
    first = reviewer_client.get(address)
    assert first.status_code == 200
    assert list(ListenLog.objects.values_list("clip_id", "listener")) == [(clip.pk, reviewer.pk)]
    # A player asks for sound and picture: one listen.
    assert reviewer_client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert ListenLog.objects.count() == 1
    reviewer_client.get(reverse("annotations:audio", args=[clip.pk]))
    reviewer_client.get(address)
    assert ListenLog.objects.count() == 2


def test_a_picture_that_the_browser_still_has_is_a_listen_too(shared, admin, admin_client):
    clip = shared()
    address = reverse("annotations:spectrogram", args=[clip.pk])
    etag = f'"{clip.checksum}-mel"'
    assert admin_client.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert ListenLog.objects.get().listener == admin
