"""Figures of how well a model tells labels apart, with intervals from drawing speakers or clips anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.resampling import Floats, interval_95, resample

N_BINS = 15
OVERALL = ("accuracy", "mean_recall", "f1_macro", "calibration_error")
OF_A_LABEL = ("precision", "recall", "f1", "specificity", "fall_out", "mcc")
SIGNED = {"mcc"}


@dataclass(frozen=True)
class Answers:
    """What a model said: ``scores`` float[clips, labels], each row summing to one; ``truth`` int[clips]."""

    scores: Floats
    truth: NDArray[np.int64]
    speakers: Sequence[str]


def accuracy(answers: Answers) -> float:
    """Share of clips whose best label is right."""
    return float((answers.scores.argmax(axis=1) == answers.truth).mean())


def all_figures(answers: Answers, labels: Sequence[str], seed: int = 0) -> dict[str, Any]:
    """Everything that is reported, ready for JSON; each figure is ``{"value", "interval_95"}``.

    ``interval_by`` says what was drawn anew for the intervals: ``speakers``, or ``clips`` where speakers are
    few. Of the labels each has precision, recall, f1, specificity, fall_out and mcc. A figure that nothing
    decides, as the precision of a label never given, counts as 0.
    """
    draws = resample(answers.speakers, seed)
    tables, calibration = _per_unit(answers, draws.unit, draws.drawn.shape[1])
    table = tables.sum(axis=0)
    point = _from_table(table[None])
    spread = _from_table(np.einsum("ds,sij->dij", draws.drawn, tables))
    point["calibration_error"] = _calibration_error(calibration.sum(axis=0)[None])
    spread["calibration_error"] = _calibration_error(draws.drawn @ calibration)

    def figure(name: str, clips: float, *label: int) -> dict[str, Any]:
        value, drawn = float(point[name][(0, *label)]), spread[name].T[label].T
        interval = interval_95(value, drawn, clips, signed=name in SIGNED)
        return {"value": round(value, 4), "interval_95": interval}

    n_clips = len(answers.truth)
    decided_by = {"precision": table.sum(axis=0), "recall": table.sum(axis=1)}
    return {
        "clips": n_clips,
        "speakers": len(set(answers.speakers)),
        "interval_by": draws.by,
        **{name: figure(name, n_clips) for name in OVERALL},
        "labels": {
            label: {
                name: figure(name, decided_by[name][number] if name in decided_by else n_clips, number)
                for name in OF_A_LABEL
            }
            for number, label in enumerate(labels)
        },
        "confusion": table.astype(int).tolist(),
        "reliability": reliability(answers),
    }


def reliability(answers: Answers) -> list[dict[str, float]]:
    """Per bin of confidence that holds clips: how many, how sure on average, and how often right."""
    _, calibration = _per_unit(answers, np.zeros(len(answers.truth), dtype=np.int64), 1)
    clips, sure, right = calibration.reshape(3, N_BINS)
    return [
        {"clips": float(n), "confidence": float(s / n), "accuracy": float(r / n)}
        for n, s, r in zip(clips, sure, right, strict=True)
        if n
    ]


def _per_unit(answers: Answers, unit: NDArray[np.int64], n_units: int) -> tuple[Floats, Floats]:
    """Confusion tables float[units, truth, said], and sums per bin float[units, 3 bins]."""
    said, sure = answers.scores.argmax(axis=1), answers.scores.max(axis=1)
    n_labels = answers.scores.shape[1]
    tables = np.zeros((n_units, n_labels, n_labels))
    np.add.at(tables, (unit, answers.truth, said), 1)
    bins = np.minimum((sure * N_BINS).astype(int), N_BINS - 1)
    calibration = np.zeros((n_units, 3, N_BINS))
    for row, value in enumerate((np.ones_like(sure), sure, said == answers.truth)):
        np.add.at(calibration[:, row], (unit, bins), value)
    return tables, calibration.reshape(n_units, -1)


def _from_table(table: Floats) -> dict[str, Floats]:
    """Figures of confusion tables float[tables, truth, said]."""
    total = table.sum(axis=(1, 2))[:, None]
    hits = np.diagonal(table, axis1=1, axis2=2)
    meant, said = table.sum(axis=2), table.sum(axis=1)
    misses, alarms = meant - hits, said - hits
    rest = total - meant - alarms
    recall, f1 = _share(hits, meant), _share(2 * hits, meant + said)
    product = (hits + alarms) * (hits + misses) * (rest + alarms) * (rest + misses)
    return {
        "accuracy": _share(hits.sum(axis=1), total[:, 0]),
        "mean_recall": _share((recall * (meant > 0)).sum(axis=1), (meant > 0).sum(axis=1)),
        "f1_macro": f1.mean(axis=1),
        "precision": _share(hits, said),
        "recall": recall,
        "f1": f1,
        "specificity": _share(rest, rest + alarms),
        "fall_out": _share(alarms, rest + alarms),
        "mcc": _share(hits * rest - alarms * misses, np.sqrt(product)),
    }


def _calibration_error(sums: Floats) -> Floats:
    clips, sure, right = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, N_BINS), -2, 0)
    error: Floats = np.abs(sure - right).sum(axis=-1) / clips.sum(axis=-1)
    return error


def _share(part: Floats, whole: NDArray[Any]) -> Floats:
    share: Floats = np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0)
    return share
