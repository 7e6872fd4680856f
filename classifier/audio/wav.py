"""Stored clips as WAV, which is what players get.

Chromium gives up on FLAC with "demuxer seek failed" when somebody seeks to where few blocks are left, which
in a clip of a few seconds is a third of it (seen with version 156; a seek table moves the place, no more).
In WAV any browser finds any place.
"""

import io
import logging
import wave
from typing import IO

import soundfile

from classifier.audio.waveform import SAMPLE_RATE

logger = logging.getLogger(__name__)

SAMPLE_BYTES = 2
# As many samples as the encoder puts into a frame: so many are lost at once.
BLOCK = 4096


class WavReader:
    """The bytes of a WAV file, 16 bit, mono, 16 kHz, made of a stored FLAC from wherever they are read.

    Never holds more than what is asked for. Raises soundfile.SoundFileError when the FLAC cannot be opened;
    what is damaged further on is silence, and logged.
    """

    def __init__(self, flac: IO[bytes]) -> None:
        self._flac = flac
        self._sound = soundfile.SoundFile(flac)
        self._header = _header(self._sound.frames)
        self.size = len(self._header) + SAMPLE_BYTES * self._sound.frames
        self._at = 0

    def seek(self, offset: int) -> None:
        self._at = offset

    def read(self, length: int) -> bytes:
        begin, end = self._at, min(self._at + length, self.size)
        self._at = end
        return self._header[begin:end] + self._samples(begin - len(self._header), end - len(self._header))

    def _samples(self, begin: int, end: int) -> bytes:
        """From one byte to another of what follows the header; neither need be the first of a sample."""
        begin, end = max(begin, 0), max(end, 0)
        first = begin // SAMPLE_BYTES
        count = -(-end // SAMPLE_BYTES) - first
        skipped = begin - SAMPLE_BYTES * first
        return self._pcm(first, count)[skipped : skipped + end - begin]

    def _pcm(self, first: int, count: int) -> bytes:
        found = bytearray()
        try:
            self._sound.seek(first)
            for block in self._sound.blocks(BLOCK, frames=count, dtype="int16"):
                found += block.astype("<i2").tobytes()
        except soundfile.SoundFileError as error:
            logger.error(
                "A stored sound is damaged file=%s reason=%s", getattr(self._flac, "name", ""), error
            )
        return bytes(found).ljust(SAMPLE_BYTES * count, b"\0")

    def close(self) -> None:
        self._sound.close()
        self._flac.close()


def _header(samples: int) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as writer:
        writer.setparams((1, SAMPLE_BYTES, SAMPLE_RATE, samples, "NONE", ""))
        writer.writeframesraw(b"")  # writes the header; at its end the writer corrects the length
        return target.getvalue()
