from collections.abc import Mapping
from typing import Any

from django.conf import settings


def is_silent(quality: Mapping[str, Any]) -> bool:
    """Whether there was nothing to hear, so that no label applies."""
    return "digital_silence" in quality.get("hints", [])


def is_doubtful(quality: Mapping[str, Any]) -> bool:
    """Whether the sound contradicts its file, so that no answer about it is a sure one."""
    return bool(quality.get("in_doubt"))


def is_sure(*, margin: float | None, quality: Mapping[str, Any]) -> bool:
    """Whether the best label may be called: far enough ahead, and all of the recording was there to hear."""
    is_ahead = margin is not None and margin >= settings.SURE_MARGIN
    return is_ahead and not is_silent(quality) and not is_doubtful(quality)
