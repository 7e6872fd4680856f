"""Verdicts as the gate leaves them on a run."""

from dataclasses import asdict

import numpy as np

from classifier.models import Clip, Task
from training.evaluation.gate import Rules, compare_predictions, compare_subset, judge
from training.evaluation.metrics import Predictions, all_metrics


def keys(task: Task) -> list[str]:
    return task.label_keys()


def verdict_of(labels: list[str], *, changed: Clip, worse: bool = False, n_speakers: int = 20) -> dict:
    """What the gate says of real predictions: one version is nearly always right, the other often."""
    truth = np.arange(120) % len(labels)
    speakers = [f"s{number * n_speakers // 120}" for number in range(120)]
    good, bad = np.arange(120) % 40 != 0, np.arange(120) % 5 < 3
    sides = {"candidate": bad if worse else good, "active": good if worse else bad}
    predictions = {
        who: Predictions(
            np.eye(len(labels))[np.where(right, truth, (truth + 1) % len(labels))], truth, speakers
        )
        for who, right in sides.items()
    }
    noise = {"noisy": {"value": 0.6}, "noisy_recall": {label: {"value": 0.5} for label in labels}}
    figures = {who: {**all_metrics(each, labels), **noise} for who, each in predictions.items()}
    names = [str(changed.pk)] * 120
    compared = compare_predictions(
        {"clean": predictions["candidate"]}, {"clean": predictions["active"]}, names, labels
    )
    found = {
        "split": "validation",
        "speed_ms": {"candidate": 20.04, "active": 20.0},
        "size_bytes": {"candidate": 30_000_000, "active": 30_000_000},
        **figures,
        **compared,
        "from_people": compare_subset(*predictions.values(), list("abcdef") * 20, {"a", "b"}),
    }
    rules = Rules(5.0, 1.0, 2.0, 1.5)
    return {**judge(found, rules), "rules": asdict(rules), "figures": found}
