"""The section of a clip's page about the versions that were trained on it."""

from typing import Any

from django.http import HttpRequest

from classifier.models import Clip
from training.models import SnapshotClip
from training.versions.lineage import versions_that_learned_from


def section_context(request: HttpRequest, clip: Clip) -> dict[str, Any] | None:
    """Nothing for a clip that no snapshot ever held."""
    held = SnapshotClip.objects.of_clip(clip.pk)
    if not held.exists():
        return None
    return {
        "trained_versions": list(versions_that_learned_from(clip.pk)),
        "is_test_only": not held.filter(split=Clip.Split.TRAIN).exists(),
    }
