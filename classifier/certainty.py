from collections.abc import Mapping
from typing import Any

from django.conf import settings


def is_sure(*, margin: float | None, quality: Mapping[str, Any]) -> bool:
    """Whether the best label may be called: far enough ahead, and there was something to hear."""
    silent = "digital_silence" in quality.get("hints", [])
    return margin is not None and margin >= settings.SURE_MARGIN and not silent
