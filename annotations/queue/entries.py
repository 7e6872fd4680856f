"""Which clips are in the queue, and in which order."""

import math
from collections.abc import Iterable, Mapping
from random import SystemRandom
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from annotations.models import Decision, Objection, QueueEntry, ReviewPolicy
from annotations.queue.waiting import mark_reopened
from classifier.models import Clip, Prediction, Task
from classifier.predictions.certainty import is_doubtful

# Above every other priority, which lies between 0 and 1.
OBJECTION_BONUS = 2.0
NOT_YET_PREDICTED = 0.5
CHUNK = 1000
# Nobody can foresee which clips are drawn.
rng = SystemRandom()


def sync_entries(clip_ids: Iterable[UUID]) -> None:
    """Bring the queue in line with what became of these clips: shared, withdrawn, deleted, predicted."""
    ids = list(clip_ids)
    for start in range(0, len(ids), CHUNK):
        _sync(ids[start : start + CHUNK])


@transaction.atomic
def _sync(ids: list[UUID]) -> None:
    entries = QueueEntry.objects.filter(clip_id__in=ids)
    # Whoever reviews these clips waits until this is done, so that nothing read here grows old meanwhile.
    known = list(entries.select_for_update().order_by("pk"))
    # Withdrawn at once, whoever holds it. The row stays, so that its draws are never made again.
    reviewable = Clip.objects.reviewable().filter(pk__in=ids)
    entries.exclude(clip__in=reviewable).update(
        is_open=False, leased_by=None, leased_until=None, prediction_shown=False
    )
    withdrawn = Clip.objects.filter(pk__in=ids, owner__isnull=False).exclude(pk__in=reviewable)
    decisions = Decision.objects.filter(clip_id__in=ids)
    decisions.filter(clip__in=withdrawn, is_withdrawn=False).update(is_withdrawn=True)
    decisions.exclude(clip__in=withdrawn).filter(is_withdrawn=True).update(is_withdrawn=False)
    sharing = ReviewPolicy.objects.filter(takes_shared_clips=True).select_related("task")
    tasks = [(policy, reviewable.filter(owner__isnull=False)) for policy in sharing]
    imported = Task.objects.filter(corpora__clips__in=reviewable).distinct()
    tasks += [
        (ReviewPolicy.objects.get_or_create(task=task)[0], reviewable.filter(corpus__task=task))
        for task in imported
    ]
    for policy, clips in tasks:
        shared = {clip.pk: clip for clip in clips.only("id", "owner_id", "margin", "created", "quality")}
        there = [row for row in known if row.task_id == policy.task_id and row.clip_id in shared]
        _sync_task(policy, shared, there)


def _sync_task(policy: ReviewPolicy, clips: Mapping[UUID, Clip], known: list[QueueEntry]) -> None:
    """Make entries for new clips, and open again and move the others."""
    objected = objected_clips(policy.task, clips)
    priorities = priorities_of(policy, clips, objected)
    decided = settled_clips(policy.task, clips)
    for entry in known:
        entry.has_objection = entry.clip_id in objected
        if not entry.is_random:
            entry.priority = priorities[entry.clip_id]
        entry.is_open = entry.clip_id not in decided and entry.given < entry.needed
    QueueEntry.objects.bulk_update(known, ["priority", "has_objection", "is_open"])
    mark_reopened(policy.task_id, [entry.clip_id for entry in known if entry.is_open and entry.given])
    new = clips.keys() - {entry.clip_id for entry in known}
    entries = [_new_entry(policy, clips[pk], priorities[pk], pk in objected) for pk in clips if pk in new]
    for entry in entries:
        entry.is_open = entry.clip_id not in decided
    QueueEntry.objects.bulk_create(entries, ignore_conflicts=True)
    waiting = [Decision(clip_id=pk, task=policy.task) for pk in clips if pk in new]
    Decision.objects.bulk_create(waiting, ignore_conflicts=True)


def settled_clips(task: Task, ids: Iterable[UUID]) -> set[UUID]:
    """Clips that need no more reviews. An imported label is no review yet."""
    open_states = [Decision.State.WAITING, Decision.State.IN_REVIEW]
    decisions = Decision.objects.filter(task=task, clip__in=list(ids)).exclude(how=Decision.How.IMPORTED)
    return set(decisions.exclude(state__in=open_states).values_list("clip_id", flat=True))


def _new_entry(policy: ReviewPolicy, clip: Clip, priority: float, has_objection: bool) -> QueueEntry:
    overlap_draw = rng.random()
    is_random = rng.random() * 100 < policy.random_percent
    return QueueEntry(
        clip=clip,
        task=policy.task,
        owner_id=clip.owner_id,
        is_random=is_random,
        overlap_draw=overlap_draw,
        needed=needed_reviews(policy, overlap_draw),
        # In the order of doubt or objection, the first half of the random share would be no sample of it.
        priority=rng.random() if is_random else priority,
        has_objection=has_objection,
    )


def needed_reviews(policy: ReviewPolicy, overlap_draw: float) -> int:
    return policy.reviewers_needed + (overlap_draw * 100 < policy.doubled_percent)


def objected_clips(task: Task, ids: Iterable[UUID]) -> set[UUID]:
    objections = Objection.objects.filter(task=task, clip__in=list(ids))
    return set(objections.values_list("clip_id", flat=True))


def priorities_of(policy: ReviewPolicy, clips: Mapping[UUID, Clip], objected: set[UUID]) -> dict[UUID, float]:
    """From 0 (sure) to 1 (not sure at all), and more for clips whose owner objected."""
    certain = {
        ReviewPolicy.Order.MARGIN: _by_margin,
        ReviewPolicy.Order.ENTROPY: _by_entropy,
        ReviewPolicy.Order.OLDEST: _by_age,
    }[ReviewPolicy.Order(policy.order)]
    priorities = certain(policy.task, clips)
    if policy.order != ReviewPolicy.Order.OLDEST:
        # Whatever was predicted of them is not sure.
        priorities |= {pk: 1.0 for pk, clip in clips.items() if is_doubtful(clip.quality)}
    return {pk: priority + OBJECTION_BONUS * (pk in objected) for pk, priority in priorities.items()}


def _by_margin(task: Task, clips: Mapping[UUID, Clip]) -> dict[UUID, float]:
    newest = _newest_predictions(task, clips, "margin")
    return {pk: 1 - newest[pk] if pk in newest else NOT_YET_PREDICTED for pk in clips}


def _by_entropy(task: Task, clips: Mapping[UUID, Clip]) -> dict[UUID, float]:
    newest = _newest_predictions(task, clips, "entropy")
    highest = math.log(max(task.labels.count(), 2))
    return {pk: newest[pk] / highest if pk in newest else NOT_YET_PREDICTED for pk in clips}


def _by_age(task: Task, clips: Mapping[UUID, Clip]) -> dict[UUID, float]:
    # One millisecond apart is apart enough, and a century stays above zero.
    return {pk: 1 - clip.created.timestamp() / 1e10 for pk, clip in clips.items()}


def _newest_predictions(task: Task, clips: Mapping[UUID, Clip], figure: str) -> dict[UUID, float]:
    rows = Prediction.objects.filter(clip__in=list(clips), model_version__task=task)
    return dict(rows.order_by("model_version__number").values_list("clip_id", figure))


def enter_missing_clips() -> int:
    """Shared clips that no queue knows, because they were shared before there was one; how many."""
    entered = 0
    for policy in ReviewPolicy.objects.filter(takes_shared_clips=True):
        known = QueueEntry.objects.filter(task=policy.task_id, clip=OuterRef("pk"))
        missing = Clip.objects.reviewable().filter(~Exists(known), owner__isnull=False)
        ids = list(missing.values_list("pk", flat=True))
        sync_entries(ids)
        entered += len(ids)
    return entered
