"""Querysets of training."""

from datetime import timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from training.models import Snapshot, SnapshotClip, TrainingRun  # noqa: F401  # named in strings


# A writer whose heartbeat is older than this is gone.
SILENT_AFTER = timedelta(minutes=2)


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def without_writer(self) -> Self:
        """Frozen, not written yet, and without a live writer."""
        silent = Q(heartbeat__isnull=True) | Q(heartbeat__lt=timezone.now() - SILENT_AFTER)
        return self.filter(silent, state=self.model.State.WRITING)


class SnapshotClipQuerySet(models.QuerySet["SnapshotClip"]):
    def kept(self) -> Self:
        """Clips that no owner deleted or withdrew."""
        return self.filter(erased=False)

    def of_clip(self, clip_id: UUID) -> Self:
        return self.filter(clip_id=clip_id)


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def unfinished(self) -> Self:
        """Runs that wait for a worker or that one is busy with."""
        return self.filter(state__in=self.model.UNFINISHED)
