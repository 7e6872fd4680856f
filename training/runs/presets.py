"""What a run of each mode does unless told otherwise, and how long it will take about."""

from collections.abc import Mapping
from typing import Any

from training.models import Snapshot, TrainingRun

Mode = TrainingRun.Mode

PRESETS: Mapping[str, Mapping[str, Any]] = {
    Mode.HEAD: {"trained": "head", "copies": 3},
    Mode.TOP: {"trained": "top", "copies": 3, "epochs": 6, "averaged_epochs": 2},
    Mode.FULL: {
        "trained": "all",
        "epochs": 3,
        "averaged_epochs": 1,
        "learning_rate": 3e-5,
        "head_learning_rate": 1e-4,
    },
}
# Seconds of one core per second of sound and million parameters, measured on a machine of 2026.
FORWARD, TRAIN_TOP, TRAIN_FULL = 0.006, 0.004, 0.03
OVERHEAD_S = 40.0
# The gate hears its clips with both versions, clean and noisy.
GATE_PASSES = 4


def hyperparameters_of(mode: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The mode's settings with what was chosen instead."""
    return {**PRESETS[mode], **chosen}


def estimated_seconds(*, snapshot: Snapshot, mode: str, parameters: int) -> int:
    """How long a run will take: as the last one of its mode did, scaled, else from measured constants."""
    expected = _work(snapshot, mode, parameters)
    done = TrainingRun.objects.filter(mode=mode, version__isnull=False, attempts=1, finished_at__isnull=False)
    last = done.select_related("snapshot", "start_version").order_by("-finished_at").first()
    if last is None or last.started_at is None or last.finished_at is None:
        return round(OVERHEAD_S + expected)
    took = (last.finished_at - last.started_at).total_seconds()
    before = _work(last.snapshot, mode, last.start_version.manifest["parameters"])
    return round(OVERHEAD_S + max(1.0, took - OVERHEAD_S) * expected / max(before, 1.0))


def _work(snapshot: Snapshot, mode: str, parameters: int) -> float:
    settings = PRESETS[mode]
    train, validation, test = (snapshot.seconds.get(split, 0.0) for split in ("train", "validation", "test"))
    forward = 2 * validation + GATE_PASSES * test
    learning = 0.0
    if mode == Mode.FULL:
        learning = TRAIN_FULL * settings["epochs"] * train
    else:
        forward += settings["copies"] * train
        learning = TRAIN_TOP * settings.get("epochs", 0) * train
    return float((FORWARD * forward + learning) * parameters / 1e6)
