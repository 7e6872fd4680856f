"""The curves of a run, for the chart and for the table beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Line:
    """``values`` has one for each epoch of the plot; None where nothing was measured."""

    name: str
    values: list[float | None]

    @property
    def last(self) -> float:
        return [value for value in self.values if value is not None][-1]


@dataclass(frozen=True)
class Plot:
    """``top`` is the highest value there can be, where there is one."""

    name: str
    epochs: list[float]
    lines: list[Line]
    top: float | None

    @property
    def has_course(self) -> bool:
        """Whether there is a curve; one point, as when only the head is trained, is shown as a number."""
        return any(sum(value is not None for value in line.values) > 1 for line in self.lines)

    @property
    def chart(self) -> dict[str, Any]:
        series = [{"name": line.name, "values": line.values} for line in self.lines]
        return {"axis": _("Epoch"), "places": self.epochs, "top": self.top, "series": series}

    @property
    def rows(self) -> list[tuple[float, list[float | None]]]:
        return [
            (epoch, [line.values[index] for line in self.lines]) for index, epoch in enumerate(self.epochs)
        ]


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
    lines = [Line(called, [point.get(key) for point in curves]) for called, key in series]
    measured = [line for line in lines if any(value is not None for value in line.values)]
    return Plot(name, [point["epoch"] for point in curves], measured, top)
