"""Figures of how well a model tells labels apart, with intervals from drawing speakers anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
N_BINS = 15
RESAMPLES = 1000
INTERVAL = (2.5, 97.5)


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

    Of the labels each has precision, recall, f1, specificity, fall_out and mcc. A figure that nothing
    decides, as the precision of a label never given, counts as 0.
    """
    tables, calibration = _per_speaker(answers)
    drawn = _draws(len(tables), seed)
    point = _from_table(tables.sum(axis=0)[None])
    spread = _from_table(np.einsum("ds,sij->dij", drawn, tables))
    errors = [_calibration_error(calibration.sum(axis=0)), _calibration_error(drawn @ calibration)]
    named = {name: _figure(point[name][0], spread[name]) for name in ("accuracy", "mean_recall", "f1_macro")}
    named["calibration_error"] = _figure(errors[0], errors[1])
    per_label = {
        label: {
            name: _figure(point[name][0, number], spread[name][:, number])
            for name in ("precision", "recall", "f1", "specificity", "fall_out", "mcc")
        }
        for number, label in enumerate(labels)
    }
    return {
        "clips": len(answers.truth),
        "speakers": len(tables),
        **named,
        "labels": per_label,
        "confusion": tables.sum(axis=0).astype(int).tolist(),
        "reliability": reliability(answers),
    }


def reliability(answers: Answers) -> list[dict[str, float]]:
    """Per bin of confidence that holds clips: how many, how sure on average, and how often right."""
    _, calibration = _per_speaker(answers)
    clips, sure, right = calibration.sum(axis=0).reshape(3, N_BINS)
    return [
        {"clips": float(n), "confidence": float(s / n), "accuracy": float(r / n)}
        for n, s, r in zip(clips, sure, right, strict=True)
        if n
    ]


def _per_speaker(answers: Answers) -> tuple[Floats, Floats]:
    """Confusion tables float[speakers, truth, said], and sums per bin float[speakers, 3 bins]."""
    names = {speaker: number for number, speaker in enumerate(sorted(set(answers.speakers)))}
    speaker = np.array([names[each] for each in answers.speakers])
    said, sure = answers.scores.argmax(axis=1), answers.scores.max(axis=1)
    n_labels = answers.scores.shape[1]
    tables = np.zeros((len(names), n_labels, n_labels))
    np.add.at(tables, (speaker, answers.truth, said), 1)
    bins = np.minimum((sure * N_BINS).astype(int), N_BINS - 1)
    calibration = np.zeros((len(names), 3, N_BINS))
    for row, value in enumerate((np.ones_like(sure), sure, said == answers.truth)):
        np.add.at(calibration[:, row], (speaker, bins), value)
    return tables, calibration.reshape(len(names), -1)


def _draws(n_speakers: int, seed: int) -> Floats:
    """How often each speaker is drawn in each resample: float[resamples, speakers]."""
    chance = np.random.default_rng(seed)
    return chance.multinomial(n_speakers, np.full(n_speakers, 1 / n_speakers), RESAMPLES).astype(float)


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
    return np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0)


def _figure(value: Any, spread: Floats) -> dict[str, Any]:
    low, high = np.percentile(spread, INTERVAL)
    return {"value": round(float(value), 4), "interval_95": [round(float(low), 4), round(float(high), 4)]}
