"""What the training process does, stage by stage; each step leaves files that a second attempt finds."""

import json
import logging
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from training import torchaudio_shim

torchaudio_shim.install()

import torch  # noqa: E402
from transformers import TrainerCallback  # noqa: E402

from classifier.inference.manifest import read_manifest, write_manifest  # noqa: E402
from emotion_site.storage.atomic_write import write_text  # noqa: E402
from training.datasets.corpus import SPLITS, CorpusFolder, read_corpus, require_several_labels  # noqa: E402
from training.datasets.decoded import decode_clips  # noqa: E402
from training.evaluation.gate_measuring import measure_gate  # noqa: E402
from training.exceptions import CorpusRefused, RunFailed  # noqa: E402
from training.fitting.hyperparameters import Hyperparameters  # noqa: E402
from training.fitting.trainer import METRICS  # noqa: E402
from training.recipes.recipe import MODEL, Sources, train_checkpoint  # noqa: E402
from training.runs.events import EventWriter  # noqa: E402
from training.runs.stages import DECODING, EVALUATING, LISTENING, STAGES, TRAINING  # noqa: E402
from training.runs.training_job import RESULT, VERSION, TrainingJob  # noqa: E402
from training.versions.checkpoint import check_checkpoint  # noqa: E402
from training.versions.make_version import make_version  # noqa: E402
from training.versions.writer import Description  # noqa: E402

logger = logging.getLogger(__name__)

# Checkpoints, optimiser and versions, in files of the size of the model's weights.
WEIGHTS_ON_DISK = 14
CACHE = "cache"
Step = Callable[[TrainingJob, CorpusFolder, EventWriter], None]


def run_steps(job: TrainingJob, events: EventWriter) -> None:
    """Train, export and measure; the outcome is ``result.json``. Raises what went wrong."""
    torch.set_num_threads(job.threads)
    events.stage(DECODING)
    corpus = read_corpus(Path(job.snapshot), job.labels)
    require_several_labels(corpus.split("train"))
    _require_room(job, corpus)
    for stage in STAGES:
        if stage.step:
            events.stage(stage.name)
            STEPS[stage.step](job, corpus, events)


def decode(job: TrainingJob, corpus: CorpusFolder, events: EventWriter) -> None:
    """Read the sound of every clip into the run's cache."""
    total = len(corpus.clips)
    before = 0
    for split in SPLITS:
        if not any(clip.split == split for clip in corpus.clips):
            continue
        clips = corpus.split(split)

        def progress(done: int, _of: int, before: int = before) -> None:
            events.stage(DECODING, before + done, total)

        decode_clips([clip.path for clip in clips], Path(job.work) / CACHE, progress)
        before += len(clips)


def train(job: TrainingJob, corpus: CorpusFolder, events: EventWriter) -> None:
    """Leave a checkpoint, unless an earlier attempt did."""
    work = Path(job.work)
    if (work / MODEL).is_dir() and (work / METRICS).is_file():
        return
    sources = Sources(
        cache=work / CACHE,
        checkpoint=Path(job.start),
        noises=Path(job.noises) if job.noises else None,
        rooms=Path(job.rooms) if job.rooms else None,
    )
    metrics = train_checkpoint(
        corpus,
        sources,
        Hyperparameters(**job.hyperparameters),
        work,
        callbacks=[TrainerEvents(events)],
        progress=lambda done, total: events.stage(LISTENING, done, total),
    )
    _require_finite_loss(metrics)
    if job.hyperparameters["trained"] == "head":
        events.point(epoch=1, **_validation_metrics(metrics))
    events.log(f"Accuracy on the validation speakers: {metrics['eval_accuracy']:.3f}")


def export(job: TrainingJob, corpus: CorpusFolder, events: EventWriter) -> None:
    """Leave a version folder, unless an earlier attempt did."""
    target = Path(job.work) / VERSION
    if target.is_dir():
        return
    description = Description(task=job.task, origin=job.lineage, model_card=job.model_card)
    checkpoint = check_checkpoint(Path(job.work) / MODEL, corpus.labels)
    make_version(corpus, Path(job.work) / CACHE, checkpoint, target, description)


def evaluate(job: TrainingJob, corpus: CorpusFolder, events: EventWriter) -> None:
    """Compare the new version with the one in service, and write the result of the run."""
    work = Path(job.work)
    comparison = measure_gate(
        corpus,
        candidate=work / VERSION,
        active=Path(job.active) if job.active else None,
        cache=work / CACHE,
        noises=Path(job.noises) if job.noises else None,
        from_people=job.from_people,
        progress=lambda done, total: events.stage(EVALUATING, done, total),
    )
    _add_test_metrics(work / VERSION, comparison)
    write_text(work / RESULT, json.dumps(comparison))


STEPS: Mapping[str, Step] = {each.__name__: each for each in (decode, train, export, evaluate)}


def _require_room(job: TrainingJob, corpus: CorpusFolder) -> None:
    """Checked before hours of training rather than after."""
    sound = 2 * 16_000 * sum(clip.duration_s or 0.0 for clip in corpus.clips)
    weights = (Path(job.start) / "model.safetensors").stat().st_size
    free = shutil.disk_usage(job.work).free
    if free < sound + WEIGHTS_ON_DISK * weights:
        raise CorpusRefused("storage_full", "The disk has too little room left for a training run.")


def _add_test_metrics(folder: Path, comparison: dict[str, Any]) -> None:
    """Keep with the version how good it was where the gate measured it."""
    manifest = read_manifest(folder)
    metrics = comparison["candidate"]
    recalls = {label: each["recall"]["value"] for label, each in metrics["labels"].items()}
    names: Sequence[str] = (
        "clips",
        "speakers",
        "interval_by",
        "accuracy",
        "mean_recall",
        "calibration_error",
    )
    test = {**{name: metrics[name] for name in names}, "recall": recalls, "split": comparison["split"]}
    write_manifest(folder, replace(manifest, metrics={**manifest.metrics, "test": test}))


class TrainerEvents(TrainerCallback):
    """Makes events of the Trainer's steps and of the metrics of each epoch."""

    def __init__(self, events: EventWriter) -> None:
        self._events = events
        self._loss = float("nan")

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        self._events.stage(TRAINING, state.global_step, state.max_steps)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **rest: Any) -> None:
        self._loss = float((logs or {}).get("loss", self._loss))

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **rest: Any) -> None:
        _require_finite_loss(metrics or {})
        epoch = round(float(state.epoch or 0.0), 2)
        point = _validation_metrics(metrics or {})
        if math.isfinite(self._loss):
            point["loss"] = self._loss
        self._events.point(epoch=epoch, **point)


def _require_finite_loss(metrics: Any) -> None:
    loss = float(metrics.get("eval_loss", 0.0))
    if not math.isfinite(loss):
        raise RunFailed("diverged", f"The loss on the validation speakers became {loss}.")


def _validation_metrics(metrics: Any) -> dict[str, float]:
    named = {"validation_loss": "eval_loss", "accuracy": "eval_accuracy", "mean_recall": "eval_mean_recall"}
    return {name: float(metrics[key]) for name, key in named.items() if key in metrics}
