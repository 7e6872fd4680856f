"""Lets the candidate and the version in service hear the same unseen speakers, clean and in noise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from classifier.audio.waveform import SAMPLE_RATE
from classifier.inference.session import Engine
from training.datasets.corpus import Corpus
from training.datasets.noises_and_rooms import read_noises
from training.evaluation.conditions import Condition, clean, with_noise
from training.evaluation.gate import compare_answers, compare_some
from training.evaluation.measuring import (
    MeasuredClips,
    answers_of,
    clips_to_measure,
    milliseconds,
    window_logits,
)
from training.evaluation.metrics import Answers, all_figures
from training.runs.job import VERSION, Job

NOISY_DB = 10.0
# A split that is smaller judges nobody; the next best is the one that training stopped by.
LEAST_CLIPS, LEAST_SPEAKERS = 30, 2
THREADS, TIMED_RUNS = 1, 15
NOISE_SECONDS = 20
Progress = Callable[[int, int], None]


def measure_gate(job: Job, corpus: Corpus, progress: Progress) -> dict[str, Any]:
    """Figures of both versions and what differs, ready for JSON; without a version in service of one."""
    split = split_to_judge_on(corpus)
    cache = Path(job.work) / "cache"
    clips = clips_to_measure(corpus, split, cache)
    names = [clip.path.stem for clip in corpus.split(split)]
    noises = read_noises(Path(job.noises), cache, for_testing=True) if job.noises else made_noises()
    folders = {"candidate": Path(job.work) / VERSION, "active": Path(job.active) if job.active else None}
    conditions = {"clean": clean, "noisy": with_noise(noises, NOISY_DB)}
    engines = {who: Engine.load(path, threads=THREADS) for who, path in folders.items() if path}
    total = len(engines) * len(conditions) * len(clips.truth)
    answers: dict[str, dict[str, Answers]] = {}
    for who, engine in engines.items():
        answers[who] = {}
        for name, condition in conditions.items():
            before = sum(len(each) for each in answers.values()) * len(clips.truth)
            followed = _followed(condition, progress, before, total)
            answers[who][name] = _answers(engine, clips, followed)
    found: dict[str, Any] = {"split": split, "noise_db": NOISY_DB, "real_noise": bool(job.noises)}
    for who, each in answers.items():
        figures = all_figures(each["clean"], job.labels)
        noisy = all_figures(each["noisy"], job.labels)
        figures["noisy"] = noisy["accuracy"]
        figures["noisy_recall"] = {label: of_label["recall"] for label, of_label in noisy["labels"].items()}
        found[who] = figures
    found["speed_ms"] = {who: round(each, 2) for who, each in milliseconds(engines, TIMED_RUNS).items()}
    found["size_bytes"] = {who: _size(path) for who, path in folders.items() if path}
    if "active" in answers:
        found |= compare_answers(answers["candidate"], answers["active"], names, job.labels)
        found["from_people"] = compare_some(
            answers["candidate"]["clean"], answers["active"]["clean"], names, set(job.from_people)
        )
    return found


def split_to_judge_on(corpus: Corpus) -> str:
    test = [clip for clip in corpus.clips if clip.split == "test"]
    enough = len(test) >= LEAST_CLIPS and len({clip.speaker for clip in test}) >= LEAST_SPEAKERS
    return "test" if enough else "validation"


def made_noises() -> list[Tensor]:
    """Where no recordings of noise are at hand: pink, brown and a hum, float32[samples] at 16 kHz."""
    chance = np.random.default_rng(0)
    hertz = np.fft.rfftfreq(NOISE_SECONDS * SAMPLE_RATE, 1 / SAMPLE_RATE)
    noises = []
    for slope in (0.5, 1.0):
        spectrum = chance.normal(size=len(hertz)) + 1j * chance.normal(size=len(hertz))
        coloured = np.fft.irfft(spectrum / np.maximum(hertz, 50.0) ** slope)
        noises.append(coloured / coloured.std())
    seconds = np.arange(NOISE_SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    hum = np.sum([np.sin(2 * np.pi * 50 * n * seconds) / n for n in range(1, 20)], axis=0)
    noises.append(hum / hum.std() + 0.2 * noises[0][: len(hum)])
    return [torch.from_numpy(noise.astype(np.float32) * 0.1) for noise in noises]


def _followed(condition: Condition, progress: Progress, before: int, total: int) -> Condition:
    def heard(waveform: Any, number: int) -> Any:
        progress(before + number + 1, total)
        return condition(waveform, number)

    return heard


def _answers(engine: Engine, clips: MeasuredClips, condition: Condition) -> Answers:
    return answers_of(window_logits(engine, clips, condition), clips, engine.manifest.temperature)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
