"""Reading several rows of training."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models

if TYPE_CHECKING:
    from training.models import Snapshot, SnapshotClip, TrainingRun  # noqa: F401


class SnapshotClipQuerySet(models.QuerySet["SnapshotClip"]):
    def kept(self) -> Self:
        """Clips that nobody took back."""
        return self.filter(erased=False)

    def of_clip(self, clip_id: UUID) -> Self:
        return self.filter(clip_id=clip_id)


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def unfinished(self) -> Self:
        """Runs that wait for a worker or that one is busy with."""
        return self.filter(state__in=self.model.UNFINISHED)
