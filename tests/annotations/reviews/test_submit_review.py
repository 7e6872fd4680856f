"""Answers: kept once, never lost, and what is said when something happened meanwhile."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from annotations.models import CurrentReview, Decision, DecisionChange, QueueEntry, Review
from annotations.queue.offers import take_next
from annotations.reviews import submission
from annotations.reviews.adjudication import adjudicate
from annotations.reviews.choice import read_choice
from annotations.reviews.log import apply_review, new_current_review
from annotations.reviews.submission import ReviewContext
from classifier.clips.deletion import delete_clips
from classifier.clips.sharing import set_sharing
from classifier.models import Clip, Label, Task
from emotion_site.exceptions import UserError
from emotion_site.roles import Role, set_role
from tests.annotations.conftest import choice_of

pytestmark = pytest.mark.django_db


def codes(saved):
    return [note["code"] for note in saved.notes]


def test_one_answer_decides_where_one_is_needed(shared, say, reviewer, task):
    clip = shared(answer="happy")
    take_next(reviewer=reviewer, task=task)
    saved = say(reviewer, clip, "sad", milliseconds=2100)
    assert (saved.decision.state, saved.decision.label.key, saved.decision.how) == (
        "decided",
        "sad",
        "single",
    )
    assert (saved.agrees, saved.prediction.label.key, codes(saved)) == (False, "happy", [])
    review = Review.objects.get()
    assert (review.kind, review.milliseconds, review.picked_by) == ("blind", 2100, "uncertain")
    assert (review.predicted_label.key, review.prediction_shown) == ("happy", False)
    assert review.rater.startswith("reviewer-")
    assert take_next(reviewer=reviewer, task=task) is None
    assert [step.state for step in DecisionChange.objects.all()] == ["decided"]


def test_a_flag_excludes_and_other_needs_a_comment(shared, say, reviewer, task):
    assert say(reviewer, shared(), "no_speech").decision.state == "excluded"
    with pytest.raises(UserError, match="no_comment"):
        read_choice(task, flag="other")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({}, "no_answer"),
        ({"label": "sad", "flag": "other"}, "two_answers"),
        ({"label": "boredom"}, "wrong_label"),
        ({"flag": "boring"}, "wrong_flag"),
    ],
)
def test_answers_that_mean_nothing(task, answer, code):
    with pytest.raises(UserError, match=code):
        read_choice(task, **answer)


def test_a_label_of_another_task_is_refused(task):
    other = Task.objects.create(slug="noise", name="Noise")
    Label.objects.create(task=other, key="loud", name="Loud", colour="#000000", digit=1, order=0)
    with pytest.raises(UserError, match="wrong_label"):
        read_choice(task, label="loud")


def test_two_must_agree_where_two_are_needed(shared, say, reviewer, second_reviewer, policy):
    policy.reviewers_needed = 2
    policy.save()
    clip, torn = shared(), shared()
    assert say(reviewer, clip, "sad").decision.state == "in_review"
    decision = say(second_reviewer, clip, "sad").decision
    assert (decision.state, decision.how) == ("decided", "consensus")
    say(reviewer, torn, "sad")
    decision = say(second_reviewer, torn, "angry").decision
    assert (decision.state, decision.label) == ("conflicting", None)
    assert not QueueEntry.objects.filter(is_open=True).exists()


def test_sending_twice_is_one_review(shared, say, reviewer):
    clip = shared()
    first = say(reviewer, clip, "sad", client_id="a")
    again = say(reviewer, clip, "sad", client_id="a")
    assert (again.created, again.review) == (False, first.review)
    assert Review.objects.count() == 1
    with pytest.raises(UserError, match="client_id_reused"):
        say(reviewer, clip, "angry", client_id="a")


def test_an_answer_after_the_lease_was_lost_is_kept_and_says_so(shared, say, reviewer, second_reviewer, task):
    clip = shared()
    take_next(reviewer=reviewer, task=task)
    QueueEntry.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    take_next(reviewer=second_reviewer, task=task)
    assert codes(say(reviewer, clip, "sad")) == ["lease_taken"]
    late = say(second_reviewer, clip, "angry")
    assert codes(late) == ["already_decided"]
    assert late.decision.state == "conflicting", "two people heard different things, and both are kept"
    assert Review.objects.count() == 2


def test_an_answer_after_the_lease_ended_and_nobody_came(shared, say, reviewer, task):
    clip = shared()
    take_next(reviewer=reviewer, task=task)
    QueueEntry.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    saved = say(reviewer, clip, "sad")
    assert (codes(saved), saved.decision.state) == (["lease_lost"], "decided")


def test_what_happened_to_the_clip_meanwhile(shared, say, reviewer, speaker, stranger, task):
    withdrawn, deleted, own = shared(), shared(), shared()
    set_sharing(clip=withdrawn, review=False, training=False)
    delete_clips(clips=Clip.objects.filter(pk=deleted.pk))
    for clip, code in [(withdrawn, "clip_withdrawn"), (deleted, "clip_gone")]:
        with pytest.raises(UserError, match=code):
            say(reviewer, clip, "sad")
    set_role(user=speaker, role=Role.REVIEWER)
    with pytest.raises(UserError, match="own_clip"):
        say(speaker, own, "sad")
    set_role(user=reviewer, role=Role.USER)
    reviewer.refresh_from_db()
    with pytest.raises(UserError, match="not_reviewer"):
        say(reviewer, own, "sad")
    assert not Review.objects.exists()


def test_another_answer_to_the_same_clip_revises_and_both_are_kept(shared, say, reviewer, task):
    clip = shared(answer="happy")
    say(reviewer, clip, "sad")
    saved = submission.revise(
        reviewer=reviewer,
        task=task,
        clip_id=clip.pk,
        choice=choice_of(task, "happy"),
        context=ReviewContext(uuid4().hex),
    )
    assert (saved.review.kind, saved.decision.label.key) == ("revised", "happy")
    current = CurrentReview.objects.get()
    assert (current.blind_label.key, current.label.key) == ("sad", "happy")


def test_nothing_to_revise(shared, reviewer, task):
    with pytest.raises(UserError, match="not_reviewed"):
        submission.revise(
            reviewer=reviewer,
            task=task,
            clip_id=shared().pk,
            choice=choice_of(task, "sad"),
            context=ReviewContext("a"),
        )


def test_an_answer_that_knew_the_prediction_is_not_blind(shared, say, reviewer):
    clip = shared(answer="happy")
    assert say(reviewer, clip, "sad", prediction_shown=True).review.kind == "revised"
    assert CurrentReview.objects.get().blind_label is None


def test_undo_takes_the_last_answer_back_and_returns_the_clip(shared, say, reviewer, task):
    first, last = shared(), shared()
    say(reviewer, first, "sad")
    say(reviewer, last, "angry")
    undone = submission.undo_last(reviewer=reviewer, task=task, client_id="u")
    assert (undone.review.clip, undone.decision.state) == (last, "waiting")
    assert take_next(reviewer=reviewer, task=task).clip == last
    assert submission.undo_last(reviewer=reviewer, task=task, client_id="u").created is False
    assert say(reviewer, last, "happy").decision.label.key == "happy"
    with pytest.raises(UserError, match="client_id_reused"):
        submission.undo_last(reviewer=reviewer, task=task, client_id=Review.objects.latest("pk").client_id)
    kinds = Review.objects.filter(clip=last).values_list("kind", flat=True)
    assert list(kinds) == ["blind", "withdrawn", "blind"]
    assert replay(Review.objects.filter(clip=last)).blind_label.key == "happy"
    submission.undo_last(reviewer=reviewer, task=task, client_id="v")
    submission.undo_last(reviewer=reviewer, task=task, client_id="w")
    with pytest.raises(UserError, match="nothing_to_undo"):
        submission.undo_last(reviewer=reviewer, task=task, client_id="x")


def test_undo_does_not_wash_off_that_the_prediction_was_known(shared, say, reviewer, task):
    clip = shared(answer="happy")
    say(reviewer, clip, "sad")
    say(reviewer, clip, "happy")
    submission.undo_last(reviewer=reviewer, task=task, client_id="u")
    assert say(reviewer, clip, "happy").review.kind == "revised"


def test_an_administrator_decides_a_conflict_for_good(
    shared, say, reviewer, second_reviewer, admin, task, policy
):
    policy.reviewers_needed = 2
    policy.save()
    clip = shared()
    say(reviewer, clip, "sad")
    say(second_reviewer, clip, "angry")
    decision = adjudicate(administrator=admin, task=task, clip_id=clip.pk, choice=choice_of(task, "sad"))
    assert (decision.state, decision.how, decision.decided_by) == ("decided", "adjudicated", admin)
    submission.undo_last(reviewer=reviewer, task=task, client_id="u")
    decision.refresh_from_db()
    assert (decision.state, decision.label.key) == ("decided", "sad")
    assert take_next(reviewer=reviewer, task=task) is None
    states = [step.state for step in DecisionChange.objects.filter(clip=clip)]
    assert states == ["in_review", "conflicting", "decided"]


def test_nobody_adjudicates_their_own_clip(shared, admin, task):
    clip = shared(owner=admin)
    with pytest.raises(UserError, match="own_clip"):
        adjudicate(administrator=admin, task=task, clip_id=clip.pk, choice=choice_of(task, "sad"))
    assert Decision.objects.get().state == "waiting"


def replay(reviews) -> CurrentReview | None:
    """What the reviews of one rater of one clip come to, from the log alone; None when all are withdrawn."""
    current: CurrentReview | None = None
    for review in reviews:
        if review.kind == Review.Kind.WITHDRAWN:
            current = None
            continue
        current = current or new_current_review(review)
        apply_review(current, review)
    return current
