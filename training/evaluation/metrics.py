"""Metrics of a classifier with 95% intervals from a bootstrap over speakers or clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.bootstrap import Floats, interval_95, resample

N_BINS = 15
OVERALL = ("accuracy", "mean_recall", "f1_macro", "calibration_error")
PER_LABEL = ("precision", "recall", "f1", "specificity", "fall_out", "mcc")
SIGNED = {"mcc"}


@dataclass(frozen=True)
class Predictions:
    """Of labelled clips: ``scores`` float[clips, labels], each row summing to one; ``truth`` int[clips]."""

    scores: Floats
    truth: NDArray[np.int64]
    speakers: Sequence[str]


def accuracy(predictions: Predictions) -> float:
    """Share of clips whose best label is right."""
    return float((predictions.scores.argmax(axis=1) == predictions.truth).mean())


def all_metrics(predictions: Predictions, labels: Sequence[str], seed: int = 0) -> dict[str, Any]:
    """Everything that is reported, ready for JSON; each metric is ``{"value", "interval_95"}``.

    ``interval_by`` says what the bootstrap resamples: ``speakers``, or ``clips`` where speakers are few. Each
    label has precision, recall, f1, specificity, fall_out and mcc. A metric without any clip, as the
    precision of a label that is never predicted, counts as 0.
    """
    samples = resample(predictions.speakers, seed)
    tables, calibration = _per_unit(predictions, samples.unit, samples.weights.shape[1])
    table = tables.sum(axis=0)
    point = _from_table(table[None])
    spread = _from_table(np.einsum("ds,sij->dij", samples.weights, tables))
    point["calibration_error"] = _calibration_error(calibration.sum(axis=0)[None])
    spread["calibration_error"] = _calibration_error(samples.weights @ calibration)

    def metric(name: str, clips: float, *label: int) -> dict[str, Any]:
        value, resampled = float(point[name][(0, *label)]), spread[name].T[label].T
        interval = interval_95(value, resampled, clips, signed=name in SIGNED)
        return {"value": round(value, 4), "interval_95": interval}

    n_clips = len(predictions.truth)
    support = {"precision": table.sum(axis=0), "recall": table.sum(axis=1)}
    return {
        "clips": n_clips,
        "speakers": len(set(predictions.speakers)),
        "interval_by": samples.by,
        **{name: metric(name, n_clips) for name in OVERALL},
        "labels": {
            label: {
                name: metric(name, support[name][number] if name in support else n_clips, number)
                for name in PER_LABEL
            }
            for number, label in enumerate(labels)
        },
        "confusion": table.astype(int).tolist(),
        "reliability": reliability(predictions),
    }


def reliability(predictions: Predictions) -> list[dict[str, float]]:
    """Per bin of confidence that holds clips: how many, the mean confidence, and the accuracy."""
    _, calibration = _per_unit(predictions, np.zeros(len(predictions.truth), dtype=np.int64), 1)
    clips, confidence, right = calibration.reshape(3, N_BINS)
    return [
        {"clips": float(n), "confidence": float(s / n), "accuracy": float(r / n)}
        for n, s, r in zip(clips, confidence, right, strict=True)
        if n
    ]


def _per_unit(predictions: Predictions, unit: NDArray[np.int64], n_units: int) -> tuple[Floats, Floats]:
    """Confusion tables float[units, truth, predicted], and sums per bin float[units, 3 bins]."""
    predicted, confidence = predictions.scores.argmax(axis=1), predictions.scores.max(axis=1)
    n_labels = predictions.scores.shape[1]
    tables = np.zeros((n_units, n_labels, n_labels))
    np.add.at(tables, (unit, predictions.truth, predicted), 1)
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    calibration = np.zeros((n_units, 3, N_BINS))
    for row, value in enumerate((np.ones_like(confidence), confidence, predicted == predictions.truth)):
        np.add.at(calibration[:, row], (unit, bins), value)
    return tables, calibration.reshape(n_units, -1)


def _from_table(table: Floats) -> dict[str, Floats]:
    """Metrics of confusion tables float[tables, truth, predicted]."""
    total = table.sum(axis=(1, 2))[:, None]
    tp = np.diagonal(table, axis1=1, axis2=2)
    actual, predicted = table.sum(axis=2), table.sum(axis=1)
    fn, fp = actual - tp, predicted - tp
    tn = total - actual - fp
    recall, f1 = _share(tp, actual), _share(2 * tp, actual + predicted)
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return {
        "accuracy": _share(tp.sum(axis=1), total[:, 0]),
        "mean_recall": _share((recall * (actual > 0)).sum(axis=1), (actual > 0).sum(axis=1)),
        "f1_macro": f1.mean(axis=1),
        "precision": _share(tp, predicted),
        "recall": recall,
        "f1": f1,
        "specificity": _share(tn, tn + fp),
        "fall_out": _share(fp, tn + fp),
        "mcc": _share(tp * tn - fp * fn, np.sqrt(product)),
    }


def _calibration_error(sums: Floats) -> Floats:
    clips, confidence, right = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, N_BINS), -2, 0)
    error: Floats = np.abs(confidence - right).sum(axis=-1) / clips.sum(axis=-1)
    return error


def _share(part: Floats, whole: NDArray[Any]) -> Floats:
    share: Floats = np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0)
    return share
