"""One decoder process, seen from the server that owns it."""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.limits import MIB, Limits
from classifier.audio.quality import Quality
from classifier.audio.quarantine import framing
from classifier.audio.quarantine.walls import Walls
from classifier.audio.waveform import Waveform, to_waveform

logger = logging.getLogger(__name__)

PROJECT_ROOT = Path(__file__).resolve().parents[3]
# A fresh process now and then, in case libav or Python lose memory; started so many jobs ahead that nobody
# waits for it.
MAX_JOBS = 500
JOBS_AHEAD = 20
# A three-second clip goes through the pipe in one go.
PIPE_BYTES = MIB
STOP_SECONDS = 2.0
# numpy starts a thread per core for algebra that decoding never does.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}

WALLS_WITHIN_S = 60.0

OnWaveform = Callable[[Waveform], object]
Answer = TypeVar("Answer")


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
        process = subprocess.Popen(  # noqa: S603 - the command is ours, nothing in it comes from a request
            _command(self._limits),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=PROJECT_ROOT,
            env=_environment(),
            bufsize=0,
            pipesize=PIPE_BYTES,
        )
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
        return process

    def decode(self, data: bytes, on_waveform: OnWaveform) -> Decoded:
        """Decode one upload; `on_waveform` is called as soon as its sound is there, before the rest is.

        Raises AudioRejected, also when the file made the process crash or hang.
        """
        return self._protected(lambda process, deadline: self._ask(process, data, deadline, on_waveform))

    def sound_of(self, data: bytes) -> Waveform:
        """The sound of a file alone, for those who need no more. Raises AudioRejected as `decode` does."""
        return self._protected(
            lambda process, deadline: self._ask_sound(process, {framing.SOUND_ONLY: True}, data, deadline)
        )

    def _protected(self, ask: Callable[[subprocess.Popen[bytes], float], Answer]) -> Answer:
        process = self.start()
        deadline = time.monotonic() + self._limits.wall_seconds
        try:
            return ask(process, deadline)
        except AudioRejected:
            raise
        except TimeoutError:
            self._end("hung")
            raise AudioRejected(Rejection.DECODER_TIMEOUT, seconds=self._limits.wall_seconds) from None
        except (framing.BrokenMessage, OSError, KeyError, TypeError, ValueError) as error:
            status = self._end("failed")
            code = Rejection.DECODER_TIMEOUT if status == -signal.SIGXCPU else Rejection.DECODER_CRASHED
            raise AudioRejected(code) from error
        except BaseException:
            # What is left of the answer would be taken for the answer to the next upload.
            self._end("interrupted")
            raise
        finally:
            self._count_job()

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

    @staticmethod
    def _ask_sound(
        process: subprocess.Popen[bytes], wish: dict[str, Any], data: bytes, deadline: float
    ) -> Waveform:
        if process.stdin is None or process.stdout is None:
            raise OSError("the decoder has no pipes")
        framing.send(process.stdin.fileno(), framing.pack(wish, data), deadline)
        header, samples = framing.receive(process.stdout.fileno(), deadline)
        if "code" in header:
            raise AudioRejected(Rejection(header["code"]), **header["params"])
        return to_waveform(np.frombuffer(samples, np.int16, header["samples"]))

    @classmethod
    def _ask(
        cls, process: subprocess.Popen[bytes], data: bytes, deadline: float, on_waveform: OnWaveform
    ) -> Decoded:
        waveform = cls._ask_sound(process, {}, data, deadline)
        on_waveform(waveform)
        if process.stdout is None:
            raise OSError("the decoder has no pipes")
        header, flac = framing.receive(process.stdout.fileno(), deadline)
        return Decoded(waveform, flac, header["checksum"], Quality(**header["quality"]), header["peaks"])

    def _end(self, why: str) -> int | None:
        """Kill the process and return the status it ended with, its own if it had died by itself."""
        process = self._process
        if process is None:
            return None
        try:
            # A process that died on its own may need a moment until its status is there.
            status = process.wait(0.5 if why == "failed" else 0)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        logger.warning("Decoder process %s %s, status %s; it is replaced.", process.pid, why, status)
        self.stop()
        return status


def standing_walls(limits: Limits) -> Walls:
    """Why each wall around a decoder of this machine is missing, empty where it stands; from a real one.

    Raises OSError when the decoder does not start.
    """
    try:
        ended = subprocess.run(  # noqa: S603 - as above
            [*_command(limits), "--walls"],
            cwd=PROJECT_ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=WALLS_WITHIN_S,
            check=True,
        )
        return Walls(json.loads(ended.stdout))
    except (subprocess.SubprocessError, ValueError) as error:
        raise OSError("the decoder does not start") from error


def _environment() -> dict[str, str]:
    return {**ENVIRONMENT, "TMPDIR": tempfile.gettempdir()}


def _command(limits: Limits) -> list[str]:
    # It does not inherit whether compiled code may be written.
    python = [sys.executable, "-B"] if sys.dont_write_bytecode else [sys.executable]
    return [*python, "-m", "classifier.audio.quarantine.worker", json.dumps(asdict(limits))]
