"""What the page of model versions says about each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from classifier.models import ModelVersion, Task
from classifier.registry import folder_of
from training import gate
from training.models import TrainingRun


@dataclass(frozen=True)
class VersionRow:
    version: ModelVersion
    run: TrainingRun | None
    accuracy: float | None
    low: float | None
    high: float | None
    size_bytes: int
    # What the version that it was compared with gets right of the same clips.
    other: float | None

    @property
    def is_ready(self) -> bool:
        return self.version.status == ModelVersion.Status.READY

    @property
    def is_rejected(self) -> bool:
        """By the gate, which says so whatever people decided afterwards."""
        return bool(self.run and self.run.verdict and not self.run.verdict["passes"])

    @property
    def is_unclear(self) -> bool:
        return bool(self.run and self.run.verdict and self.run.verdict["outcome"] == gate.UNCLEAR)


def version_rows(task: Task) -> list[VersionRow]:
    """Newest first."""
    versions = list(ModelVersion.objects.filter(task=task).order_by("-number"))
    runs = TrainingRun.objects.filter(version__in=versions).select_related(
        "snapshot", "start_version", "compared_with"
    )
    run_of = {run.version_id: run for run in runs}
    return [_row(version, run_of.get(version.pk)) for version in versions]


def _row(version: ModelVersion, run: TrainingRun | None) -> VersionRow:
    value, low, high = _accuracy(version.manifest)
    return VersionRow(version, run, value, low, high, _size(version), _of_other(run))


def _of_other(run: TrainingRun | None) -> float | None:
    """In percent. Two versions' figures are from different clips unless one run measured both."""
    if run is None or run.compared_with is None or not run.verdict:
        return None
    value: float = run.verdict["figures"]["active"]["accuracy"]["value"]
    return 100 * value


def _accuracy(manifest: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    """On unseen speakers, in percent; an imported version may come without."""
    try:
        figure = manifest["metrics"]["test"]["accuracy"]
        low, high = figure["interval_95"]
        return 100 * figure["value"], 100 * low, 100 * high
    except (KeyError, TypeError, ValueError):
        return None, None, None


def _size(version: ModelVersion) -> int:
    folder = folder_of(version)
    files: Sequence[Any] = list(folder.iterdir()) if folder.is_dir() else []
    return sum(path.stat().st_size for path in files if path.is_file())
