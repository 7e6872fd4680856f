"""Runs that are really executed, and their process, watched from the outside."""

import threading
from collections.abc import Callable
from pathlib import Path

from tests.waiting import wait_until
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
        # The processes are looked through last: the one that trains shall have the machine.
        act(wait_until(lambda: stage_reached(work, stage) and process_of(work), within_s=300, every_s=0.01))

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
