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
from classifier.inference.windows import window_starts
from training.datasets.corpus import Corpus
from training.datasets.decoded import decoded
from training.evaluation.calibration import scores_of
from training.evaluation.conditions import Condition, band_limited, clean, with_noise, with_upper_band
from training.evaluation.metrics import Answers, accuracy, all_figures

TIMED_SECONDS = 3
Logits = list[NDArray[np.float32]]


@dataclass(frozen=True)
class MeasuredClips:
    """The labelled clips of a split: what they sound like, their labels as numbers, and who speaks."""

    waveforms: Callable[[], Iterable[Waveform]]
    truth: NDArray[np.int64]
    speakers: Sequence[str]


def clips_to_measure(corpus: Corpus, split: str, cache: Path) -> MeasuredClips:
    """Raises CorpusRefused when the split is empty or cannot be decoded."""
    clips = corpus.split(split)
    audio = decoded([clip.path for clip in clips], cache)
    truth = [corpus.labels.index(clip.label) for clip in clips if clip.label is not None]
    return MeasuredClips(
        lambda: (audio.waveform(number) for number in range(len(audio))),
        np.array(truth, dtype=np.int64),
        [clip.speaker for clip in clips],
    )


def window_logits(engine: Engine, clips: MeasuredClips, condition: Condition = clean) -> Logits:
    """Per clip float32[windows, labels], cut into windows as when serving."""
    manifest = engine.manifest
    window, hop = (round(s * manifest.sample_rate) for s in (manifest.window_s, manifest.hop_s))
    logits = []
    for number, waveform in enumerate(clips.waveforms()):
        heard = condition(waveform, number)
        starts = window_starts(len(heard), window, hop)
        logits.append(np.stack([engine.logits(heard[start : start + window]) for start in starts]))
    return logits


def answers_of(logits: Logits, clips: MeasuredClips, temperature: float) -> Answers:
    """Scores at a temperature beside the truth."""
    scores = np.stack([scores_of(windows, temperature) for windows in logits])
    return Answers(scores, clips.truth, clips.speakers)


def milliseconds(engines: Mapping[str, Engine], runs: int) -> dict[str, float]:
    """Median time for a clip of three seconds; in turn, so that what else runs slows all alike."""
    waveform = known_waveform(TIMED_SECONDS * SAMPLE_RATE, SAMPLE_RATE)
    times: dict[str, list[float]] = {who: [] for who in engines}
    for _ in range(runs):
        for who, engine in engines.items():
            begin = time.perf_counter()
            engine.logits(waveform)
            times[who].append((time.perf_counter() - begin) * 1000)
    return {who: float(np.median(each)) for who, each in times.items()}


def measure(
    engine: Engine, clips: MeasuredClips, noises: Sequence[Tensor] = (), snr_db: Sequence[float] = ()
) -> dict[str, Any]:
    """All figures of the clean clips, and accuracy under each other condition, ready for JSON."""
    temperature = engine.manifest.temperature
    figures = all_figures(
        answers_of(window_logits(engine, clips), clips, temperature), engine.manifest.labels
    )
    others: Mapping[str, Condition] = {
        **{f"snr_{snr:g}_db": with_noise(noises, snr) for snr in snr_db if noises},
        "upper_band": with_upper_band,
        "band_limited": band_limited,
    }
    answers = {
        name: answers_of(window_logits(engine, clips, condition), clips, temperature)
        for name, condition in others.items()
    }
    figures["conditions"] = {name: accuracy(each) for name, each in answers.items()}
    figures["conditions_95"] = {
        name: all_figures(each, engine.manifest.labels)["accuracy"] for name, each in answers.items()
    }
    return figures
