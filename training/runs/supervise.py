"""Starts the process that trains, writes what it tells on the run's row, and stops it when asked to."""

import contextlib
import json
import logging
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from training.exceptions import RunFailed
from training.models import TrainingRun
from training.runs.child import MEMORY_WORDS, OUT_OF_MEMORY
from training.runs.job import DECODING, JOB, LISTENING, RESULT, TRAINING, Job
from training.runs.progress import RunRow

logger = logging.getLogger(__name__)
State = TrainingRun.State

LOOK_EVERY_S = 0.5
NOTE_EVERY_S = 1.0
STOP_WITHIN_S = 2.0
# A process that the system ends again and again would not do better the next time.
MAX_ATTEMPTS = 4
STATES = {DECODING: State.PREPARING, LISTENING: State.PREPARING, TRAINING: State.TRAINING}
# Before this much is done, what is left is guessed from the estimate.
SURE_FROM = 0.1
LOG, LAST_WORDS = "process.log", 4000


class Cancelled(Exception):
    """Somebody asked to stop the run."""


def follow_process(row: RunRow, job: Job) -> None:
    """Run the process to its end, again after a kill. Raises Cancelled, RunLost and RunFailed."""
    for _attempt in range(MAX_ATTEMPTS):
        ended, error = _once(row, job)
        if error is not None:
            raise RunFailed(error["code"], error["detail"])
        if ended == 0 and (Path(job.work) / RESULT).is_file():
            return
        if _ran_out_of_memory(job):
            raise RunFailed("out_of_memory", OUT_OF_MEMORY)
        row.say(f"The training process ended with {ended}; going on from its last checkpoint.")
        logger.warning("Training process ended run=%s exit=%s", row.run.pk, ended)
    raise RunFailed(
        "process_killed",
        "The system ended the training process again and again, most often for want of memory.",
    )


def _ran_out_of_memory(job: Job) -> bool:
    """Some libraries end the process where Python would raise MemoryError; their last words tell."""
    words = (Path(job.work) / LOG).read_bytes()[-LAST_WORDS:].decode(errors="replace").lower()
    return any(word in words for word in MEMORY_WORDS)


def _once(row: RunRow, job: Job) -> tuple[int, dict[str, str] | None]:
    with (Path(job.work) / LOG).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  # our own module, with a path of our own
            [sys.executable, "-m", "training.runs.child", str(Path(job.work) / JOB)],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,  # never written to: its end tells the process that we are gone
            stdout=subprocess.PIPE,
            stderr=log,
            process_group=0,
        )
    try:
        heard = _Heard(row)
        _listen(process, row, heard)
        return process.wait(), heard.error
    finally:
        _stop(process)


def _listen(process: "subprocess.Popen[bytes]", row: RunRow, heard: "_Heard") -> None:
    if process.stdout is None:
        return
    rest = b""
    next_note = 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(LOOK_EVERY_S):
                chunk = process.stdout.read1(65536)  # type: ignore[attr-defined]  # buffered by Popen
                if not chunk:
                    break
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    heard.take(line)
            if time.monotonic() >= next_note:
                next_note = time.monotonic() + NOTE_EVERY_S
                if row.wants_to_stop():
                    raise Cancelled
                heard.note()
    heard.note()


class _Heard:
    """What the process told since the last note."""

    def __init__(self, row: RunRow) -> None:
        self.error: dict[str, str] | None = None
        self._row = row
        self._began = time.monotonic()
        self._first: float | None = None
        self._fields: dict[str, Any] = {}
        self._curves = list(row.run.curves)

    def take(self, line: bytes) -> None:
        with contextlib.suppress(ValueError):
            told = json.loads(line)
            if "stage" in told:
                state = STATES.get(told["stage"], State.EVALUATING)
                self._fields |= {"stage": told["stage"], "state": state, "progress": told["progress"]}
                self._fields["seconds_left"] = self._seconds_left(told["progress"])
            if "point" in told:
                point = told["point"]
                self._curves = [each for each in self._curves if each["epoch"] != point["epoch"]] + [point]
                self._fields["curves"] = self._curves
            if "log" in told:
                self._row.say(told["log"])
            self.error = told.get("error", self.error)

    def note(self) -> None:
        """Also without news, as a sign of life."""
        self._row.note(**self._fields, log=self._row.log)
        self._fields = {}

    def _seconds_left(self, progress: float) -> int | None:
        """From the pace of this attempt, once it is known."""
        if self._first is None:
            self._first = progress
        done, elapsed = progress - self._first, time.monotonic() - self._began
        if done < SURE_FROM:
            estimate = self._row.run.estimated_seconds
            return None if estimate is None else round(estimate * (1 - progress))
        return round(elapsed / done * (1 - progress))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
