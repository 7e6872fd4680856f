"""How a person's emotions spread over time, counted by the database."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, DateField, Max, Min
from django.db.models.functions import TruncDay, TruncMonth, TruncWeek
from django.utils.formats import date_format

from classifier.models import Label
from classifier.querysets import ClipQuerySet

# Longest span in days that is still readable bar by bar.
UNITS = [(31, "day", TruncDay), (26 * 7, "week", TruncWeek), (None, "month", TruncMonth)]
FORMATS = {"day": "SHORT_DATE_FORMAT", "week": "SHORT_DATE_FORMAT", "month": "YEAR_MONTH_FORMAT"}


@dataclass(frozen=True)
class Timeline:
    """Counts per period and label; ``rows`` are (period, counts in the order of ``labels``).

    ``silent`` clips have no emotion and are in no row.
    """

    unit: str
    labels: Sequence[Label]
    rows: list[tuple[str, list[int]]]
    silent: int

    @property
    def chart(self) -> dict[str, Any]:
        return {
            "periods": [period for period, _counts in self.rows],
            "series": [
                {
                    "name": str(label),
                    "colour": label.colour,
                    "values": [counts[index] for _period, counts in self.rows],
                }
                for index, label in enumerate(self.labels)
            ],
        }


def timeline_of(clips: ClipQuerySet, labels: Sequence[Label]) -> Timeline:
    """Per day, week or month, whichever suits the span from the first clip to the last."""
    silent = clips.silent().count()
    clips = clips.filter(label__isnull=False).order_by()
    span = clips.aggregate(first=Min("created"), last=Max("created"))
    unit, truncate = _unit_for(span["first"], span["last"])
    counted = (
        clips.annotate(period=truncate("created", output_field=DateField()))
        .values_list("period", "label_id")
        .annotate(count=Count("*"))
    )
    places = {label.pk: index for index, label in enumerate(labels)}
    counts: dict[date, list[int]] = defaultdict(lambda: [0] * len(labels))
    for period, label_id, count in counted:
        if label_id in places:
            counts[period][places[label_id]] = count
    rows = [(date_format(period, FORMATS[unit]), counts[period]) for period in sorted(counts)]
    return Timeline(unit, labels, rows, silent)


def _unit_for(first: datetime | None, last: datetime | None) -> tuple[str, Any]:
    days = (last - first).days if first and last else 0
    return next((unit, trunc) for longest, unit, trunc in UNITS if longest is None or days <= longest)
