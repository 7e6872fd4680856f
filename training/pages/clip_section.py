"""What a clip's page says about the versions that learned from it."""

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
        "learned": list(versions_that_learned_from(clip.pk)),
        "only_judges": not held.filter(split=Clip.Split.TRAIN).exists(),
    }
