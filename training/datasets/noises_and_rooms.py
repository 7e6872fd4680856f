"""Recordings without labels that training mixes in: noises and the responses of rooms."""

import hashlib
from pathlib import Path

import torch
from torch import Tensor

from classifier.corpora.corpus_files import CorpusFiles, FileRefused
from classifier.corpora.tables import FILE_NAME
from training.datasets.corpus import METADATA, corpus_refused, read_metadata, rows_of
from training.datasets.decoded import decode_clips
from training.exceptions import CorpusRefused

# Which recording a noise was cut from.
SOURCE = "source_id"


def read_rooms(folder: Path, cache: Path) -> list[Tensor]:
    """Room impulse responses, float32[samples] at 16 kHz. Raises CorpusRefused."""
    return _decoded(_files(folder), cache)


def read_noises(folder: Path, cache: Path, *, for_testing: bool) -> list[Tensor]:
    """The noises for training or those kept for testing, float32[samples] at 16 kHz. Raises CorpusRefused."""
    return _decoded(_files(folder, for_testing=for_testing), cache)


def is_test_noise(source_id: str) -> bool:
    """Whether noise of this source is kept for testing, a fifth of all, and never trained with."""
    return int(hashlib.sha1(source_id.encode(), usedforsecurity=False).hexdigest(), 16) % 5 == 0


def _files(folder: Path, *, for_testing: bool | None = None) -> list[Path]:
    """Those of the table; with ``for_testing`` only those whose source is kept for it, or is not."""
    if not (folder / METADATA).is_file():
        raise CorpusRefused("no_metadata", "The folder of sounds has no metadata.csv.")
    files = CorpusFiles(folder)
    table = read_metadata(folder / METADATA, files)
    if for_testing is not None and SOURCE not in table.columns:
        raise CorpusRefused("no_source_id", f"The metadata.csv of noises needs a column {SOURCE}.")
    paths = []
    for row in rows_of(table):
        if for_testing is not None and is_test_noise(row[SOURCE]) != for_testing:
            continue
        try:
            paths.append(files.find(folder, row[FILE_NAME]))
        except FileRefused as error:
            raise corpus_refused(error, row[FILE_NAME]) from error
    return paths


def _decoded(paths: list[Path], cache: Path) -> list[Tensor]:
    clips = decode_clips(paths, cache)
    return [torch.from_numpy(clips.waveform(number)) for number in range(len(clips))]
