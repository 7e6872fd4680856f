"""Removes the folders that a killed worker left: of runs that have ended, and of half-written snapshots."""

import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings

from training.models import Snapshot, TrainingRun


def remove_leftovers() -> None:
    remove_work_folders()
    remove_partial_snapshots()


def remove_work_folders() -> None:
    """Work folders of runs that ended while their worker was being killed."""
    home = Path(settings.DATA_DIR) / "runs"
    if not home.is_dir():
        return
    unfinished = {str(pk) for pk in TrainingRun.objects.unfinished().values_list("pk", flat=True)}
    for folder in home.iterdir():
        if folder.name not in unfinished and _is_run(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def remove_partial_snapshots() -> None:
    """Folders of snapshots whose writer was killed; nothing else would remove withdrawn clips from them."""
    silent = Snapshot.objects.without_writer()
    writing = Snapshot.objects.filter(state=Snapshot.State.WRITING).exclude(pk__in=silent)
    being_written = {str(snapshot.folder) for snapshot in writing.select_related("task")}
    for folder in (Path(settings.DATA_DIR) / "snapshots").glob("*/.*-*"):
        number = folder.name.removeprefix(".").partition("-")[0]
        if str(folder.with_name(number)) not in being_written:
            shutil.rmtree(folder, ignore_errors=True)


def _is_run(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
