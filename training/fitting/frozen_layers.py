"""Runs the frozen layers of a model over every clip once, and keeps their output for the top to train on."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import Wav2Vec2ForSequenceClassification
from transformers.modeling_outputs import SequenceClassifierOutput

from emotion_site.storage.atomic_write import replacing_file, write_text
from training.exceptions import CheckpointRefused
from training.fitting.augmentation import ClipTransform
from training.fitting.batches import ClipDataset, LabelledClip, normalised_batch

logger = logging.getLogger(__name__)


class Top(nn.Module):
    """The last layers of a classifier and its head, with the classifier's own weights.

    Takes float32[batch, frames, width], what the last frozen layer gives.
    Raises CheckpointRefused when the classifier also uses other layers.
    """

    def __init__(self, model: Wav2Vec2ForSequenceClassification, n_layers: int) -> None:
        super().__init__()
        encoder: Any = model.wav2vec2.encoder
        if model.config.use_weighted_layer_sum:
            raise CheckpointRefused("weighted_layers", "This model needs all its layers; train all of it.")
        if not 1 <= n_layers <= len(encoder.layers):
            raise CheckpointRefused(
                "too_few_layers", f"The model has {len(encoder.layers)} layers, not {n_layers}."
            )
        self.layers = encoder.layers[len(encoder.layers) - n_layers :]
        # The other kind of encoder normalises before its first layer.
        self.norm = encoder.layer_norm if model.config.do_stable_layer_norm else nn.Identity()
        self.projector = model.projector
        self.classifier = model.classifier

    def forward(self, input_values: Tensor) -> SequenceClassifierOutput:
        hidden = input_values
        for layer in self.layers:
            hidden = layer(hidden)
        return SequenceClassifierOutput(logits=self.classifier(self.projector(self.norm(hidden)).mean(dim=1)))


@dataclass(frozen=True)
class Frames:
    """float16[frames, width] of clips one after the other; clip i is bounds[i] to bounds[i + 1]."""

    values: NDArray[np.float16]
    bounds: tuple[int, ...]

    def length(self, number: int) -> int:
        return self.bounds[number + 1] - self.bounds[number]

    def of(self, number: int) -> Tensor:
        """float32[frames, width] of one clip."""
        values = np.asarray(self.values[self.bounds[number] : self.bounds[number + 1]], dtype=np.float32)
        return torch.from_numpy(values)


class FrameDataset(torch.utils.data.Dataset[LabelledClip]):
    """Clips as frames; each draw takes one of several augmented copies."""

    def __init__(self, copies: Sequence[Frames], targets: Tensor) -> None:
        self.copies = copies
        self.targets = targets

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, draw: tuple[int, int]) -> LabelledClip:
        number, seed = draw
        return LabelledClip(self.copies[seed % len(self.copies)].of(number), self.targets[number], seed)


def collate_frames(clips: Sequence[LabelledClip]) -> dict[str, Tensor]:
    """Cut to the shortest at the end: a model knows the beginning of a clip by its positions."""
    frames = min(len(clip.waveform) for clip in clips)
    return {
        "input_values": torch.stack([clip.waveform[:frames] for clip in clips]),
        "labels": torch.stack([clip.target for clip in clips]),
    }


def frozen_frames(
    model: Wav2Vec2ForSequenceClassification,
    n_layers: int,
    clips: ClipDataset,
    file: Path,
    *,
    longest: int,
    change: ClipTransform | None = None,
    count: Callable[[], None] | None = None,
) -> Frames:
    """The input of the last ``n_layers`` layers, read from ``file`` when it is there already.

    A clip of more than ``longest`` samples is cut to them. The file is whole or not there.
    """
    index = file.with_suffix(".json")
    if not index.is_file():
        bounds = _write(model, n_layers, clips, file, longest, change, count)
        write_text(index, json.dumps(bounds))
        logger.info("Clips listened to: %d, kept in %s", len(clips), file.name)
    bounds = json.loads(index.read_text())
    width = model.config.hidden_size
    return Frames(np.memmap(file, np.float16, "r", shape=(bounds[-1], width)), tuple(bounds))


def _write(
    model: Wav2Vec2ForSequenceClassification,
    n_layers: int,
    clips: ClipDataset,
    file: Path,
    longest: int,
    change: ClipTransform | None,
    count: Callable[[], None] | None,
) -> list[int]:
    file.parent.mkdir(parents=True, exist_ok=True)
    bounds = [0]
    with replacing_file(file, private=True) as partial, partial.open("wb") as stored:
        for number in range(len(clips)):
            waveform = torch.from_numpy(clips.audio.waveform(number)[:longest])[None]
            frames = _frames_before(model, n_layers, change(waveform, number) if change else waveform)
            stored.write(frames.half().numpy().tobytes())
            bounds.append(bounds[-1] + len(frames))
            if count:
                count()
    return bounds


class _EarlyExit(Exception):
    """The frozen layers have run; the others need not."""

    def __init__(self, frames: Tensor) -> None:
        self.frames = frames


def _frames_before(model: Any, n_layers: int, waveform: Tensor) -> Tensor:
    """float32[frames, width] that the layer n_layers before the end is given."""

    def stop(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        raise _EarlyExit(given[0][0])

    first = model.wav2vec2.encoder.layers[-n_layers]
    hook = first.register_forward_pre_hook(stop)
    try:
        with torch.inference_mode():
            model.wav2vec2(normalised_batch(waveform))
    except _EarlyExit as early:
        return early.frames
    finally:
        hook.remove()
    raise RuntimeError("The model never reached its last layers.")
