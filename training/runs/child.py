"""The process that trains: ``python -m training.runs.child JOB.json``.

It knows no database. What happens it tells as lines of JSON on its standard output, and it ends when its
worker does. Limits on memory and threads hit it alone.
"""

import contextlib
import errno
import json
import logging
import math
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from emotion_site.serving.lifeline import follow_parent
from training.runs.job import Job

NICENESS = 19
# The kernel shall take this process before any that answers people.
FIRST_TO_GO = "1000"
TELL_EVERY_S = 0.5
OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
OUT_OF_MEMORY = "Training needed more memory than it may use."
MEMORY_WORDS = (
    "memoryerror",
    "can't allocate memory",
    "out of memory",
    "bad_alloc",
    "cannot allocate",
    "failed to allocate",
    "failed to map segment",
    "can't start new thread",
)
SPACE_WORDS = (
    "no space left",
    "file too large",
    "disk quota",
    "pytorchstreamwriter failed",
    "os error 28",
    "os error 27",
)


class Report:
    """Lines of JSON for the worker."""

    def __init__(self, job: Job, target: TextIO) -> None:
        self._job, self._target = job, target
        self._next = 0.0
        self._stage = ""

    def stage(self, stage: str, done: int = 0, total: int = 1) -> None:
        """How far a stage is; told now and then, and whenever another one begins."""
        if stage == self._stage and time.monotonic() < self._next and done < total:
            return
        self._next, self._stage = time.monotonic() + TELL_EVERY_S, stage
        self.tell(stage=stage, progress=round(self._job.overall(stage, done / max(1, total)), 4))

    def point(self, **figures: float) -> None:
        """A point of the curves."""
        self.tell(point={name: round(each, 5) for name, each in figures.items() if math.isfinite(each)})

    def say(self, line: str) -> None:
        self.tell(log=line)

    def tell(self, **what: Any) -> None:
        self._target.write(json.dumps(what) + "\n")
        self._target.flush()


class _LogToReport(logging.Handler):
    def __init__(self, report: Report) -> None:
        super().__init__(logging.INFO)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        self._report.say(record.getMessage())


def main(job_file: str) -> int:
    follow_parent()
    job = Job.read(Path(job_file))
    # Whatever a library prints must not fall among the lines of JSON.
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    report = Report(job, told)
    step_back()
    logging.getLogger("training").addHandler(_LogToReport(report))
    logging.getLogger("training").setLevel(logging.INFO)
    try:
        from training.runs.steps import run_steps

        # Not earlier: a library that finds no memory while it is loaded may ask for it for ever.
        limit_memory(job)
        run_steps(job, report)
    except Exception as error:
        code, detail = reason_of(error)
        if code == "training_failed":
            logging.getLogger(__name__).exception("The run failed")
        report.tell(error={"code": code, "detail": detail})
        return 1
    return 0


def step_back() -> None:
    """Least urgent, and first to go when the machine runs out of memory."""
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)


def limit_memory(job: Job) -> None:
    """What the libraries took already counts."""
    if job.memory_bytes:
        _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (job.memory_bytes, hard))


def reason_of(error: BaseException) -> tuple[str, str]:
    """A code for programs and a sentence for the administrator."""
    for cause in _causes(error):
        text = str(cause).lower()
        if isinstance(cause, MemoryError) or any(word in text for word in MEMORY_WORDS):
            return "out_of_memory", OUT_OF_MEMORY
        if (isinstance(cause, OSError) and cause.errno in OUT_OF_SPACE) or any(
            word in text for word in SPACE_WORDS
        ):
            return "storage_full", "The disk was full."
    code, detail = getattr(error, "code", None), getattr(error, "detail", None)
    if isinstance(code, str) and isinstance(detail, str):
        return code, detail
    return "training_failed", f"{type(error).__name__}: {error}"[:400]


def _causes(error: BaseException | None) -> list[BaseException]:
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
