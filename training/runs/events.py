"""Events from the training process to its worker, as lines of JSON."""

import json
import math
import time
from typing import Any, TextIO, TypedDict

from training.runs.stages import overall_progress

WRITE_EVERY_S = 0.5


class RunEvent(TypedDict, total=False):
    """A stage with the whole run's progress, a point of the curves, a log line, or the error at the end."""

    stage: str
    progress: float
    point: dict[str, float]
    log: str
    error: dict[str, str]


class EventWriter:
    """Writes events to ``target``; ``trained`` is the part of the model that the run trains."""

    def __init__(self, trained: str, target: TextIO) -> None:
        self._trained, self._target = trained, target
        self._next = 0.0
        self._stage = ""

    def stage(self, stage: str, done: int = 0, total: int = 1) -> None:
        """How far a stage is; written now and then, and whenever another one begins."""
        if stage == self._stage and time.monotonic() < self._next and done < total:
            return
        self._next, self._stage = time.monotonic() + WRITE_EVERY_S, stage
        self._write(stage=stage, progress=overall_progress(stage, done / max(1, total), self._trained))

    def point(self, **metrics: float) -> None:
        """A point of the curves, without what is not a number."""
        self._write(point={name: round(each, 5) for name, each in metrics.items() if math.isfinite(each)})

    def log(self, line: str) -> None:
        self._write(log=line)

    def error(self, code: str, detail: str) -> None:
        self._write(error={"code": code, "detail": detail})

    def _write(self, **event: Any) -> None:
        self._target.write(json.dumps(event) + "\n")
        self._target.flush()


def parse_event(line: bytes) -> RunEvent:
    """Empty for what is no event, such as half a line of a process that was killed."""
    try:
        event: RunEvent = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
