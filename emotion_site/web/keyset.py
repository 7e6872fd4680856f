"""Paging by the last row seen instead of by its number, so that page 4,000 is as fast as page 1."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, Self, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

PAGE_SIZE = 50

M = TypeVar("M", bound=Model)


class InvalidCursor(ValueError):
    """The cursor was damaged, or is one of another order."""


@dataclass(frozen=True)
class Order:
    """By one field that is never null, and by primary key among equals."""

    field: str
    descending: bool

    def reversed(self) -> "Order":
        return Order(self.field, not self.descending)

    @property
    def fields(self) -> list[str]:
        return ["pk"] if self.field == "pk" else [self.field, "pk"]

    @property
    def names(self) -> list[str]:
        sign = "-" if self.descending else ""
        return [f"{sign}{field}" for field in self.fields]


LATEST_FIRST = Order("pk", descending=True)


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows, and the cursors of the pages before and after where there are any."""

    rows: list[M]
    previous: str | None
    next: str | None


def page_of(rows: QuerySet[M], *, order: Order, cursor: str, size: int = PAGE_SIZE) -> Page[M]:
    """The page that a cursor names; an invalid cursor gives the first page."""
    try:
        return page_at(rows, order=order, cursor=cursor, size=size)
    except InvalidCursor:
        return page_at(rows, order=order, cursor="", size=size)


def page_at(rows: QuerySet[M], *, order: Order, cursor: str, size: int) -> Page[M]:
    """The page that a cursor names, the first one for an empty cursor. Raises InvalidCursor."""
    position = _Position.read(cursor, order) if cursor else None
    backwards = position is not None and position.direction == "before"
    wanted = order.reversed() if backwards else order
    try:
        beyond = rows.filter(*_beyond(position, wanted)) if position else rows
        # One row more than is shown tells whether there are more in the direction of travel.
        found = list(beyond.order_by(*wanted.names)[: size + 1])
    except (ValidationError, ValueError, TypeError, OverflowError):
        # What the values of a cursor mean is known to the database alone.
        raise InvalidCursor(cursor) from None
    shown, has_more = found[:size], len(found) > size
    if backwards:
        shown.reverse()
    # Where all rows of a page are gone, its neighbours are still those of its cursor.
    first, last = (_values(shown[0], order), _values(shown[-1], order)) if shown else _ends(position)
    has_previous = has_more if backwards else position is not None
    has_next = backwards or has_more
    return Page(
        rows=shown,
        previous=_Position("before", first).cursor() if has_previous else None,
        next=_Position("after", last).cursor() if has_next else None,
    )


@dataclass(frozen=True)
class _Position:
    """Between two rows: before or after the one with these values, which need not exist any longer."""

    direction: Literal["before", "after"]
    values: list[Any]

    @classmethod
    def read(cls, cursor: str, order: Order) -> Self:
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            direction, *values = json.loads(base64.urlsafe_b64decode(padded))
        except (ValueError, TypeError, RecursionError):
            raise InvalidCursor(cursor) from None
        # PostgreSQL refuses the null character in text.
        if direction not in ("before", "after") or "\0" in str(values) or len(values) != len(order.fields):
            raise InvalidCursor(cursor)
        return cls(direction, values)

    def cursor(self) -> str:
        text = json.dumps([self.direction, *self.values], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _beyond(position: _Position, order: Order) -> list[Q]:
    comparison = "lt" if order.descending else "gt"
    *of_field, pk = position.values
    behind = Q(**{f"pk__{comparison}": pk})
    if not of_field:
        return [behind]
    # The first condition follows from the second; it alone lets the database seek in its index.
    return [
        Q(**{f"{order.field}__{comparison}e": of_field[0]}),
        Q(**{f"{order.field}__{comparison}": of_field[0]}) | behind,
    ]


def _ends(position: _Position | None) -> tuple[list[Any], list[Any]]:
    return (position.values, position.values) if position else ([], [])


def _values(row: Model, order: Order) -> list[Any]:
    return [_plain(getattr(row, field)) for field in order.fields]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int | float | str) else str(value)
