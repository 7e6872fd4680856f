"""What a person reads on the account page about the room that is left for them."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from classifier.clips.quotas import MEGABYTE, usage_of
from emotion_site.models import User


@dataclass(frozen=True)
class Meter:
    """``used`` of ``allowed``; 0 allows any number."""

    used: float
    allowed: float


def card_context(request: HttpRequest, user: User) -> dict[str, Any]:
    usage = usage_of(user)
    return {
        "megabytes": Meter(usage.stored_bytes / MEGABYTE, settings.QUOTA_BYTES / MEGABYTE),
        "clips": Meter(usage.clips_on_day, settings.QUOTA_CLIPS_PER_DAY),
    }
