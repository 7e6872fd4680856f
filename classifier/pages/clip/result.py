"""What a result shows: the emotion in words, a bar for every label, its course over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from classifier.models import Clip, Label, Prediction
from classifier.pages.clip.advice import Advice, advice_for
from classifier.predictions.certainty import is_doubtful, is_silent, is_sure


@dataclass(frozen=True)
class Bar:
    label: Label
    score: float

    @property
    def percent(self) -> float:
        return round(self.score * 100, 1)


@dataclass(frozen=True)
class Result:
    """One prediction, ready for a template. ``bars`` are in the task's order."""

    prediction: Prediction
    sure: bool
    headline: str
    bars: list[Bar]
    advice: list[Advice]
    course: dict[str, Any] | None

    @property
    def course_rows(self) -> list[tuple[dict[str, float], list[float]]]:
        """Window and percentages per label, for the table beside the chart."""
        if self.course is None:
            return []
        columns = zip(*(line["values"] for line in self.course["series"]), strict=True)
        return list(zip(self.course["windows"], map(list, columns), strict=True))

    @property
    def milliseconds(self) -> str:
        return number_format(round(self.prediction.milliseconds))


def latest_result(clip: Clip, labels: Sequence[Label]) -> Result | None:
    """The latest prediction; None while there is none."""
    newest = clip.latest_prediction()
    return result_of(newest, clip, labels) if newest else None


def result_of(prediction: Prediction, clip: Clip, labels: Sequence[Label]) -> Result:
    bars = [Bar(label, prediction.scores[label.key]) for label in labels if label.key in prediction.scores]
    sure = is_sure(margin=prediction.margin, quality=clip.quality)
    return Result(
        prediction=prediction,
        sure=sure,
        headline=_headline(bars, clip.quality, sure=sure),
        bars=bars,
        advice=advice_for(clip.quality),
        course=_course(prediction, bars),
    )


def _headline(bars: list[Bar], quality: Mapping[str, Any], *, sure: bool) -> str:
    if is_silent(quality):
        return _("Nothing to hear")
    first, second = sorted(bars, key=lambda bar: -bar.score)[:2]
    if sure:
        return str(first.label)
    if is_doubtful(quality):
        # The hint says why; the second label may be far behind.
        return _("Not sure, perhaps %(label)s") % {"label": str(first.label).lower()}
    names = {"first": str(first.label).lower(), "second": str(second.label).lower()}
    return _("Not sure: between %(first)s and %(second)s") % names


def _course(prediction: Prediction, bars: list[Bar]) -> dict[str, Any] | None:
    """Percentages per window, for a chart and its table; None when one window holds the whole clip."""
    segments = prediction.segments
    if len(segments) < 2:
        return None
    return {
        "windows": [{"start_s": segment["start_s"], "end_s": segment["end_s"]} for segment in segments],
        "series": [
            {
                "name": str(bar.label),
                "colour": bar.label.colour,
                "values": [round(segment["scores"][bar.label.key] * 100, 1) for segment in segments],
            }
            for bar in bars
        ],
    }
