"""Lineage: which clips and decisions a version was trained on, and which versions a clip went into."""

from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from classifier.models import Clip, ModelVersion
from training.models import SnapshotClip, TrainingRun


def versions_that_learned_from(clip_id: UUID) -> QuerySet[ModelVersion]:
    """Trained versions whose snapshot has the clip in its training split, newest first.

    Clips of the other splits were only measured on; a clip that was withdrawn before the run is left out.
    """
    held = SnapshotClip.objects.of_clip(clip_id).filter(split=Clip.Split.TRAIN)
    present = ~Q(erased=True) | Q(erased_at__gt=OuterRef("started_at"))
    runs = TrainingRun.objects.filter(Exists(held.filter(present, snapshot=OuterRef("snapshot"))))
    return ModelVersion.objects.filter(training_run__in=runs).order_by("-number")


def clips_behind(version: ModelVersion) -> QuerySet[SnapshotClip]:
    """Every clip of the snapshot that a version was trained on, as it was decided then.

    Without those that were withdrawn before the run.
    """
    clips = SnapshotClip.objects.filter(snapshot__runs__version=version)
    present = ~Q(erased=True) | Q(erased_at__gt=F("snapshot__runs__started_at"))
    return clips.filter(present, snapshot__runs__version=version).select_related("label")
