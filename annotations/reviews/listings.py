"""Decisions as they are listed: of clips that are there and still shared, and by who may read them."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.models import CurrentReview, Decision
from classifier.models import Clip, Label, Task
from emotion_site.models import User
from emotion_site.roles import is_admin


def decisions_of(task: Task) -> QuerySet[Decision]:
    """As ``counts_by_state`` counts them."""
    return Decision.objects.filter(task=task, is_withdrawn=False).select_related("label")


def decisions_visible_to(user: User, task: Task) -> QuerySet[Decision]:
    """Administrators read all of shared clips; others those of their own clips and of clips they reviewed."""
    mine = Decision.objects.filter(task=task, clip__owner=user, clip__deleted_at__isnull=True)
    decisions = decisions_of(task)
    if is_admin(user):
        return decisions
    reviewed = CurrentReview.objects.filter(task=task, clip=OuterRef("clip"), reviewer=user)
    theirs = decisions.filter(Exists(reviewed))
    return Decision.objects.filter(
        Q(pk__in=mine.values("pk")) | Q(pk__in=theirs.values("pk"))
    ).select_related("label")


def conflicts_of(task: Task, administrator: User) -> QuerySet[Decision]:
    """Conflicts that this person may settle: not those of their own clips."""
    conflicting = Decision.objects.filter(
        task=task,
        is_withdrawn=False,
        state=Decision.State.CONFLICTING,
        clip__in=Clip.objects.reviewable(),
    )
    return conflicting.exclude(clip__owner=administrator)


def next_conflict(task: Task, administrator: User, *, behind: Decision) -> Decision | None:
    """The next older one, and behind the oldest the newest again."""
    others = conflicts_of(task, administrator).exclude(pk=behind.pk).order_by("-pk")
    return others.filter(pk__lt=behind.pk).first() or others.first()


def votes_by_clip(task: Task, clip_ids: Iterable[UUID]) -> dict[UUID, list[tuple[str, int]]]:
    """For each clip its current labels and flags, by name, with their number of votes: most first."""
    names = {label.pk: str(label) for label in Label.objects.filter(task=task)}
    flags = dict(CurrentReview._meta.get_field("flag").flatchoices)
    counts: dict[UUID, Counter[str]] = {pk: Counter() for pk in clip_ids}
    rows = CurrentReview.objects.filter(task=task, clip__in=list(counts))
    for clip_id, label_id, flag in rows.values_list("clip_id", "label_id", "flag"):
        counts[clip_id][names[label_id] if label_id else str(flags[flag])] += 1
    return {pk: counter.most_common() for pk, counter in counts.items()}
