"""Training of the head alone: no epochs, only the optimum on features that are computed once."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import EvalPrediction, TrainerCallback, Wav2Vec2ForSequenceClassification

from classifier.audio.waveform import Waveform
from emotion_site.storage.atomic_write import replacing_file
from training.fitting.augmentation import Augmentation, ClipTransform, augmented_copies
from training.fitting.batches import ClipDataset, Progress, clip_counter
from training.fitting.head import fit_head, head_logits, pooled_features
from training.fitting.hyperparameters import Hyperparameters
from training.fitting.trainer import METRICS, SETTINGS, label_metrics


def train_head(
    model: Wav2Vec2ForSequenceClassification,
    train: ClipDataset,
    validation: ClipDataset,
    chosen: Hyperparameters,
    output: Path,
    *,
    augmentation: Augmentation | None = None,
    callbacks: Sequence[TrainerCallback] = (),
    progress: Progress | None = None,
) -> dict[str, float]:
    """Fit the head alone, in place, and return its metrics on validation."""
    model.eval().requires_grad_(False)
    output.mkdir(parents=True, exist_ok=True)
    chosen.write(output / SETTINGS)
    changes = augmented_copies(augmentation, chosen.seed, chosen.copies)
    count = clip_counter(len(train), len(changes), progress)
    copies = [
        _kept_features(model, train, output / f"features-{copy}.npy", change, count)
        for copy, change in enumerate(changes)
    ]
    with torch.no_grad():
        # The first copy is the clips as they are.
        predicted = head_logits(model, copies[0]).softmax(dim=1)
    targets = train.targets.lerp(predicted, chosen.start_weight).repeat(len(copies), 1)
    fit_head(model, torch.cat(copies), targets, decay=chosen.head_decay, reinitialise=False)
    with torch.inference_mode():
        logits = head_logits(model, pooled_features(model, _waveforms(validation)))
        loss = functional.cross_entropy(logits, validation.targets).item()
    of_labels = label_metrics(EvalPrediction(logits.numpy(), validation.targets.numpy()))
    metrics = {"eval_loss": loss, **{f"eval_{name}": value for name, value in of_labels.items()}}
    (output / METRICS).write_text(json.dumps(metrics, indent=2) + "\n")
    return metrics


def _kept_features(
    model: Wav2Vec2ForSequenceClassification,
    clips: ClipDataset,
    file: Path,
    change: ClipTransform | None,
    count: Callable[[], None],
) -> Tensor:
    """Computed once, also when the run is killed and goes on."""
    if not file.is_file():
        features = pooled_features(model, _waveforms(clips), lambda _number: count(), change)
        with replacing_file(file) as partial, partial.open("wb") as stored:
            np.save(stored, features.numpy())
    return torch.from_numpy(np.load(file))


def _waveforms(clips: ClipDataset) -> Iterator[Waveform]:
    return (clips.audio.waveform(number) for number in range(len(clips)))
