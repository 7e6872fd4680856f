"""Positions and colours for the charts of the agreement page. Shares and kappas share one scale.

A mark is part of a line of text, which a chart of its own could not keep beside its words on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format

from annotations.agreement.coefficients import Interval
from annotations.agreement.report import WeekRow

# A kappa below zero is rare and never far below; 1 is full agreement.
LOWEST, HIGHEST = -0.2, 1.0
HEAT_LEVELS = 10


def position(value: float) -> float:
    """From 0 at the left end of the scale to 100 at the right."""
    clamped = min(max(value, LOWEST), HIGHEST)
    return round(100 * (clamped - LOWEST) / (HIGHEST - LOWEST), 2)


ZERO = position(0)


@dataclass(frozen=True)
class Mark:
    """A figure with the interval around it, as one line of a picture."""

    name: str
    value: float | None
    interval: Interval | None = None
    colour: str = ""

    @property
    def at(self) -> float:
        return position(self.value or 0)

    @property
    def start(self) -> float:
        """Where the bar from zero begins; one below zero grows to the left."""
        return min(self.at, ZERO)

    @property
    def length(self) -> float:
        return round(abs(self.at - ZERO), 2)

    @property
    def low(self) -> float:
        return position(self.interval.low) if self.interval else self.at

    @property
    def spread(self) -> float:
        return round(position(self.interval.high) - self.low, 2) if self.interval else 0.0


def weekly_chart(weeks: Sequence[WeekRow], series: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Named figures over time, for the browser to draw; a week without a figure interrupts its line."""
    return {
        "days": [week.monday.isoformat() for week in weeks],
        "names": [date_format(week.monday, "SHORT_DATE_FORMAT") for week in weeks],
        "top": HIGHEST,
        "series": [
            {"name": name, "values": [getattr(week.figures, figure) for week in weeks]}
            for name, figure in series
        ],
    }


@dataclass(frozen=True)
class Cell:
    """``share`` is None where there was nothing to be shared out."""

    share: float | None
    level: int
    is_same: bool


def heat(shares: Sequence[Sequence[float]]) -> list[list[Cell]]:
    """Cells of a confusion table, the darker the larger their share of the row."""
    return [
        [
            Cell(share if any(line) else None, round(share * HEAT_LEVELS), row == column)
            for column, share in enumerate(line)
        ]
        for row, line in enumerate(shares)
    ]


def row_shares(table: Sequence[Sequence[int]]) -> list[list[float]]:
    return [[count / max(sum(line), 1) for count in line] for line in table]
