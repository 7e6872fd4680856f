"""Receivers: what happens in training when clips and versions change."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from classifier.events import clips_changed, version_activated
from classifier.models import Clip, ModelVersion
from emotion_site.models import User
from emotion_site.signals import housekeeping
from training import tasks
from training.datasets.erasing import WITHDRAWN, erase
from training.models import Promotion, SnapshotClip
from training.runs.leftovers import remove_leftovers

_SHARING = {"shared_for_review", "shared_for_training"}


@receiver(version_activated)
def log_promotion(
    version: ModelVersion,
    previous: ModelVersion | None,
    actor: User | None,
    reason: str,
    is_rollback: bool,
    **kwargs: Any,
) -> None:
    Promotion.objects.create(
        task=version.task,
        kind=Promotion.Kind.ROLLBACK if is_rollback else Promotion.Kind.PROMOTE,
        from_version=previous,
        to_version=version,
        actor=actor,
        reason=reason,
        created=version.activated_at or timezone.now(),
    )


@receiver(post_delete, sender=Clip)
def erase_deleted(instance: Clip, **kwargs: Any) -> None:
    _erase([instance.pk])


@receiver(post_save, sender=Clip)
def erase_on_withdrawal(
    instance: Clip,
    created: bool,
    update_fields: Collection[str] | None = None,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    concerned = update_fields is None or not _SHARING.isdisjoint(update_fields)
    if not raw and not created and concerned and instance.corpus_id is None and not _is_shared(instance):
        _erase([instance.pk])


@receiver(clips_changed)
def erase_many(clip_ids: list[UUID], **kwargs: Any) -> None:
    """Deleted clips stay until the time for undo is over; withdrawn ones go at once."""
    withdrawn = Clip.objects.filter(WITHDRAWN, pk__in=clip_ids)
    _erase(list(withdrawn.values_list("pk", flat=True)))


@receiver(housekeeping)
def clear_up(**kwargs: Any) -> None:
    remove_leftovers()


def _is_shared(clip: Clip) -> bool:
    return clip.shared_for_review and clip.shared_for_training


def _erase(clip_ids: list[UUID]) -> None:
    snapshots = sorted(erase(SnapshotClip.objects.filter(clip__in=clip_ids)))
    if snapshots:
        transaction.on_commit(lambda: tasks.sync_snapshots.enqueue(snapshots))
