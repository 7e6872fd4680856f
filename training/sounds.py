"""Recordings without labels that training mixes in: noises and the responses of rooms."""

import csv
from pathlib import Path

import torch
from torch import Tensor

from training.augmentation import is_test_noise
from training.corpus import METADATA
from training.decoded_cache import decoded
from training.exceptions import CorpusRefused


def read_rooms(folder: Path, cache: Path) -> list[Tensor]:
    """Room impulse responses, float32[samples] at 16 kHz. Raises CorpusRefused."""
    return _decoded([folder / row["file_name"] for row in _rows(folder)], cache)


def read_noises(folder: Path, cache: Path, *, for_testing: bool) -> list[Tensor]:
    """The noises for training or those kept for testing, float32[samples] at 16 kHz. Raises CorpusRefused."""
    rows = [row for row in _rows(folder) if is_test_noise(row["source_id"]) == for_testing]
    return _decoded([folder / row["file_name"] for row in rows], cache)


def _rows(folder: Path) -> list[dict[str, str]]:
    try:
        with (folder / METADATA).open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusRefused("no_metadata", "The folder of sounds has no metadata.csv.") from error


def _decoded(paths: list[Path], cache: Path) -> list[Tensor]:
    if not all(path.is_file() for path in paths):
        raise CorpusRefused("missing_file", "The folder of sounds lacks files that its metadata.csv names.")
    clips = decoded(paths, cache)
    return [torch.from_numpy(clips.waveform(number)) for number in range(len(clips))]
