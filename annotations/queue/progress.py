"""Progress of a queue, and of one reviewer in it."""

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from annotations.models import CurrentReview, Decision, QueueEntry, Review
from annotations.queue.leases import LONGEST
from annotations.queue.waiting import n_waiting
from annotations.reviews.pseudonyms import pseudonym_of
from classifier.models import Corpus, Task
from emotion_site.models import User
from emotion_site.roles import Role

# The time per clip is the median of so many reviews.
LATEST_REVIEWS = 50


@dataclass(frozen=True)
class Progress:
    """``left`` clips wait for this person, besides ``held_by_others``; times are of their latest reviews."""

    left: int
    held_by_others: int
    done_today: int
    median_ms: int | None


def progress_of(reviewer: User, task: Task) -> Progress:
    now = timezone.now()
    rater = pseudonym_of(reviewer)
    mine = CurrentReview.objects.filter(task=task, rater=rater)
    held = Q(leased_until__gt=now, leased_until__lte=now + LONGEST) & ~Q(leased_by=reviewer)
    entries = QueueEntry.objects.filter(~Q(owner=reviewer), task=task, is_open=True)
    # Few clips are held at a time, and an index has them.
    n_held = entries.filter(held).exclude(Exists(mine.filter(clip=OuterRef("clip")))).count()
    reviews = Review.objects.filter(task=task, rater=rater).exclude(kind=Review.Kind.WITHDRAWN)
    times = reviews.filter(milliseconds__isnull=False).order_by("-created")
    latest = [ms for ms in times.values_list("milliseconds", flat=True)[:LATEST_REVIEWS] if ms is not None]
    return Progress(
        left=max(0, n_waiting(reviewer, rater, task) - n_held),
        held_by_others=n_held,
        done_today=mine.filter(created__gte=_midnight()).count(),
        median_ms=round(median(latest)) if latest else None,
    )


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def has_labels_coming() -> bool:
    """Whether this site has reviewers, or recordings that were labelled elsewhere."""
    reviewers = User.objects.filter(is_active=True, groups__name=Role.REVIEWER)
    return Corpus.objects.exists() or reviewers.exists() or Review.objects.exists()


def counts_by_state(task: Task) -> dict[str, int]:
    """The number of clips in each state, withdrawn ones left out."""
    # SQLite groups by its index for `IN (0)`, and sorts everything for `NOT`.
    decisions = Decision.objects.filter(task=task, is_withdrawn__in=[False])
    found = decisions.values_list("state").annotate(count=Count("*")).order_by()
    return dict.fromkeys(Decision.State.values, 0) | dict(found)
