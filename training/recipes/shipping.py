"""Replaces the shipped version with a trained checkpoint, with its metrics on unseen speakers."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from classifier.inference.manifest import read_manifest, write_manifest
from classifier.inference.session import Engine
from classifier.inference.version_folder import MODEL_CARD, hash_files
from training.datasets.corpus import CorpusFolder
from training.datasets.noises_and_rooms import read_noises
from training.evaluation.measuring import (
    clips_to_measure,
    measure,
    milliseconds,
    predictions_of,
    window_logits,
)
from training.evaluation.metrics import accuracy
from training.versions.checkpoint import check_checkpoint
from training.versions.make_version import make_version
from training.versions.writer import Description

SNR_DB = (20.0, 10.0, 5.0, 0.0)
THREADS = 2
TIMED_RUNS = 30
LICENSE = "LICENSE.whisper.txt"
ORIGIN = {
    "kind": "shipped",
    "data": ["CREMA-D (ODbL 1.0)"],
    "teacher": "Whisper tiny.en audio encoder (MIT)",
}


@dataclass(frozen=True)
class EvaluationData:
    """What the version is measured on: a corpus with a test split, noises, and clips of another language."""

    corpus: CorpusFolder
    noises: Path
    other_language: CorpusFolder
    cache: Path


def ship(
    checkpoint: Path,
    data: EvaluationData,
    license_file: Path,
    target: Path,
    render_card: Callable[[Mapping[str, Any]], str],
) -> dict[str, Any]:
    """Replace ``target`` by a version made from ``checkpoint``; return its metrics.

    The card is rendered from the metrics. Whatever fails, the old folder stays.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".shipping-") as workplace:
        fresh = Path(workplace) / "version"
        checked = check_checkpoint(checkpoint, data.corpus.labels)
        description = Description("emotion", ORIGIN, "")
        manifest = make_version(data.corpus, data.cache, checked, fresh, description)
        measured = {**_measure(fresh, data), "int8": manifest.metrics["int8"]}
        shutil.copy(license_file, fresh / LICENSE)
        card = render_card({**measured, "manifest": manifest})
        (fresh / MODEL_CARD).write_text(card, encoding="utf-8")
        manifest = read_manifest(fresh)
        metrics = {**manifest.metrics, "test": _summary(measured)}
        write_manifest(fresh, replace(manifest, files=hash_files(fresh), metrics=metrics))
        Engine.load(fresh, threads=THREADS).self_test()
        target.rename(Path(workplace) / "old")
        fresh.rename(target)
    return measured


def _measure(folder: Path, data: EvaluationData) -> dict[str, Any]:
    engine = Engine.load(folder, threads=THREADS)
    clips = clips_to_measure(data.corpus, "test", data.cache)
    noises = read_noises(data.noises, data.cache, for_testing=True)
    other = clips_to_measure(data.other_language, "test", data.cache)
    foreign = predictions_of(window_logits(engine, other), other, engine.manifest.temperature)
    return {
        **measure(engine, clips, noises, SNR_DB),
        "other_language": {"clips": len(other.truth), "accuracy": round(accuracy(foreign), 4)},
        "session_ms": round(milliseconds({"shipped": engine}, TIMED_RUNS)["shipped"], 1),
    }


def _summary(measured: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest keeps of the metrics: no tables."""
    counts: Sequence[str] = ("clips", "speakers", "interval_by")
    names = (*counts, "accuracy", "mean_recall", "calibration_error", "conditions")
    recalls = {label: each["recall"]["value"] for label, each in measured["labels"].items()}
    return {**{name: measured[name] for name in names}, "recall": recalls, "data": "CREMA-D, test split"}
