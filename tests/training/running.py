"""Runs that are really executed, and their process, watched from the outside."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from training.models import TrainingRun
from training.runs.worker import execute_run, work_folder


def finished(run: TrainingRun) -> TrainingRun:
    execute_run(run)
    run.refresh_from_db()
    return run


def when_stage(run: TrainingRun, stage: str, act: Callable[[int], object]) -> threading.Thread:
    """Do something once the process says that it has reached a stage."""
    work = work_folder(run)

    def watch() -> None:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            # The processes are looked through last: the one that trains shall have the machine.
            if stage_reached(work, stage) and (pid := process_of(work)):
                act(pid)
                return
            time.sleep(0.01)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def process_of(work: Path) -> int | None:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(work / "job.json") in (folder / "cmdline").read_text():
                return int(folder.name)
        except OSError:
            continue
    return None


def stage_reached(work: Path, stage: str) -> bool:
    """By what lies in the folder: rows of another thread's transaction cannot be seen from here."""
    return {
        "decoding": (work / "job.json").is_file(),
        "training": any(work.glob("features-*.npy")) or any(work.glob("checkpoint-*")),
        "exporting": (work / "model").is_dir(),
        "evaluating": (work / "version").is_dir(),
    }[stage]
