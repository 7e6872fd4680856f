"""Measures a model version through the engine that serves it."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from classifier.audio.waveform import SAMPLE_RATE, Waveform
from classifier.inference.session import Engine, known_waveform
from classifier.inference.windows import cut_windows
from training.datasets.corpus import CorpusFolder
from training.datasets.decoded import decode_clips
from training.evaluation.calibration import clip_scores
from training.evaluation.conditions import Condition, band_limited, clean, with_noise, with_upper_band
from training.evaluation.metrics import Predictions, accuracy, all_metrics

TIMED_SECONDS = 3
Logits = list[NDArray[np.float32]]


@dataclass(frozen=True)
class EvaluationClips:
    """The labelled clips of a split: their waveforms, their labels as numbers, and their speakers."""

    waveforms: Callable[[], Iterable[Waveform]]
    truth: NDArray[np.int64]
    speakers: Sequence[str]


def clips_to_measure(corpus: CorpusFolder, split: str, cache: Path) -> EvaluationClips:
    """Raises CorpusRefused when the split is empty or cannot be decoded."""
    clips = corpus.split(split)
    audio = decode_clips([clip.path for clip in clips], cache)
    truth = [corpus.labels.index(clip.label) for clip in clips if clip.label is not None]
    return EvaluationClips(
        lambda: (audio.waveform(number) for number in range(len(audio))),
        np.array(truth, dtype=np.int64),
        [clip.speaker for clip in clips],
    )


def window_logits(engine: Engine, clips: EvaluationClips, condition: Condition = clean) -> Logits:
    """Per clip float32[windows, labels], cut into windows as when serving."""
    manifest = engine.manifest
    window, hop = (round(s * manifest.sample_rate) for s in (manifest.window_s, manifest.hop_s))
    logits = []
    for number, waveform in enumerate(clips.waveforms()):
        windows = cut_windows(condition(waveform, number), window, hop)
        logits.append(np.stack([engine.logits(each) for each in windows]))
    return logits


def predictions_of(logits: Logits, clips: EvaluationClips, temperature: float) -> Predictions:
    """Scores at a temperature beside the truth."""
    scores = np.stack([clip_scores(windows, temperature) for windows in logits])
    return Predictions(scores, clips.truth, clips.speakers)


def milliseconds(engines: Mapping[str, Engine], runs: int) -> dict[str, float]:
    """Median time for a clip of three seconds; in turn, so that other work slows all versions alike."""
    waveform = known_waveform(TIMED_SECONDS * SAMPLE_RATE, SAMPLE_RATE)
    times: dict[str, list[float]] = {who: [] for who in engines}
    for _ in range(runs):
        for who, engine in engines.items():
            begin = time.perf_counter()
            engine.logits(waveform)
            times[who].append((time.perf_counter() - begin) * 1000)
    return {who: float(np.median(each)) for who, each in times.items()}


def measure(
    engine: Engine, clips: EvaluationClips, noises: Sequence[Tensor] = (), snr_db: Sequence[float] = ()
) -> dict[str, Any]:
    """All metrics of the clean clips, and accuracy under each other condition, ready for JSON."""
    temperature = engine.manifest.temperature
    metrics = all_metrics(
        predictions_of(window_logits(engine, clips), clips, temperature), engine.manifest.labels
    )
    others: Mapping[str, Condition] = {
        **{f"snr_{snr:g}_db": with_noise(noises, snr) for snr in snr_db if noises},
        "upper_band": with_upper_band,
        "band_limited": band_limited,
    }
    predictions = {
        name: predictions_of(window_logits(engine, clips, condition), clips, temperature)
        for name, condition in others.items()
    }
    metrics["conditions"] = {name: accuracy(each) for name, each in predictions.items()}
    metrics["conditions_95"] = {
        name: all_metrics(each, engine.manifest.labels)["accuracy"] for name, each in predictions.items()
    }
    return metrics
