from collections.abc import Mapping
from typing import Any

from django.conf import settings


def is_silent(quality: Mapping[str, Any]) -> bool:
    """Whether there was nothing to hear, so that no label applies."""
    return "digital_silence" in quality.get("hints", [])


def is_sure(*, margin: float | None, quality: Mapping[str, Any]) -> bool:
    """Whether the best label may be called: far enough ahead, and there was something to hear."""
    return margin is not None and margin >= settings.SURE_MARGIN and not is_silent(quality)
