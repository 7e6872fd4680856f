"""Decodes the clips of a corpus once and keeps them as one file of samples that is read in place."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.audio.exceptions import AudioRejected
from classifier.audio.limits import MIB, Limits
from classifier.audio.quarantine.decoding_job import decode_waveform
from classifier.audio.quarantine.process import DecoderProcess
from classifier.audio.waveform import Pcm, Waveform, to_pcm, to_waveform
from emotion_site.storage.atomic_write import replacing_file
from training.exceptions import CorpusRefused

logger = logging.getLogger(__name__)
INDEX_SUFFIX = ".json"
SAMPLES_SUFFIX = ".pcm"
# Rooms and short noises are shorter than what people may upload.
LIMITS = Limits(
    min_seconds=0.02, max_seconds=3600.0, cpu_seconds=120, wall_seconds=180.0, memory_bytes=3072 * MIB
)


@dataclass(frozen=True)
class DecodedClips:
    """int16 samples, mono, 16 kHz, of clips one after the other; clip i is bounds[i] to bounds[i + 1]."""

    samples: Pcm
    bounds: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def length(self, number: int) -> int:
        """Samples in a clip."""
        return self.bounds[number + 1] - self.bounds[number]

    def waveform(self, number: int) -> Waveform:
        """float32[samples], mono, 16 kHz, in [-1, 1]."""
        return to_waveform(np.asarray(self.samples[self.bounds[number] : self.bounds[number + 1]]))


def decode_clips(
    paths: Sequence[Path], cache: Path, progress: Callable[[int, int], None] | None = None
) -> DecodedClips:
    """All clips, from ``cache`` if they were decoded before; otherwise they are decoded and kept there.

    Raises CorpusRefused when a file cannot be decoded or the cache cannot be written.
    """
    key = _key(paths)
    index, samples = cache / f"{key}{INDEX_SUFFIX}", cache / f"{key}{SAMPLES_SUFFIX}"
    if not index.is_file():
        try:
            _decode_into(paths, index, samples, progress)
        except OSError as error:
            raise CorpusRefused("cache_not_writable", "The decoded clips cannot be kept on disk.") from error
    bounds = tuple(json.loads(index.read_text())["bounds"])
    return DecodedClips(np.memmap(samples, dtype=np.int16, mode="r", shape=(bounds[-1],)), bounds)


def _key(paths: Sequence[Path]) -> str:
    """Changes with the list of files and whenever one of them does."""
    digest = hashlib.sha256()
    for path in paths:
        status = path.stat()
        digest.update(f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]


def _decode_into(
    paths: Sequence[Path], index: Path, samples: Path, progress: Callable[[int, int], None] | None
) -> None:
    """Samples first, then the index: what has an index is whole."""
    index.parent.mkdir(parents=True, exist_ok=True)
    bounds = [0]
    with (
        quarantine() as decoder,
        replacing_file(samples, private=True) as partial,
        partial.open("wb") as file,
    ):
        for number, path in enumerate(paths):
            pcm = to_pcm(waveform_of(path, decoder))
            file.write(pcm.tobytes())
            bounds.append(bounds[-1] + pcm.size)
            if progress:
                progress(number + 1, len(paths))
    with replacing_file(index, private=True) as partial:
        partial.write_text(json.dumps({"bounds": bounds}))
    logger.info("Clips whose sound was read: %d", len(paths))


@contextmanager
def quarantine() -> Iterator[DecoderProcess]:
    """A sandboxed decoder process: corpora are untrusted, and this process may read the whole site."""
    decoder = DecoderProcess(LIMITS)
    try:
        yield decoder
    finally:
        decoder.stop()


def waveform_of(path: Path, decoder: DecoderProcess) -> Waveform:
    """float32[samples], mono, 16 kHz, of a file. Raises CorpusRefused."""
    try:
        return decode_waveform(decoder, path.read_bytes())
    except AudioRejected as error:
        raise CorpusRefused(
            "unreadable_audio", f"The file {path.name} cannot be decoded: {error.code}."
        ) from error
