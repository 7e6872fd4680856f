"""One decoder process, seen from the server that owns it."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path

from classifier.audio.limits import MIB, Limits
from classifier.audio.quarantine import framing
from classifier.audio.quarantine.sandbox import Layers

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

REPORT_WITHIN_S = 60.0


class DecoderProcess:
    """Starts its process when it is needed and replaces it when it dies. For one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
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
            _command(self.limits),
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

    def send(self, message: bytes, deadline: float) -> None:
        """Raises TimeoutError at the deadline (monotonic time), OSError when the process died."""
        if self._process is None or self._process.stdin is None:
            raise OSError("the decoder has no pipes")
        framing.send(self._process.stdin.fileno(), message, deadline)

    def receive(self, deadline: float) -> framing.Message:
        """Raises TimeoutError at the deadline (monotonic time), BrokenMessage or OSError as `framing`."""
        if self._process is None or self._process.stdout is None:
            raise OSError("the decoder has no pipes")
        return framing.receive(self._process.stdout.fileno(), deadline)

    def count_job(self) -> None:
        """One more upload is done; after many of them a fresh process takes over."""
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
        """End the process in the middle of its work, also while another thread waits for its reply."""
        if process := self._process:
            process.kill()

    def end(self, why: str) -> int | None:
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


def sandbox_layers(limits: Limits) -> Layers:
    """Why each layer of the sandbox is missing, empty where it is in force; from a real decoder.

    Raises OSError when the decoder does not start.
    """
    try:
        ended = subprocess.run(  # noqa: S603 - as above
            [*_command(limits), "--report-sandbox"],
            cwd=PROJECT_ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=REPORT_WITHIN_S,
            check=True,
        )
        return Layers(json.loads(ended.stdout))
    except (subprocess.SubprocessError, ValueError) as error:
        raise OSError("the decoder does not start") from error


def _environment() -> dict[str, str]:
    return {**ENVIRONMENT, "TMPDIR": tempfile.gettempdir()}


def _command(limits: Limits) -> list[str]:
    # It does not inherit whether compiled code may be written.
    python = [sys.executable, "-B"] if sys.dont_write_bytecode else [sys.executable]
    return [*python, "-m", "classifier.audio.quarantine.worker", json.dumps(asdict(limits))]
