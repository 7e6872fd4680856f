"""Which clips of a person the history lists, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classifier.querysets import ClipQuerySet
from emotion_site.storage.folding import folded
from emotion_site.web.keyset import Order

PAGE_SIZE = 25
# Stands among the emotions in the address, for clips that are silent.
NOTHING_TO_HEAR = "nothing"

# Key in the address -> what it is called. Numbers are the least confidence in percent.
CONFIDENCES: dict[str, str | Promise] = {
    "sure": _("Sure answers"),
    "unsure": _("Not sure"),
    "50": _("At least 50%"),
    "70": _("At least 70%"),
    "90": _("At least 90%"),
}


@dataclass(frozen=True)
class NamedOrder(Order):
    name: str | Promise = ""


ORDERS = {
    "newest": NamedOrder("created", True, _("Newest first")),
    "oldest": NamedOrder("created", False, _("Oldest first")),
    "most-confident": NamedOrder("confidence", True, _("Most confident first")),
    "least-confident": NamedOrder("confidence", False, _("Least confident first")),
    "longest": NamedOrder("duration_s", True, _("Longest first")),
    "title": NamedOrder("folded_title", False, _("By title")),
}


def order_of(wanted: Mapping[str, Any]) -> NamedOrder:
    return ORDERS[wanted.get("sort", "newest")]


def matching_clips(clips: ClipQuerySet, wanted: Mapping[str, Any]) -> ClipQuerySet:
    """The clips that fit the cleaned values of ``HistoryForm``."""
    if text := wanted.get("q"):
        clips = clips.filter(folded_title__contains=folded(text))
    if key := wanted.get("label"):
        clips = clips.silent() if key == NOTHING_TO_HEAR else clips.filter(label__key=key)
    if source := wanted.get("source"):
        clips = clips.filter(source=source)
    if since := wanted.get("since"):
        clips = clips.filter(created__gte=_midnight(since))
    if until := wanted.get("until"):
        clips = clips.filter(created__lt=_midnight(until + timedelta(days=1)))
    if confidence := wanted.get("confidence"):
        clips = _with_confidence(clips, confidence)
    if order_of(wanted).field == "confidence":
        # A clip that waits for its prediction has no place in this order.
        clips = clips.filter(confidence__isnull=False)
    return clips


def _with_confidence(clips: ClipQuerySet, confidence: str) -> ClipQuerySet:
    # The same rule as `certainty.is_sure`, in the database's words.
    unsure = (
        Q(margin__lt=settings.SURE_MARGIN) | Q(quality__digital_silence=True) | Q(quality__has_key="in_doubt")
    )
    if confidence == "unsure":
        return clips.filter(unsure)
    if confidence == "sure":
        return clips.filter(~unsure, margin__isnull=False)
    return clips.filter(confidence__gte=int(confidence) / 100)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
