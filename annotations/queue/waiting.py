"""How many clips wait for one reviewer, without looking at each that they ever reviewed.

``CurrentReview.may_be_open`` is never false while more reviews of the clip are wanted: whoever opens a clip
again marks it at once (``mark_reopened``). Whoever closes one need not; housekeeping does.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import CurrentReview, QueueEntry
from classifier.models import Task
from emotion_site.models import User

CHUNK = 5000


def n_waiting(reviewer: User, rater: str, task: Task) -> int:
    """Open clips of others that this person has not reviewed, leased or not."""
    entries = QueueEntry.objects.filter(task=task, is_open=True)
    reviewed = _named(task).filter(rater=rater, may_be_open=True).filter(_is_open())
    # Each of the three is counted in an index; together in one statement they would not be.
    return entries.count() - entries.filter(owner=reviewer).count() - reviewed.count()


def mark_reopened(task_id: int, clip_ids: Iterable[UUID]) -> None:
    """More reviews of these clips are wanted once more. Call it in the transaction that opens them."""
    closed = CurrentReview.objects.filter(task=task_id, clip__in=list(clip_ids), may_be_open=False)
    closed.update(may_be_open=True)


def refresh_may_be_open(task: Task) -> int:
    """Mark the reviews whose clips were closed; how many rows changed."""
    begun = QueueEntry.objects.filter(task=task, is_open=True, given__gt=0)
    # The second is none, unless a clip was opened at the very moment in which it was found to be closed.
    return _set(_named(task).filter(~_is_open(), may_be_open=True), False) + _set(
        _named(task).filter(clip__in=begun.values("clip"), may_be_open=False), True
    )


def _set(rows: QuerySet[CurrentReview], value: bool) -> int:
    changed = 0
    while ids := list(rows.values_list("pk", flat=True)[:CHUNK]):
        changed += CurrentReview.objects.filter(pk__in=ids).update(may_be_open=value)
    return changed


def _named(task: Task) -> QuerySet[CurrentReview]:
    return CurrentReview.objects.filter(task=task).exclude(rater="")


def _is_open() -> Exists:
    return Exists(QueueEntry.objects.filter(task=OuterRef("task"), clip=OuterRef("clip"), is_open=True))
