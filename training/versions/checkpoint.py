"""Checks a Wav2Vec2ForSequenceClassification folder and loads it with a task's labels in order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.audio.waveform import SAMPLE_RATE
from classifier.inference.version_folder import CONFIG, PICKLE_SUFFIXES, PREPROCESSOR, config_labels
from training import torchaudio_shim
from training.exceptions import CheckpointRefused

if TYPE_CHECKING:
    from transformers import Wav2Vec2ForSequenceClassification

ARCHITECTURE = "Wav2Vec2ForSequenceClassification"


@dataclass(frozen=True)
class Checkpoint:
    """A checked folder. ``order[i]`` is the checkpoint's output for the task's label i."""

    folder: Path
    labels: tuple[str, ...]
    order: tuple[int, ...]
    preprocessor: Mapping[str, Any]


def check_checkpoint(
    folder: Path, labels: Sequence[str], renames: Mapping[str, str] | None = None
) -> Checkpoint:
    """Check a checkpoint without loading it; its labels, renamed, must be the task's in any order.

    Raises CheckpointRefused on anything but safetensors, on code of its own, and on another
    architecture, sample rate or set of labels.
    """
    if not folder.is_dir():
        raise CheckpointRefused("not_a_folder", "There is no folder of this name.")
    _require_safetensors(folder)
    config = _read_json(folder, CONFIG)
    preprocessor = _read_json(folder, PREPROCESSOR)
    if "auto_map" in config or "auto_map" in preprocessor:
        raise CheckpointRefused("remote_code", "The checkpoint asks for code of its own, which is never run.")
    if config.get("model_type") != "wav2vec2" or ARCHITECTURE not in (config.get("architectures") or []):
        raise CheckpointRefused("wrong_architecture", f"The checkpoint is not a {ARCHITECTURE}.")
    if preprocessor.get("sampling_rate") != SAMPLE_RATE:
        raise CheckpointRefused("wrong_sample_rate", f"The checkpoint must work at {SAMPLE_RATE} Hz.")
    order = _order_of(config, labels, renames or {})
    return Checkpoint(folder, tuple(labels), order, preprocessor)


def load_model(checkpoint: Checkpoint) -> "Wav2Vec2ForSequenceClassification":
    """The checkpoint as a float32 torch model in evaluation mode, outputs in the task's order.

    Raises CheckpointRefused when the weights are damaged or incomplete, or hold what the model that the
    configuration describes does not use: it would predict something else than it was trained to.
    """
    torchaudio_shim.install()
    import torch
    from transformers import Wav2Vec2ForSequenceClassification
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        loaded: Any = Wav2Vec2ForSequenceClassification.from_pretrained(
            checkpoint.folder,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            attn_implementation="eager",
            output_loading_info=True,
        )
    except Exception as error:  # safetensors and transformers raise many kinds for a damaged file.
        raise CheckpointRefused("unreadable_weights", "The checkpoint's weights cannot be read.") from error
    model, report = loaded
    if report["missing_keys"] or report["mismatched_keys"]:
        raise CheckpointRefused("incomplete_weights", "The checkpoint lacks some of its weights.")
    if unused := sorted(report["unexpected_keys"]):
        detail = f"The checkpoint holds weights that its configuration does not use, such as {unused[0]}."
        raise CheckpointRefused("unused_weights", detail)
    order = list(checkpoint.order)
    with torch.no_grad():
        model.classifier.weight.copy_(model.classifier.weight[order].clone())
        model.classifier.bias.copy_(model.classifier.bias[order].clone())
    model.config.id2label = dict(enumerate(checkpoint.labels))
    model.config.label2id = {label: number for number, label in enumerate(checkpoint.labels)}
    trained: Wav2Vec2ForSequenceClassification = model.eval()
    return trained


def _require_safetensors(folder: Path) -> None:
    names = [path.name for path in folder.iterdir()]
    if any(name.endswith(".safetensors") for name in names):
        return
    if any(Path(name).suffix.lower() in PICKLE_SUFFIXES for name in names):
        raise CheckpointRefused(
            "pickle",
            "The checkpoint's weights are in a format that can run code. Save it as safetensors first.",
        )
    raise CheckpointRefused("no_weights", "The folder holds no .safetensors file.")


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointRefused("missing_file", f"The folder holds no {name}.") from error
    except (OSError, ValueError) as error:
        raise CheckpointRefused("unreadable_file", f"The checkpoint's {name} cannot be read.") from error
    if not isinstance(content, dict):
        raise CheckpointRefused("unreadable_file", f"The checkpoint's {name} cannot be read.")
    return content


def _order_of(
    config: Mapping[str, Any], labels: Sequence[str], renames: Mapping[str, str]
) -> tuple[int, ...]:
    try:
        own = config_labels(config)
    except (TypeError, ValueError) as error:
        raise CheckpointRefused("wrong_labels", "The checkpoint's labels cannot be read.") from error
    if unknown := sorted(renames.keys() - set(own)):
        raise CheckpointRefused(
            "wrong_labels", f"The checkpoint has no label {', '.join(unknown)} to rename."
        )
    renamed = [renames.get(label, label) for label in own]
    if sorted(renamed) != sorted(labels):
        raise CheckpointRefused(
            "wrong_labels",
            f"The checkpoint's labels are {', '.join(renamed)}, but the task needs {', '.join(labels)}.",
        )
    return tuple(renamed.index(label) for label in labels)
