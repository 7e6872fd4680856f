"""Feeds a Trainer: batches of clips of about the same length, cut to the shortest, never padded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from classifier.audio.waveform import SAMPLE_RATE
from classifier.inference.windows import HOP_S, WINDOW_S, cut_windows
from training.datasets.corpus import CorpusClip
from training.datasets.decoded import DecodedClips

# A clip's number in its split, and the seed of its augmentation.
Draw = tuple[int, int]
LENGTH_JITTER = 0.1
# Called with the number of clips that are done, and of all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LabelledClip:
    """The model's input, such as float32[samples], a target float32[labels] that sums to one, and a seed."""

    waveform: Tensor
    target: Tensor
    seed: int


class ClipDataset(Dataset[LabelledClip]):
    """The clips of one split with their soft targets."""

    def __init__(
        self, clips: Sequence[CorpusClip], audio: DecodedClips, labels: Sequence[str], vote_weight: float
    ) -> None:
        self.audio = audio
        self.targets = soft_targets(clips, labels, vote_weight)

    def __len__(self) -> int:
        return len(self.audio)

    def __getitem__(self, draw: Draw) -> LabelledClip:
        number, seed = draw
        return LabelledClip(torch.from_numpy(self.audio.waveform(number)), self.targets[number], seed)


@dataclass(frozen=True)
class Feed:
    """A split for a Trainer: the dataset, the length of each clip, and how several become a batch."""

    clips: Dataset[LabelledClip]
    lengths: Sequence[int]
    collate: Callable[[Sequence[LabelledClip]], dict[str, Tensor]]


class SimilarLengths(Sampler[list[Draw]]):
    """Batches of clips of similar length in an order that depends on the seed and the epoch alone."""

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size
        self.drop_last = False
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by accelerate, also when a run resumes."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[Draw]]:
        rng = np.random.default_rng((self.seed, self.epoch))
        jittered = self.lengths * rng.uniform(1 - LENGTH_JITTER, 1 + LENGTH_JITTER, len(self.lengths))
        seeds = rng.integers(2**62, size=len(self.lengths))
        order = np.argsort(jittered, kind="stable")
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        for batch in rng.permutation(len(batches)):
            yield [(int(number), int(seeds[number])) for number in batches[batch]]


@dataclass(frozen=True)
class Collate:
    """Cuts, augments and normalises a batch: ``input_values`` float32[batch, samples], ``labels`` targets."""

    longest_s: float
    augment: Callable[[Tensor, int], Tensor] | None = None

    def __call__(self, clips: Sequence[LabelledClip]) -> dict[str, Tensor]:
        samples = min(round(self.longest_s * SAMPLE_RATE), *(len(clip.waveform) for clip in clips))
        waveforms = torch.stack([_cut(clip, samples) for clip in clips])
        if self.augment:
            waveforms = self.augment(waveforms, clips[0].seed)
        return {
            "input_values": normalised_batch(waveforms),
            "labels": torch.stack([clip.target for clip in clips]),
        }


def soft_targets(clips: Sequence[CorpusClip], labels: Sequence[str], vote_weight: float) -> Tensor:
    """float32[clips, labels]: the label, mixed with the listeners' votes where there are any."""
    targets = torch.zeros(len(clips), len(labels))
    for row, clip in zip(targets, clips, strict=True):
        if clip.label in labels:
            row[labels.index(clip.label)] = 1.0
        if clip.votes:
            votes = torch.tensor(clip.votes)
            row.lerp_(votes / votes.sum(), vote_weight)
    return targets


def normalised_batch(waveforms: Tensor) -> Tensor:
    """Zero mean and unit variance per clip, as when serving: float32[batch, samples]."""
    centred = waveforms - waveforms.mean(dim=1, keepdim=True)
    return centred / (centred.square().mean(dim=1, keepdim=True) + 1e-7).sqrt()


def training_windows(waveform: Tensor) -> list[Tensor]:
    """A clip of float32[1, samples] in windows as when serving: attention over minutes takes too much memory.

    One that is hardly longer than a window stays whole.
    """
    window, hop = round(WINDOW_S * SAMPLE_RATE), round(HOP_S * SAMPLE_RATE)
    if waveform.shape[1] <= window + hop:
        return [waveform]
    return cut_windows(waveform, window, hop)


def _cut(clip: LabelledClip, samples: int) -> Tensor:
    start = clip.seed % (len(clip.waveform) - samples + 1)
    return clip.waveform[start : start + samples]


def clip_counter(clips: int, rounds: int, progress: Progress | None) -> Callable[[], None]:
    """Call it after each clip of several rounds over all clips."""
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, clips * rounds)

    return count
