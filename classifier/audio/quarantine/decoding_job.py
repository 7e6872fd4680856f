"""One upload in a decoder process: its waveform arrives first, then the rest."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import numpy as np

from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.quality import Quality
from classifier.audio.quarantine import framing
from classifier.audio.quarantine.process import DecoderProcess
from classifier.audio.waveform import Waveform, to_waveform


@dataclass(frozen=True)
class Decoded:
    """A recording that became a clip's sound.

    `waveform` is float32[samples], mono, 16 kHz, in [-1, 1]; `flac` holds exactly these samples; `checksum`
    is the SHA-256 of them as little-endian int16; `peaks` outlines them for the player.
    """

    waveform: Waveform
    flac: bytes
    checksum: str
    quality: Quality
    peaks: list[float]


class DecodingJob:
    """A context manager. Other work can begin with the waveform while the rest is on its way.

    Leaving it before the reply is complete ends the process: what is left of the reply would be taken for
    the reply to the next upload.
    """

    def __init__(self, process: DecoderProcess, data: bytes, *, waveform_only: bool = False) -> None:
        self._process = process
        self._data = data
        self._waveform_only = waveform_only
        self._waveform: Waveform | None = None
        self._deadline = 0.0
        self._is_pending = False

    def __enter__(self) -> Self:
        self._process.start()
        self._deadline = time.monotonic() + self._process.limits.wall_seconds
        return self

    def __exit__(self, *_error: object) -> None:
        if self._is_pending:
            self._process.end("interrupted")
        self._process.count_job()

    def waveform(self) -> Waveform:
        """float32[samples], mono, 16 kHz, in [-1, 1]; waits for it.

        Raises AudioRejected, also when the file made the process crash or hang.
        """
        if self._waveform is None:
            with self._guarded():
                self._waveform = self._request()
                self._is_pending = not self._waveform_only
        return self._waveform

    def decoded(self) -> Decoded:
        """All of it; waits for the rest. Raises AudioRejected as `waveform` does."""
        waveform = self.waveform()
        with self._guarded():
            header, flac = self._process.receive(self._deadline)
            quality = Quality(**header["quality"])
            decoded = Decoded(waveform, flac, header["checksum"], quality, header["peaks"])
            self._is_pending = False
        return decoded

    def _request(self) -> Waveform:
        request = {framing.WAVEFORM_ONLY: True} if self._waveform_only else {}
        self._process.send(framing.pack(request, self._data), self._deadline)
        self._data = b""  # as large as the upload, and the rest takes a while
        header, samples = self._process.receive(self._deadline)
        if "code" in header:
            rejected = AudioRejected(Rejection(header["code"]), **header["params"])
            self._is_pending = False
            raise rejected
        return to_waveform(np.frombuffer(samples, np.int16, header["samples"]))

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Replace a process that hangs, died or sends what is no reply. Raises AudioRejected."""
        self._is_pending = True
        try:
            yield
        except TimeoutError:
            self._end("hung")
            seconds = self._process.limits.wall_seconds
            raise AudioRejected(Rejection.DECODER_TIMEOUT, seconds=seconds) from None
        except (framing.BrokenMessage, OSError, KeyError, TypeError, ValueError) as error:
            status = self._end("failed")
            code = Rejection.DECODER_TIMEOUT if status == -signal.SIGXCPU else Rejection.DECODER_CRASHED
            raise AudioRejected(code) from error

    def _end(self, why: str) -> int | None:
        self._is_pending = False
        return self._process.end(why)


def decode_waveform(process: DecoderProcess, data: bytes) -> Waveform:
    """The waveform alone, for those who need no more. Raises AudioRejected."""
    with DecodingJob(process, data, waveform_only=True) as job:
        return job.waveform()
