"""The process that trains: ``python -m training.runs.child JOB.json``.

It knows no database. It writes events to its standard output, and it ends when its worker does. Limits on
memory and threads hit it alone.
"""

import contextlib
import logging
import os
import resource
import sys
from pathlib import Path

from emotion_site.serving.lifeline import follow_parent
from training.runs.events import EventWriter
from training.runs.failures import reason_of
from training.runs.training_job import TrainingJob

NICENESS = 19
# The kernel shall take this process before any that answers people.
FIRST_TO_GO = "1000"


class _EventHandler(logging.Handler):
    """Makes events of log records."""

    def __init__(self, events: EventWriter) -> None:
        super().__init__(logging.INFO)
        self._events = events

    def emit(self, record: logging.LogRecord) -> None:
        self._events.log(record.getMessage())


def main(job_file: str) -> int:
    follow_parent()
    job = TrainingJob.read(Path(job_file))
    # Whatever a library prints must not fall among the lines of JSON.
    stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    events = EventWriter(job.hyperparameters["trained"], stdout)
    lower_priority()
    logging.getLogger("training").addHandler(_EventHandler(events))
    logging.getLogger("training").setLevel(logging.INFO)
    try:
        # Torch takes seconds to load: by now this process ends with its worker and reports its errors.
        from training.runs.steps import run_steps

        # Not earlier: a library that finds no memory while it is loaded may ask for it for ever.
        limit_memory(job)
        run_steps(job, events)
    except Exception as error:
        code, detail = reason_of(error)
        if code == "training_failed":
            logging.getLogger(__name__).exception("The run failed")
        events.error(code, detail)
        return 1
    return 0


def lower_priority() -> None:
    """Least urgent, and first to go when the machine runs out of memory."""
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)


def limit_memory(job: TrainingJob) -> None:
    """What the libraries took already counts."""
    if job.memory_bytes:
        _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (job.memory_bytes, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
