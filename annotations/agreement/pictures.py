"""Where things stand in the pictures of the agreement page. Shares and kappas lie on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.agreement.coefficients import Interval
from annotations.agreement.report import WeekRow

# A kappa below zero is rare and never far below; 1 is full agreement.
LOWEST, HIGHEST = -0.2, 1.0
HEAT_LEVELS = 10


def place(value: float) -> float:
    """From 0 at the left end of the scale to 100 at the right."""
    clamped = min(max(value, LOWEST), HIGHEST)
    return round(100 * (clamped - LOWEST) / (HIGHEST - LOWEST), 2)


ZERO = place(0)


@dataclass(frozen=True)
class Mark:
    """A figure with the interval around it, as one line of a picture."""

    name: str
    value: float | None
    interval: Interval | None = None
    colour: str = ""

    @property
    def at(self) -> float:
        return place(self.value or 0)

    @property
    def start(self) -> float:
        """Where the bar from zero begins; one below zero grows to the left."""
        return min(self.at, ZERO)

    @property
    def length(self) -> float:
        return round(abs(self.at - ZERO), 2)

    @property
    def low(self) -> float:
        return place(self.interval.low) if self.interval else self.at

    @property
    def spread(self) -> float:
        return round(place(self.interval.high) - self.low, 2) if self.interval else 0.0


@dataclass(frozen=True)
class Course:
    """A figure over time: lines between weeks that follow each other, and a dot for each week."""

    name: str
    lines: list[str]
    dots: list[tuple[float, float]]


def course(name: str, weeks: Sequence[WeekRow], figure: str) -> Course:
    """Weeks stand where their date is, so a pause shows as a gap."""
    first, last = weeks[0].monday, weeks[-1].monday
    days = max((last - first).days, 1)
    lines: list[list[str]] = [[]]
    dots = []
    for week in weeks:
        value = getattr(week.figures, figure)
        if value is None:
            lines.append([])
            continue
        x = round(100 * (week.monday - first).days / days, 2) if last > first else 50.0
        y = round(100 - place(value), 2)
        dots.append((x, y))
        lines[-1].append(f"{x},{y}")
    return Course(name, [" ".join(line) for line in lines if len(line) > 1], dots)


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
