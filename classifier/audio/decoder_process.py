"""One decoder process, seen from the server that owns it."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.audio import framing
from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.limits import MIB, Limits
from classifier.audio.quality import Quality
from classifier.audio.waveform import Waveform, to_waveform

logger = logging.getLogger(__name__)

PROJECT_ROOT = Path(__file__).resolve().parents[2]
# A fresh process now and then, in case libav or Python lose memory; started so many jobs ahead that nobody
# waits for it.
MAX_JOBS = 500
JOBS_AHEAD = 20
# A three-second clip goes through the pipe in one go.
PIPE_BYTES = MIB
STOP_SECONDS = 2.0
# numpy starts a thread per core for algebra that decoding never does.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}


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


class DecoderProcess:
    """Starts its process when it is needed and replaces it when it dies. For one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._successor: subprocess.Popen[bytes] | None = None
        self._jobs = 0

    @property
    def pid(self) -> int | None:
        """The running process, if there is one."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> subprocess.Popen[bytes]:
        """The running process, a new one if the last has ended. Does not wait until it is ready."""
        if self._process and self._process.poll() is None:
            return self._process
        self.stop()
        self._jobs = 0
        process = self._process = self._spawn()
        return process

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "classifier.audio.worker", json.dumps(asdict(self._limits))]
        process = subprocess.Popen(  # noqa: S603 - the command is ours, nothing in it comes from a request
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=PROJECT_ROOT,
            env=ENVIRONMENT,
            bufsize=0,
            pipesize=PIPE_BYTES,
        )
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
        return process

    def decode(self, data: bytes) -> Decoded:
        """Decode one upload. Raises AudioRejected, also when the file made the process crash or hang."""
        process = self.start()
        deadline = time.monotonic() + self._limits.wall_seconds
        try:
            decoded = self._ask(process, data, deadline)
        except TimeoutError:
            self._end("hung")
            raise AudioRejected(Rejection.DECODER_TIMEOUT, seconds=self._limits.wall_seconds) from None
        except (framing.BrokenMessage, OSError, KeyError, TypeError, ValueError) as error:
            status = self._end("failed")
            code = Rejection.DECODER_TIMEOUT if status == -signal.SIGXCPU else Rejection.DECODER_CRASHED
            raise AudioRejected(code) from error
        finally:
            self._count_job()
        return decoded

    def _count_job(self) -> None:
        self._jobs += 1
        if self._jobs == MAX_JOBS - JOBS_AHEAD:
            self._successor = self._spawn()
        if self._jobs >= MAX_JOBS:
            self._jobs = 0
            if self._process:
                # It takes a moment, and who sent the clip that is decoded now need not wait for it.
                threading.Thread(target=self._stop, args=[self._process], daemon=True).start()
            self._process, self._successor = self._successor, None

    def stop(self) -> None:
        """End the process and its successor."""
        for process in (self._process, self._successor):
            if process is not None:
                self._stop(process)
        self._process = self._successor = None

    @staticmethod
    def _stop(process: subprocess.Popen[bytes]) -> None:
        """Politely by closing its stdin, then for certain."""
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def kill(self) -> None:
        """End the process in the middle of its work. May be called while another thread waits in `decode`."""
        if process := self._process:
            process.kill()

    def _ask(self, process: subprocess.Popen[bytes], data: bytes, deadline: float) -> Decoded:
        if process.stdin is None or process.stdout is None:
            raise OSError("the decoder has no pipes")
        request = framing.pack({}, data)
        header, body = framing.exchange(process.stdin.fileno(), process.stdout.fileno(), request, deadline)
        if "code" in header:
            raise AudioRejected(Rejection(header["code"]), **header["params"])
        return _decoded(header, body)

    def _end(self, why: str) -> int | None:
        """Kill the process and return the status it ended with, its own if it had died by itself."""
        process = self._process
        if process is None:
            return None
        try:
            # A process that died on its own may need a moment until its status is there.
            status = process.wait(0 if why == "hung" else 0.5)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        logger.warning("Decoder process %s %s, status %s; it is replaced.", process.pid, why, status)
        self.stop()
        return status


def _decoded(header: dict[str, Any], body: bytes) -> Decoded:
    samples = header["samples"]
    return Decoded(
        waveform=to_waveform(np.frombuffer(body, np.int16, samples)),
        flac=body[2 * samples :],
        checksum=header["checksum"],
        quality=Quality(**header["quality"]),
        peaks=header["peaks"],
    )
