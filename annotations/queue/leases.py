"""Leases of clips by reviewers. A lease expires by the clock; no job ends it."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.models import CurrentReview, QueueEntry
from annotations.reviews.pseudonyms import pseudonym_of
from classifier.models import Clip, Task
from emotion_site.exceptions import UserError
from emotion_site.models import User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
# A clock that was set back must not make leases last for hours: none ends later than this from now.
LONGEST = LEASE + timedelta(minutes=1)
# A page holds the clip on its desk and the next one; a program may fetch some more. Whoever held more
# would keep them from the others.
MOST_BESIDE = 10
MOST_HELD = MOST_BESIDE + 1

# The reviewer's own clip first, so that a reload changes nothing; then the first free one of one part of the
# queue (drawn at random, or in the policy's order), then of the other part. The subqueries after the first
# are only run when those before found nothing, and a free clip is only looked for while the reviewer holds
# few enough: counted here, so that many requests at once get no more. The plus sign keeps SQLite from
# reading the whole queue for the few clips that one person holds.
_FREE = """
    SELECT q.id FROM {entry} q
    WHERE q.task_id = %s AND q.is_random = %s AND q.is_open
      AND (q.owner_id IS NULL OR q.owner_id <> %s)
      AND (q.last_reviewer_id IS NULL OR q.last_reviewer_id <> %s)
      AND (q.leased_until IS NULL OR q.leased_until <= %s OR q.leased_until > %s)
      AND NOT EXISTS (SELECT 1 FROM {current} r
                      WHERE r.task_id = q.task_id AND r.clip_id = q.clip_id AND r.rater = %s)
      AND EXISTS (SELECT 1 FROM {clip} c
                  WHERE c.id = q.clip_id AND c.deleted_at IS NULL AND c.shared_for_review)
    ORDER BY q.priority DESC, q.id LIMIT 1 {lock}
"""
_TAKE = """
    UPDATE {entry} SET
      prediction_shown = CASE WHEN leased_by_id = %s AND leased_until > %s THEN prediction_shown ELSE %s END,
      leased_by_id = %s, leased_until = %s
    WHERE id = COALESCE(
      (SELECT o.id FROM {entry} o
       JOIN {clip} c ON c.id = o.clip_id AND c.deleted_at IS NULL AND c.shared_for_review
       WHERE o.leased_by_id = %s AND +o.task_id = %s AND o.is_open
         AND o.leased_until > %s AND o.leased_until <= %s {beside}
       ORDER BY o.leased_until LIMIT 1),
      CASE WHEN {held} < %s THEN COALESCE(({free}), ({free})) END)
    RETURNING id
"""
_HELD = """
    (SELECT COUNT(*) FROM {entry} h
     WHERE h.leased_by_id = %s AND +h.task_id = %s AND h.leased_until > %s AND h.leased_until <= %s)
"""


@dataclass(frozen=True)
class LeaseRequest:
    """Whom a clip is taken for, and in which part of the queue to look first."""

    reviewer: User
    task: Task
    random_first: bool
    shown: bool
    beside: list[UUID]


def lease_next(request: LeaseRequest) -> int | None:
    """Lease the next clip in one statement; the entry's id, or None when nothing is free.

    Raises UserError ``too_many_held``.
    """
    found = _take_free(request)
    if found is None and count_held(request.reviewer, request.task) >= MOST_HELD:
        detail = _("You hold as many clips as one person may. Answer one or give it back first.")
        raise UserError("too_many_held", detail, status=409)
    return found


def _take_free(request: LeaseRequest) -> int | None:
    if not connection.features.has_select_for_update:  # SQLite has one writer
        return _take(request, lock="")
    # Others who look at the same moment pass over a row that is being taken.
    found = _take(request, lock="FOR UPDATE OF q SKIP LOCKED")
    if found is None:
        # What is left may be free as soon as it is written; all wait in one order, so none for each other.
        found = _take(replace(request, random_first=False), lock="FOR UPDATE OF q")
    return found


def _take(request: LeaseRequest, *, lock: str) -> int | None:
    statement, values = _statement(request, timezone.now(), lock)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        # Read to the end, which is when SQLite closes the statement and with it the transaction.
        rows = cursor.fetchall()
    return rows[0][0] if rows else None


def _statement(request: LeaseRequest, now: datetime, lock: str) -> tuple[str, list[Any]]:
    me, task = request.reviewer.pk, request.task.pk
    moment, end, longest = (_to_db(now + ahead) for ahead in (timedelta(0), LEASE, LONGEST))
    rater = pseudonym_of(request.reviewer)
    to_db = Clip._meta.pk.get_db_prep_value
    beside = [to_db(pk, connection) for pk in request.beside]
    names = {
        "entry": QueueEntry._meta.db_table,
        "current": CurrentReview._meta.db_table,
        "clip": Clip._meta.db_table,
        "lock": lock,
    }
    free = [
        value
        for is_random in (request.random_first, not request.random_first)
        for value in (task, is_random, me, me, moment, longest, rater)
    ]
    not_beside = f"AND o.clip_id NOT IN ({', '.join(['%s'] * len(beside))})" if beside else ""
    parts = {"free": _FREE.format(**names), "held": _HELD.format(**names)}
    statement = _TAKE.format(**names, **parts, beside=not_beside)
    mine = [me, task, moment, longest]
    return statement, [me, moment, request.shown, me, end, *mine, *beside, *mine, MOST_HELD, *free]


def _to_db(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


def held_by(reviewer: User) -> Q:
    """Entries on which a person has a lease that has not ended."""
    now = timezone.now()
    return Q(leased_by=reviewer, leased_until__gt=now, leased_until__lte=now + LONGEST)


def count_held(reviewer: User, task: Task) -> int:
    return QueueEntry.objects.filter(held_by(reviewer), task=task).count()


def heartbeat(*, reviewer: User, task: Task, clip_id: UUID) -> datetime:
    """Extend a lease by ten minutes, even an expired one if nobody took the clip; returns its end.

    One whose lease ended is not kept beside as many as one person may hold.

    Raises UserError ``lease_lost``.
    """
    until = timezone.now() + LEASE
    kept = QueueEntry.objects.filter(task=task, clip_id=clip_id, leased_by=reviewer, is_open=True)
    if kept.filter(held_by(reviewer)).update(leased_until=until):
        return until
    if count_held(reviewer, task) >= MOST_HELD or not kept.update(leased_until=until):
        raise UserError(
            "lease_lost",
            _("This clip is no longer kept for you. Your answer still counts if you send it soon."),
            status=409,
        )
    return until


def release(*, reviewer: User, task: Task, clip_id: UUID, until: datetime | None = None) -> bool:
    """Release a lease; returns whether it was held.

    ``until`` names the lease that is meant. A page that is left says so while the next one asks for clips,
    and must not end the lease that the next one got.
    """
    held = QueueEntry.objects.filter(task=task, clip_id=clip_id, leased_by=reviewer)
    if until is not None:
        held = held.filter(leased_until=until)
    return bool(held.update(leased_by=None, leased_until=None, prediction_shown=False))
