"""Writes the folder of a model version, whole or not at all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.inference.manifest import Manifest, write_manifest
from classifier.inference.version_folder import MODEL_CARD, PREPROCESSOR, SERVING, SERVING_INT8, hash_files
from emotion_site.storage.atomic_write import new_folder
from training.versions.checkpoint import Checkpoint
from training.versions.half_weights import halve_weights
from training.versions.onnx_export import export_onnx, quantise
from training.versions.parity import comparison_waveforms, largest_difference, require_agreement

if TYPE_CHECKING:
    from transformers import Wav2Vec2ForSequenceClassification


@dataclass(frozen=True)
class Description:
    """The contents of a version's manifest and card beyond its files."""

    task: str
    origin: Mapping[str, Any]
    model_card: str
    metrics: Mapping[str, Any] = field(default_factory=dict)
    temperature: float = 1.0


def write_version(
    target: Path,
    checkpoint: Checkpoint,
    model: "Wav2Vec2ForSequenceClassification",
    description: Description,
    *,
    compact: bool = False,
    int8: bool = True,
) -> Manifest:
    """Make the version folder ``target``, which must not exist, from a loaded checkpoint.

    ``compact`` keeps the weights in half precision and serves an int8 model; measure it before
    it serves. Without ``int8`` it serves float32, stored as halves. Raises CheckpointRefused, and
    leaves nothing behind, when ONNX and torch disagree.
    """
    with new_folder(target, private=True) as partial:
        difference = _write_model(partial, model, checkpoint, compact=compact, int8=int8)
        (partial / PREPROCESSOR).write_text(json.dumps(dict(checkpoint.preprocessor), indent=2) + "\n")
        (partial / MODEL_CARD).write_text(description.model_card, encoding="utf-8")
        manifest = Manifest(
            task=description.task,
            labels=checkpoint.labels,
            serving_file=SERVING_INT8 if compact and int8 else SERVING,
            files=hash_files(partial),
            parameters=sum(weight.numel() for weight in model.parameters()),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            origin=description.origin,
            metrics={**description.metrics, "onnx_largest_logit_difference": difference},
            temperature=description.temperature,
        )
        write_manifest(partial, manifest)
        _make_readable(partial)
    return manifest


def _write_model(
    folder: Path,
    model: "Wav2Vec2ForSequenceClassification",
    checkpoint: Checkpoint,
    *,
    compact: bool,
    int8: bool,
) -> float:
    """Write weights, configuration and ONNX; return the largest difference between ONNX and torch."""
    if compact:
        # Rounded first, so that what is exported is what the next fine-tuning starts from.
        model.half().float()
    export_onnx(model, folder / SERVING)
    difference = largest_difference(model, folder / SERVING, comparison_waveforms(checkpoint))
    require_agreement(difference)
    if compact:
        if int8:
            quantise(folder / SERVING, folder / SERVING_INT8)
            (folder / SERVING).unlink()
        else:
            halve_weights(folder / SERVING)
        model.half()
    # One file, whatever its size: a version's list of files is fixed.
    model.save_pretrained(folder, max_shard_size="1TB")
    model.float()
    return difference


def _make_readable(folder: Path) -> None:
    """safetensors and mkdtemp keep others out, but the site may serve as another user than it imports."""
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
