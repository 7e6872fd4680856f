"""Reviews are appended, never changed, and outlive the people and clips they are about."""

import pytest
from django.urls import reverse

from annotations.models import CurrentReview, ListenLog, Review
from annotations.models.append_only import AppendOnlyError
from annotations.queue.offers import log_listen, playable_by, take_next
from classifier.clips.sharing import set_sharing

pytestmark = pytest.mark.django_db


def test_a_review_cannot_be_changed_or_deleted(shared, say, reviewer):
    review = say(reviewer, shared(), "sad").review
    for change in (
        review.save,
        review.delete,
        Review.objects.all().delete,
        lambda: Review.objects.update(comment="other"),
        lambda: Review.objects.bulk_update([review], ["comment"]),
    ):
        with pytest.raises(AppendOnlyError):
            change()


def test_the_admin_shows_reviews_and_changes_none(shared, say, reviewer, admin_client):
    review = say(reviewer, shared(), "sad").review
    page = reverse("admin:annotations_review_change", args=[review.pk])
    assert admin_client.get(page).status_code == 200
    assert admin_client.post(page, {"comment": "other"}).status_code == 403
    assert admin_client.get(reverse("admin:annotations_review_delete", args=[review.pk])).status_code == 403


@pytest.mark.parametrize(
    "name", ["decision", "decisionchange", "queueentry", "reviewpolicy", "objection", "listenlog", "review"]
)
def test_the_admin_lists(name, shared, say, reviewer, admin_client):
    clip = shared()
    say(reviewer, clip, "sad")
    log_listen(listener=reviewer, clip=clip)
    assert admin_client.get(reverse(f"admin:annotations_{name}_changelist")).status_code == 200


def test_a_reviewer_who_leaves_leaves_a_pseudonym(shared, say, reviewer):
    clip = shared()
    rater = say(reviewer, clip, "sad").review.rater
    log_listen(listener=reviewer, clip=clip)
    reviewer.delete()
    review = Review.objects.get()
    assert (review.reviewer, review.rater, review.label.key) == (None, rater, "sad")
    assert CurrentReview.objects.get().rater == rater
    assert ListenLog.objects.get().pseudonym == rater


def test_a_review_outlives_its_clip(shared, say, reviewer, speaker):
    clip = shared()
    say(reviewer, clip, "sad")
    speaker.delete()
    assert Review.objects.get().clip_id == clip.pk
    assert not CurrentReview.objects.exists()


def test_reviewers_hear_what_they_hold_or_reviewed_and_administrators_what_is_shared(
    shared, say, reviewer, second_reviewer, stranger, admin, task
):
    held = shared()
    take_next(reviewer=reviewer, task=task)
    waiting = shared()
    assert list(playable_by(reviewer)) == [held]
    assert not playable_by(second_reviewer).exists()
    assert not playable_by(stranger).exists()
    assert set(playable_by(admin)) == {held, waiting}
    say(reviewer, held, "sad")
    assert list(playable_by(reviewer)) == [held]
    set_sharing(clip=held, review=False, training=False)
    assert not playable_by(reviewer).exists()
    assert list(playable_by(admin)) == [waiting]


def test_listens_of_others_are_logged(shared, reviewer, speaker):
    clip = shared()
    log_listen(listener=speaker, clip=clip)
    log_listen(listener=reviewer, clip=clip)
    assert [entry.listener for entry in ListenLog.objects.all()] == [reviewer]
