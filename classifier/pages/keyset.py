"""Paging by the last row seen instead of by its number, so that page 4,000 is as fast as page 1."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q

from classifier.models import Clip
from classifier.querysets import ClipQuerySet


@dataclass(frozen=True)
class Order:
    """By one field that is never null, and by id among equals."""

    field: str
    descending: bool

    def reversed(self) -> "Order":
        return Order(self.field, not self.descending)

    @property
    def names(self) -> list[str]:
        sign = "-" if self.descending else ""
        return [f"{sign}{self.field}", f"{sign}id"]


@dataclass(frozen=True)
class Page:
    """Clips, and the cursors of the pages before and after where there are any."""

    clips: list[Clip]
    previous: str | None
    next: str | None


def page_of(clips: ClipQuerySet, *, order: Order, cursor: str, size: int) -> Page:
    """The page that a cursor names; a damaged cursor gives the first page."""
    place = _read(cursor)
    if place is None:
        return _page(list(clips.order_by(*order.names)[: size + 1]), order, size, is_first=True)
    backwards = place.direction == "before"
    wanted = order.reversed() if backwards else order
    try:
        found = list(_behind(clips, wanted, place).order_by(*wanted.names)[: size + 1])
    except (ValidationError, ValueError, TypeError, OverflowError):
        return page_of(clips, order=order, cursor="", size=size)
    return _page(found, order, size, backwards=backwards)


def _page(
    found: list[Clip], order: Order, size: int, *, is_first: bool = False, backwards: bool = False
) -> Page:
    """``found`` holds one clip more than is shown when there are more in the direction of travel."""
    shown, has_more = found[:size], len(found) > size
    if backwards:
        shown.reverse()
    has_previous = has_more if backwards else not is_first
    has_next = backwards or has_more
    return Page(
        clips=shown,
        previous=_write("before", order, shown[0]) if shown and has_previous else None,
        next=_write("after", order, shown[-1]) if shown and has_next else None,
    )


def _behind(clips: ClipQuerySet, order: Order, place: "_Place") -> ClipQuerySet:
    comparison = "lt" if order.descending else "gt"
    # The first condition follows from the second; it alone lets the database seek in its index.
    return clips.filter(
        Q(**{f"{order.field}__{comparison}e": place.value}),
        Q(**{f"{order.field}__{comparison}": place.value}) | Q(**{f"id__{comparison}": place.pk}),
    )


@dataclass(frozen=True)
class _Place:
    direction: Literal["before", "after"]
    value: str | float
    pk: UUID


def _write(direction: str, order: Order, clip: Clip) -> str:
    value = getattr(clip, order.field)
    if isinstance(value, datetime):
        value = value.isoformat()
    text = json.dumps([direction, value, str(clip.pk)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> _Place | None:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, value, pk = json.loads(base64.urlsafe_b64decode(padded))
        place = _Place(direction, value, UUID(pk))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    # PostgreSQL refuses the null character in text.
    is_sound = direction in ("before", "after") and "\0" not in str(value)
    return place if is_sound else None
