"""Supervises the training process: records its events on the run's row, and stops it on cancellation."""

import logging
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from training.exceptions import RunFailed
from training.runs.events import parse_event
from training.runs.failures import OUT_OF_MEMORY, is_about_memory
from training.runs.progress import RunProgress
from training.runs.stages import BY_NAME
from training.runs.training_job import JOB, RESULT, TrainingJob

logger = logging.getLogger(__name__)

POLL_EVERY_S = 0.5
UPDATE_EVERY_S = 1.0
STOP_WITHIN_S = 2.0
# A process that the system ends again and again would not do better the next time.
MAX_ATTEMPTS = 4
# Before this much is done, what is left is guessed from the estimate.
SURE_FROM = 0.1
LOG, LOG_TAIL_BYTES = "process.log", 4000


def supervise_process(progress: RunProgress, job: TrainingJob) -> None:
    """Run the process to its end, again after a kill. Raises Cancelled, LeaseLost and RunFailed."""
    for _attempt in range(MAX_ATTEMPTS):
        exit_code, error = _run_once(progress, job)
        if error is not None:
            raise RunFailed(error["code"], error["detail"])
        if exit_code == 0 and (Path(job.work) / RESULT).is_file():
            return
        if _ran_out_of_memory(job):
            raise RunFailed("out_of_memory", OUT_OF_MEMORY)
        progress.log(f"The training process ended with {exit_code}; going on from its last checkpoint.")
        logger.warning("Training process ended run=%s exit=%s", progress.run.pk, exit_code)
    raise RunFailed(
        "process_killed",
        "The system kept killing the training process, most likely because it ran out of memory.",
    )


def _ran_out_of_memory(job: TrainingJob) -> bool:
    """Some libraries end the process where Python would raise MemoryError; the end of its log shows it."""
    tail = (Path(job.work) / LOG).read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
    return is_about_memory(tail.lower())


def _run_once(progress: RunProgress, job: TrainingJob) -> tuple[int, dict[str, str] | None]:
    with (Path(job.work) / LOG).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  # our own module, with a path of our own
            [sys.executable, "-m", "training.runs.child", str(Path(job.work) / JOB)],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,  # never written to: its end shows the process that we are gone
            stdout=subprocess.PIPE,
            stderr=log,
            process_group=0,
        )
    try:
        recorder = EventRecorder(progress)
        _record_events(process, progress, recorder)
        return process.wait(), recorder.error
    finally:
        _stop(process)


def _record_events(
    process: "subprocess.Popen[bytes]", progress: RunProgress, recorder: "EventRecorder"
) -> None:
    if process.stdout is None:
        return
    rest = b""
    next_update = 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(POLL_EVERY_S):
                chunk = process.stdout.read1(65536)  # type: ignore[attr-defined]  # buffered by Popen
                if not chunk:
                    break
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    recorder.take(line)
            if time.monotonic() >= next_update:
                next_update = time.monotonic() + UPDATE_EVERY_S
                progress.raise_if_cancelled()
                recorder.flush()
    recorder.flush()


class EventRecorder:
    """Buffers the events of a process, and writes them to the run's row on ``flush``."""

    def __init__(self, progress: RunProgress) -> None:
        self.error: dict[str, str] | None = None
        self._progress = progress
        self._began = time.monotonic()
        self._first: float | None = None
        self._fields: dict[str, Any] = {}
        self._curves = list(progress.run.curves)

    def take(self, line: bytes) -> None:
        event = parse_event(line)
        if "stage" in event:
            state = BY_NAME[event["stage"]].state
            self._fields |= {"stage": event["stage"], "state": state, "progress": event["progress"]}
            self._fields["seconds_left"] = self._seconds_left(event["progress"])
        if "point" in event:
            point = event["point"]
            self._curves = [each for each in self._curves if each["epoch"] != point["epoch"]] + [point]
            self._fields["curves"] = self._curves
        if "log" in event:
            self._progress.log(event["log"])
        self.error = event.get("error", self.error)

    def flush(self) -> None:
        """Also without news, as a heartbeat."""
        self._progress.update(**self._fields)
        self._fields = {}

    def _seconds_left(self, progress: float) -> int | None:
        """From the pace of this attempt, once it is known."""
        if self._first is None:
            self._first = progress
        done, elapsed = progress - self._first, time.monotonic() - self._began
        if done < SURE_FROM:
            estimate = self._progress.run.estimated_seconds
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
