"""Long lists by their ids, newest first: page 4,000 is as fast as page 1, and new rows move nothing."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

PAGE_SIZE = 50
# The largest id that every database can compare.
LARGEST_ID = 2**63 - 1

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows, and what to put behind ``?`` for the pages of newer and of older ones where there are any."""

    rows: list[M]
    newer: str
    older: str


def page_of(rows: QuerySet[M], parameters: QueryDict, size: int = PAGE_SIZE) -> Page[M]:
    """The page that ``before`` or ``after`` names by the id of its neighbour; else the newest.

    The other parameters, which filter, stay in the addresses of the neighbours.
    """
    before, after = _id(parameters.get("before", "")), _id(parameters.get("after", ""))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        shown, has_newer, has_older = found[:size][::-1], len(found) > size, True
    else:
        wanted = rows if before is None else rows.filter(pk__lt=before)
        found = list(wanted.order_by("-pk")[: size + 1])
        shown, has_newer, has_older = found[:size], before is not None, len(found) > size
    return Page(
        shown,
        newer=_address(parameters, "after", shown[0].pk) if shown and has_newer else "",
        older=_address(parameters, "before", shown[-1].pk) if shown and has_older else "",
    )


def _id(text: str) -> int | None:
    """A damaged id gives the first page."""
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    return min(int(text), LARGEST_ID)


def _address(parameters: QueryDict, name: str, value: int) -> str:
    kept = parameters.copy()
    for old in ("before", "after"):
        kept.pop(old, None)
    kept[name] = str(value)
    return kept.urlencode()
