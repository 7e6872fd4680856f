"""What stands in the queue, in which order, and for whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Decision, PickedBy, QueueEntry
from annotations.queue import leases
from annotations.queue.offers import show_prediction, take_next
from annotations.reviews.adjudication import object_to_prediction, set_policy
from annotations.tasks import reorder_queue
from classifier.clips.deletion import delete_clips, restore_clips
from classifier.clips.sharing import set_sharing
from classifier.models import Clip
from emotion_site.exceptions import UserError
from emotion_site.roles import Role, set_role
from tests.factories import ClipFactory

pytestmark = pytest.mark.django_db


def offered(reviewer, task, **fields):
    offer = take_next(reviewer=reviewer, task=task, **fields)
    return offer and offer.clip


def test_a_clip_enters_the_queue_when_its_owner_shares_it(speaker, reviewer, task, policy):
    clip = ClipFactory(owner=speaker)
    assert offered(reviewer, task) is None
    set_sharing(clip=clip, review=True, training=False)
    assert Decision.objects.get(clip=clip).state == "waiting"
    assert offered(reviewer, task) == clip


def test_withdrawing_takes_it_out_at_once_even_out_of_hands(shared, reviewer, task):
    clip = shared()
    assert offered(reviewer, task) == clip
    set_sharing(clip=clip, review=False, training=False)
    assert offered(reviewer, task) is None
    with pytest.raises(UserError, match="lease_lost"):
        leases.heartbeat(reviewer=reviewer, task=task, clip_id=clip.pk)
    set_sharing(clip=clip, review=True, training=False)
    assert offered(reviewer, task) == clip


def test_a_deleted_clip_leaves_and_comes_back_with_undo(shared, speaker, reviewer, task):
    clip = shared()
    delete_clips(clips=Clip.objects.filter(pk=clip.pk))
    assert not QueueEntry.objects.get().is_open
    restore_clips(owner=speaker, clip_ids=[clip.pk])
    assert offered(reviewer, task) == clip


def test_a_row_changed_behind_our_back_is_not_offered(shared, reviewer, task):
    clip = shared()
    Clip.objects.filter(pk=clip.pk).update(shared_for_review=False)
    assert offered(reviewer, task) is None


def test_the_least_sure_comes_first_and_an_objection_before_all(shared, speaker, reviewer, task):
    sure, unsure, wrong = (
        shared(answer="sad", answer__confidence=confidence) for confidence in (0.9, 0.3, 0.95)
    )
    for clip in (sure, unsure, wrong):
        clip.save()  # as the predictor does once the scores are there
    object_to_prediction(owner=speaker, clip=wrong, task=task, wished_label="angry")
    first = take_next(reviewer=reviewer, task=task)
    assert (first.clip, first.picked_by) == (wrong, PickedBy.OBJECTION)
    assert Decision.objects.get(clip=wrong).state == "waiting"
    assert offered(reviewer, task, beside=[wrong.pk]) == unsure
    assert offered(reviewer, task, beside=[wrong.pk, unsure.pk]) == sure


def test_by_entropy_many_likely_labels_come_before_two_close_ones(shared, admin, reviewer, task, policy):
    two_close = shared(answer="sad", answer__margin=0.05, answer__entropy=0.75)
    many_likely = shared(answer="sad", answer__margin=0.2, answer__entropy=1.6)
    never_heard = shared()

    def order_by(order):
        policy.order = order
        set_policy(policy=policy, actor=admin)
        reorder_queue.call(task.pk)  # as a worker does next
        return list(places(QueueEntry.objects.all()))

    assert order_by("margin") == [two_close.pk, many_likely.pk, never_heard.pk]
    assert offered(reviewer, task) == two_close
    leases.release(reviewer=reviewer, task=task, clip_id=two_close.pk)
    assert order_by("entropy") == [many_likely.pk, never_heard.pk, two_close.pk]
    assert offered(reviewer, task) == many_likely


def test_the_same_clip_again_until_it_is_answered(shared, reviewer, task):
    shared(), shared()
    first = offered(reviewer, task)
    assert offered(reviewer, task) == first
    ahead = offered(reviewer, task, beside=[first.pk])
    assert ahead not in (None, first)
    assert offered(reviewer, task, beside=[ahead.pk]) == first


def test_nobody_gets_a_clip_that_somebody_holds_until_the_lease_ends(shared, reviewer, second_reviewer, task):
    clip = shared()
    assert offered(reviewer, task) == clip
    assert offered(second_reviewer, task) is None
    QueueEntry.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert offered(second_reviewer, task) == clip
    with pytest.raises(UserError, match="lease_lost"):
        leases.heartbeat(reviewer=reviewer, task=task, clip_id=clip.pk)


def test_a_clock_that_was_set_back_leaves_no_lease_for_ever(shared, reviewer, second_reviewer, task):
    clip = shared()
    assert offered(reviewer, task) == clip
    QueueEntry.objects.update(leased_until=timezone.now() + timedelta(days=1))
    assert offered(second_reviewer, task) == clip


def test_a_heartbeat_keeps_and_a_release_gives_back(shared, reviewer, second_reviewer, task):
    clip = shared()
    offered(reviewer, task)
    QueueEntry.objects.update(leased_until=timezone.now() + timedelta(seconds=5))
    until = leases.heartbeat(reviewer=reviewer, task=task, clip_id=clip.pk)
    assert until > timezone.now() + timedelta(minutes=9)
    assert leases.release(reviewer=reviewer, task=task, clip_id=clip.pk)
    assert not leases.release(reviewer=reviewer, task=task, clip_id=clip.pk)
    assert offered(second_reviewer, task) == clip


def test_nobody_is_offered_their_own_clip(shared, speaker, task):
    set_role(user=speaker, role=Role.REVIEWER)
    shared()
    assert offered(speaker, task) is None


def test_only_reviewers_take_clips(shared, stranger, admin, task):
    clip = shared()
    with pytest.raises(UserError, match="not_reviewer"):
        take_next(reviewer=stranger, task=task)
    assert offered(admin, task) == clip


def test_a_clip_that_is_doubled_goes_to_a_second_person_and_never_twice_to_the_first(
    shared, say, reviewer, second_reviewer, task, policy
):
    policy.doubled_percent = 100
    policy.save()
    clip = shared()
    offered(reviewer, task)
    say(reviewer, clip, "sad")
    assert offered(reviewer, task) is None
    assert offered(second_reviewer, task) == clip


def test_the_random_share_is_drawn_once_and_served_by_chance(shared, reviewer, task, policy):
    policy.random_percent = 100
    policy.save()
    clip = shared()
    policy.random_percent = 0
    policy.save()
    offer = take_next(reviewer=reviewer, task=task)
    assert (offer.clip, offer.picked_by) == (clip, PickedBy.RANDOM)


def test_the_random_share_is_served_by_chance_whatever_is_said_of_its_clips(shared, speaker, task, policy):
    policy.random_percent = 100
    policy.save()
    clips = [shared(answer="sad", answer__confidence=0.95 - 0.05 * number) for number in range(12)]
    order = list(places(QueueEntry.objects.all()))
    for clip in clips:
        clip.save()  # as the predictor does once the scores are there
    object_to_prediction(owner=speaker, clip=clips[0], task=task, wished_label="angry")
    assert list(places(QueueEntry.objects.all())) == order != [clip.pk for clip in reversed(clips)]
    assert not QueueEntry.objects.exclude(priority__gt=0, priority__lt=1).exists()


def places(entries):
    return entries.order_by("-priority", "id").values_list("clip", flat=True)


def test_the_prediction_is_hidden_unless_policy_or_reviewer_wish_to_see_it(shared, reviewer, task, policy):
    clip = shared(answer="sad")
    assert take_next(reviewer=reviewer, task=task).prediction is None
    assert show_prediction(reviewer=reviewer, task=task, clip_id=clip.pk).label.key == "sad"
    assert take_next(reviewer=reviewer, task=task).prediction is not None
    leases.release(reviewer=reviewer, task=task, clip_id=clip.pk)
    assert take_next(reviewer=reviewer, task=task).prediction is None
    leases.release(reviewer=reviewer, task=task, clip_id=clip.pk)
    policy.is_blind = False
    policy.save()
    assert take_next(reviewer=reviewer, task=task).prediction is not None


def test_a_new_policy_holds_for_clips_that_nobody_reviewed(shared, say, reviewer, admin, policy):
    policy.reviewers_needed = 2
    policy.save()
    begun, untouched = shared(), shared()
    say(reviewer, begun, "sad")
    policy.reviewers_needed, policy.doubled_percent = 1, 100
    set_policy(policy=policy, actor=admin)
    policy.doubled_percent = 0
    set_policy(policy=policy, actor=admin)
    needed = dict(QueueEntry.objects.values_list("clip", "needed"))
    assert needed == {begun.pk: 2, untouched.pk: 1}


def test_decisions_of_withdrawn_and_deleted_clips_are_marked(shared, task):
    withdrawn, deleted, _kept = shared(), shared(), shared()
    set_sharing(clip=withdrawn, review=False, training=False)
    delete_clips(clips=Clip.objects.filter(pk=deleted.pk))
    assert marked() == {withdrawn.pk, deleted.pk}
    set_sharing(clip=withdrawn, review=True, training=False)
    assert marked() == {deleted.pk}


def marked():
    return set(Decision.objects.filter(is_withdrawn=True).values_list("clip", flat=True))
