from collections.abc import Mapping
from typing import Any

from django.conf import settings


def is_silent(quality: Mapping[str, Any]) -> bool:
    """Whether the recording is digital silence, so that no label applies."""
    return "digital_silence" in quality.get("hints", [])


def is_doubtful(quality: Mapping[str, Any]) -> bool:
    """Whether the sound contradicts its file, so that no prediction for it is sure."""
    return bool(quality.get("in_doubt"))


def is_sure(*, margin: float | None, quality: Mapping[str, Any]) -> bool:
    """Whether the best label may be shown as sure: far enough ahead, and the recording is complete."""
    is_ahead = margin is not None and margin >= settings.SURE_MARGIN
    return is_ahead and not is_silent(quality) and not is_doubtful(quality)
