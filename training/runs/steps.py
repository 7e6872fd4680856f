"""What the training process does, step by step; each step leaves files that a second attempt finds."""

import json
import logging
import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from training import torchaudio_shim

torchaudio_shim.install()

import torch  # noqa: E402
from transformers import TrainerCallback  # noqa: E402

from classifier.inference.manifest import read_manifest, write_manifest  # noqa: E402
from training.datasets.corpus import SPLITS, Corpus, read_corpus, require_several_labels  # noqa: E402
from training.datasets.decoded import decoded  # noqa: E402
from training.evaluation.gate_measuring import measure_gate  # noqa: E402
from training.exceptions import CorpusRefused, RunFailed  # noqa: E402
from training.fitting.hyperparameters import Hyperparameters  # noqa: E402
from training.fitting.trainer import FIGURES  # noqa: E402
from training.recipes.recipe import MODEL, Sources, make_version, train_checkpoint  # noqa: E402
from training.runs.child import Report  # noqa: E402
from training.runs.job import (  # noqa: E402
    DECODING,
    EVALUATING,
    EXPORTING,
    LISTENING,
    RESULT,
    TRAINING,
    VERSION,
    Job,
)
from training.versions.checkpoint import check_checkpoint  # noqa: E402
from training.versions.writer import Description  # noqa: E402

logger = logging.getLogger(__name__)

# Checkpoints, optimiser and versions, in files of the size of the model's weights.
WEIGHTS_ON_DISK = 14


def run_steps(job: Job, report: Report) -> None:
    """Train, export and measure; the outcome is ``result.json``. Raises what went wrong."""
    torch.set_num_threads(job.threads)
    work = Path(job.work)
    report.stage(DECODING)
    corpus = read_corpus(Path(job.snapshot), job.labels)
    require_several_labels(corpus.split("train"))
    _require_room(job, corpus)
    _decode(corpus, work / "cache", report)
    _train(job, corpus, report)
    report.stage(EXPORTING)
    _export(job, corpus)
    report.stage(EVALUATING)
    comparison = measure_gate(job, corpus, progress=lambda done, total: report.stage(EVALUATING, done, total))
    _describe(work / VERSION, comparison)
    partial = work / f".{RESULT}"
    partial.write_text(json.dumps(comparison), encoding="utf-8")
    partial.replace(work / RESULT)


def _require_room(job: Job, corpus: Corpus) -> None:
    """Better to say it before hours of training than after."""
    sound = 2 * 16_000 * sum(clip.duration_s or 0.0 for clip in corpus.clips)
    weights = (Path(job.start) / "model.safetensors").stat().st_size
    free = shutil.disk_usage(job.work).free
    if free < sound + WEIGHTS_ON_DISK * weights:
        raise CorpusRefused("storage_full", "The disk has too little room left for a training run.")


def _decode(corpus: Corpus, cache: Path, report: Report) -> None:
    present = [split for split in SPLITS if any(clip.split == split for clip in corpus.clips)]
    total = len(corpus.clips)
    before = 0
    for split in present:
        clips = corpus.split(split)

        def heard(done: int, _of: int, before: int = before) -> None:
            report.stage(DECODING, before + done, total)

        decoded([clip.path for clip in clips], cache, heard)
        before += len(clips)


def _train(job: Job, corpus: Corpus, report: Report) -> None:
    work = Path(job.work)
    if (work / MODEL).is_dir() and (work / FIGURES).is_file():
        return
    report.stage(LISTENING)
    sources = Sources(
        cache=work / "cache",
        checkpoint=Path(job.start),
        noises=Path(job.noises) if job.noises else None,
        rooms=Path(job.rooms) if job.rooms else None,
    )
    figures = train_checkpoint(
        corpus,
        sources,
        Hyperparameters(**job.hyperparameters),
        work,
        callbacks=[ReportCallback(report)],
        progress=lambda done, total: report.stage(LISTENING, done, total),
    )
    _require_numbers(figures)
    if job.hyperparameters["trained"] == "head":
        report.point(epoch=1, **_of_validation(figures))
    report.say(f"Accuracy on the validation speakers: {figures['eval_accuracy']:.3f}")


def _export(job: Job, corpus: Corpus) -> None:
    target = Path(job.work) / VERSION
    if target.is_dir():
        return
    description = Description(task=job.task, origin=job.origin, model_card=job.model_card)
    checkpoint = check_checkpoint(Path(job.work) / MODEL, corpus.labels)
    make_version(corpus, Path(job.work) / "cache", checkpoint, target, description)


def _describe(folder: Path, comparison: dict[str, Any]) -> None:
    """Keep with the version how good it was where the gate looked."""
    manifest = read_manifest(folder)
    figures = comparison["candidate"]
    recalls = {label: each["recall"]["value"] for label, each in figures["labels"].items()}
    names: Sequence[str] = (
        "clips",
        "speakers",
        "interval_by",
        "accuracy",
        "mean_recall",
        "calibration_error",
    )
    test = {**{name: figures[name] for name in names}, "recall": recalls, "split": comparison["split"]}
    write_manifest(folder, replace(manifest, metrics={**manifest.metrics, "test": test}))


class ReportCallback(TrainerCallback):
    """Tells how far the Trainer is, and the figures of each epoch."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._loss = float("nan")

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        self._report.stage(TRAINING, state.global_step, state.max_steps)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **rest: Any) -> None:
        self._loss = float((logs or {}).get("loss", self._loss))

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **rest: Any) -> None:
        _require_numbers(metrics or {})
        epoch = round(float(state.epoch or 0.0), 2)
        figures = _of_validation(metrics or {})
        if math.isfinite(self._loss):
            figures["loss"] = self._loss
        self._report.point(epoch=epoch, **figures)


def _require_numbers(figures: Any) -> None:
    loss = float(figures.get("eval_loss", 0.0))
    if not math.isfinite(loss):
        raise RunFailed("diverged", f"The loss on the validation speakers became {loss}.")


def _of_validation(metrics: Any) -> dict[str, float]:
    named = {"validation_loss": "eval_loss", "accuracy": "eval_accuracy", "mean_recall": "eval_mean_recall"}
    return {name: float(metrics[key]) for name, key in named.items() if key in metrics}
