"""Measures the candidate and the version in service on the same unseen speakers, clean and in noise."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from classifier.audio.waveform import SAMPLE_RATE, Waveform
from classifier.inference.session import Engine
from training.datasets.corpus import CorpusFolder
from training.datasets.noises_and_rooms import read_noises
from training.evaluation.conditions import Condition, clean, with_noise
from training.evaluation.gate import compare_predictions, compare_subset
from training.evaluation.measuring import (
    EvaluationClips,
    clips_to_measure,
    milliseconds,
    predictions_of,
    window_logits,
)
from training.evaluation.metrics import Predictions, all_metrics

NOISY_DB = 10.0
# A smaller test split proves nothing; the next best is validation, by which training stopped.
LEAST_CLIPS, LEAST_SPEAKERS = 30, 2
THREADS, TIMED_RUNS = 1, 15
NOISE_SECONDS = 20
Progress = Callable[[int, int], None]


def measure_gate(
    corpus: CorpusFolder,
    *,
    candidate: Path,
    active: Path | None,
    cache: Path,
    noises: Path | None,
    from_people: Sequence[str],
    progress: Progress,
) -> dict[str, Any]:
    """Metrics of both version folders and what differs, ready for JSON; of one if none is in service.

    ``from_people`` are the names of the clips that came from no corpus; ``noises`` is a folder of recordings.
    """
    split = evaluation_split(corpus)
    clips = clips_to_measure(corpus, split, cache)
    names = [clip.path.stem for clip in corpus.split(split)]
    recordings = read_noises(noises, cache, for_testing=True) if noises else synthetic_noises()
    folders = {"candidate": candidate, "active": active}
    conditions = {"clean": clean, "noisy": with_noise(recordings, NOISY_DB)}
    engines = {who: Engine.load(path, threads=THREADS) for who, path in folders.items() if path}
    total = len(engines) * len(conditions) * len(clips.truth)
    predictions: dict[str, dict[str, Predictions]] = {}
    for who, engine in engines.items():
        predictions[who] = {}
        for name, condition in conditions.items():
            before = sum(len(each) for each in predictions.values()) * len(clips.truth)
            counted = _with_progress(condition, progress, before, total)
            predictions[who][name] = _predict(engine, clips, counted)
    found: dict[str, Any] = {"split": split, "noise_db": NOISY_DB, "real_noise": noises is not None}
    for who, each in predictions.items():
        metrics = all_metrics(each["clean"], corpus.labels)
        noisy = all_metrics(each["noisy"], corpus.labels)
        metrics["noisy"] = noisy["accuracy"]
        metrics["noisy_recall"] = {label: of_label["recall"] for label, of_label in noisy["labels"].items()}
        found[who] = metrics
    found["speed_ms"] = {who: round(each, 2) for who, each in milliseconds(engines, TIMED_RUNS).items()}
    found["size_bytes"] = {who: _size(path) for who, path in folders.items() if path}
    if "active" in predictions:
        found |= compare_predictions(predictions["candidate"], predictions["active"], names, corpus.labels)
        found["from_people"] = compare_subset(
            predictions["candidate"]["clean"], predictions["active"]["clean"], names, set(from_people)
        )
    return found


def evaluation_split(corpus: CorpusFolder) -> str:
    """The test split, or the validation split if that is too small."""
    test = [clip for clip in corpus.clips if clip.split == "test"]
    enough = len(test) >= LEAST_CLIPS and len({clip.speaker for clip in test}) >= LEAST_SPEAKERS
    return "test" if enough else "validation"


def synthetic_noises() -> list[Tensor]:
    """Used if there are no recordings of noise: pink, brown and a hum, float32[samples] at 16 kHz."""
    rng = np.random.default_rng(0)
    hertz = np.fft.rfftfreq(NOISE_SECONDS * SAMPLE_RATE, 1 / SAMPLE_RATE)
    noises = []
    for slope in (0.5, 1.0):
        spectrum = rng.normal(size=len(hertz)) + 1j * rng.normal(size=len(hertz))
        coloured = np.fft.irfft(spectrum / np.maximum(hertz, 50.0) ** slope)
        noises.append(coloured / coloured.std())
    seconds = np.arange(NOISE_SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    hum = np.sum([np.sin(2 * np.pi * 50 * n * seconds) / n for n in range(1, 20)], axis=0)
    noises.append(hum / hum.std() + 0.2 * noises[0][: len(hum)])
    return [torch.from_numpy(noise.astype(np.float32) * 0.1) for noise in noises]


def _with_progress(condition: Condition, progress: Progress, before: int, total: int) -> Condition:
    def counted(waveform: Waveform, number: int) -> Waveform:
        progress(before + number + 1, total)
        return condition(waveform, number)

    return counted


def _predict(engine: Engine, clips: EvaluationClips, condition: Condition) -> Predictions:
    return predictions_of(window_logits(engine, clips, condition), clips, engine.manifest.temperature)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
