"""Fine-tunes a Wav2Vec2 classifier, all of it or its top."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn
from transformers import TrainerCallback, Wav2Vec2ForSequenceClassification

from classifier.audio.waveform import SAMPLE_RATE
from classifier.inference.windows import WINDOW_S
from training.fitting.augmentation import Augmentation, augmented_copies
from training.fitting.batches import ClipDataset, Collate, Feed, Progress, clip_counter
from training.fitting.frozen_layers import FrameDataset, Frames, Top, collate_frames, frozen_frames
from training.fitting.hyperparameters import Hyperparameters
from training.fitting.precision import freeze_front_end
from training.fitting.trainer import train_clips

FRAMES = "frames"


def fine_tune(
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
    """Train ``model`` in place, all but its front end, as ``train_clips`` does."""
    _set_dropout(model.wav2vec2.encoder, chosen)
    freeze_front_end(model)
    feeds = (
        Feed(train, _lengths(train), Collate(chosen.longest_clip_s, augmentation)),
        Feed(validation, _lengths(validation), Collate(WINDOW_S)),
    )
    return train_clips(model, *feeds, chosen, output, callbacks)


def fine_tune_top(
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
    """``fine_tune`` for the last layers and the head alone; the frozen layers run once per clip and copy."""
    model.eval().requires_grad_(False)
    freeze_front_end(model)
    top = Top(model, chosen.top_layers)
    longest = round(chosen.longest_clip_s * SAMPLE_RATE)
    changes = augmented_copies(augmentation, chosen.seed, chosen.copies)
    count = clip_counter(len(train), len(changes), progress)
    frozen = partial(frozen_frames, model, chosen.top_layers, longest=longest, count=count)
    folder = output / FRAMES
    copies = [frozen(train, folder / f"train-{copy}", change=change) for copy, change in enumerate(changes)]
    unseen = [frozen(validation, folder / "validation")]
    top.requires_grad_(True)
    _set_dropout(top, chosen)
    metrics = train_clips(
        top, _frame_feed(copies, train), _frame_feed(unseen, validation), chosen, output, callbacks
    )
    # Renamed first: a kill in between must not leave half of them to go on with.
    removed = output / f".{FRAMES}"
    shutil.rmtree(removed, ignore_errors=True)
    folder.rename(removed)
    shutil.rmtree(removed)
    return metrics


def _frame_feed(copies: Sequence[Frames], clips: ClipDataset) -> Feed:
    lengths = [copies[0].length(number) for number in range(len(clips))]
    return Feed(FrameDataset(copies, clips.targets), lengths, collate_frames)


def _lengths(clips: ClipDataset) -> list[int]:
    return [clips.audio.length(number) for number in range(len(clips))]


def _set_dropout(encoder: Any, chosen: Hyperparameters) -> None:
    """Of hidden states and of attention weights."""
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = chosen.dropout
    for layer in encoder.layers:
        layer.attention.dropout = chosen.attention_dropout
