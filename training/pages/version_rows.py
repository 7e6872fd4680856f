"""The rows of the page of model versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from annotations.agreement.coefficients import ENOUGH_SPEAKERS
from classifier.models import ModelVersion, Task
from classifier.predictions.registry import folder_of
from training.evaluation import gate
from training.evaluation.bootstrap import CLIPS
from training.models import TrainingRun


@dataclass(frozen=True)
class Accuracy:
    """On unseen speakers, in percent. ``low`` and ``high`` are None if there is no interval.

    ``few_voices`` is their number if they are too few to say anything about others, else 0.
    """

    value: float
    low: float | None
    high: float | None
    few_voices: int


@dataclass(frozen=True)
class VersionRow:
    version: ModelVersion
    run: TrainingRun | None
    accuracy: Accuracy | None
    size_bytes: int
    # Accuracy of the version that it was compared with, on the same clips.
    other: float | None

    @property
    def is_ready(self) -> bool:
        return self.version.status == ModelVersion.Status.READY

    @property
    def is_rejected(self) -> bool:
        """By the gate, whatever people decided afterwards."""
        return bool(self.run and self.run.verdict and not self.run.verdict["passes"])

    @property
    def is_unclear(self) -> bool:
        return self._outcome == gate.UNCLEAR

    @property
    def has_too_few_voices(self) -> bool:
        return self._outcome == gate.TOO_FEW_VOICES

    @property
    def _outcome(self) -> str:
        return gate.current_outcome(self.run.verdict) if self.run and self.run.verdict else ""


def version_rows(task: Task) -> list[VersionRow]:
    """Newest first."""
    versions = list(ModelVersion.objects.filter(task=task).order_by("-number"))
    runs = TrainingRun.objects.filter(version__in=versions).select_related(
        "snapshot", "start_version", "compared_with"
    )
    run_of = {run.version_id: run for run in runs}
    return [_row(version, run_of.get(version.pk)) for version in versions]


def _row(version: ModelVersion, run: TrainingRun | None) -> VersionRow:
    return VersionRow(version, run, _accuracy(version.manifest), _size(version), _of_other(run))


def _of_other(run: TrainingRun | None) -> float | None:
    """In percent. Metrics of two versions come from different clips unless one run measured both."""
    if run is None or run.compared_with is None or not run.verdict:
        return None
    value: float = run.verdict["figures"]["active"]["accuracy"]["value"]
    return 100 * value


def _accuracy(manifest: dict[str, Any]) -> Accuracy | None:
    """None for an imported version without metrics."""
    try:
        test = manifest["metrics"]["test"]
        value = 100 * test["accuracy"]["value"]
        low, high = (100 * edge for edge in test["accuracy"]["interval_95"])
        voices = int(test.get("speakers", ENOUGH_SPEAKERS))
    except (KeyError, TypeError, ValueError):
        return None
    if voices >= ENOUGH_SPEAKERS:
        return Accuracy(value, low, high, few_voices=0)
    # Earlier versions resampled a handful of speakers, which gives an interval of hardly any width.
    if test.get("interval_by") != CLIPS:
        return Accuracy(value, None, None, few_voices=voices)
    return Accuracy(value, low, high, few_voices=voices)


def _size(version: ModelVersion) -> int:
    folder = folder_of(version)
    files: Sequence[Any] = list(folder.iterdir()) if folder.is_dir() else []
    return sum(path.stat().st_size for path in files if path.is_file())
