"""Where the points of a run's curves stand in their pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Line:
    name: str
    points: str
    dots: list[tuple[float, float]]
    last: float


@dataclass(frozen=True)
class Plot:
    """``top`` is the value at the upper edge of a picture of 100 by 100; the lower edge is 0."""

    name: str
    top: float
    lines: list[Line]

    @property
    def has_course(self) -> bool:
        """A single point, as of a run that learned the head alone, says more as a number."""
        return any(len(line.dots) > 1 for line in self.lines)


def plots_of(curves: Sequence[Mapping[str, Any]]) -> list[Plot]:
    """Loss and recall over the epochs; what has no point yet is not drawn."""
    wanted = [
        (_("Loss"), [(_("learned clips"), "loss"), (_("validation clips"), "validation_loss")], None),
        (_("Validation"), [(_("mean recall"), "mean_recall"), (_("accuracy"), "accuracy")], 1.0),
    ]
    plots = [_plot(name, series, top, curves) for name, series, top in wanted]
    return [plot for plot in plots if plot.lines]


def _plot(
    name: str, series: Sequence[tuple[str, str]], top: float | None, curves: Sequence[Mapping[str, Any]]
) -> Plot:
    values = [point[key] for _name, key in series for point in curves if key in point]
    highest = top or max(values, default=1.0) or 1.0
    first, last = (curves[0]["epoch"], curves[-1]["epoch"]) if curves else (0.0, 0.0)
    lines = []
    for called, key in series:
        dots = [
            (_across(point["epoch"], first, last), round(100 - 100 * min(point[key] / highest, 1.0), 2))
            for point in curves
            if key in point
        ]
        if dots:
            final = [point[key] for point in curves if key in point][-1]
            lines.append(Line(called, " ".join(f"{x},{y}" for x, y in dots), dots, final))
    return Plot(name, highest, lines)


def _across(epoch: float, first: float, last: float) -> float:
    return round(100 * (epoch - first) / (last - first), 2) if last > first else 50.0
