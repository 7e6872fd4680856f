"""Puts right what a crash left between a row and its task, its files, or its process."""

import logging
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from training import tasks
from training.models import PredictionJob, Snapshot, SnapshotClip, TrainingRun

logger = logging.getLogger(__name__)

# Between a row and its task lies a commit.
ENQUEUED_WITHIN = timedelta(minutes=1)
MAX_ATTEMPTS = 8


def look_after_training() -> None:
    resume_runs()
    resume_others()
    erase_left_over()
    remove_left_over_folders()
    remove_half_written()


def resume_runs() -> int:
    """Enqueue runs that no task speaks of any more; one that ends its worker every time is given up."""
    before = timezone.now() - ENQUEUED_WITHIN
    coming = _coming(tasks.execute_run)
    count = 0
    for run in TrainingRun.objects.unfinished().filter(created__lt=before):
        if str(run.pk) in coming:
            continue
        if run.attempts >= MAX_ATTEMPTS:
            TrainingRun.objects.unfinished().filter(pk=run.pk).update(
                state=TrainingRun.State.FAILED,
                error_code="worker_lost",
                error_detail="The worker was lost again and again while it was busy with this run.",
                finished_at=timezone.now(),
            )
            logger.error("Gave run=%s up", run.pk)
            continue
        tasks.execute_run.enqueue(str(run.pk))
        count += 1
    return count


def resume_others() -> None:
    """Snapshots and jobs whose task was lost."""
    before = timezone.now() - ENQUEUED_WITHIN
    writing = Snapshot.objects.without_writer().filter(created__lt=before)
    coming = _coming(tasks.write_snapshot)
    for pk in writing.values_list("pk", flat=True):
        if str(pk) not in coming:
            tasks.write_snapshot.enqueue(pk)
    waiting = [PredictionJob.State.WAITING, PredictionJob.State.RUNNING]
    coming = _coming(tasks.predict_again)
    for job_id in PredictionJob.objects.filter(state__in=waiting, created__lt=before).values_list(
        "pk", flat=True
    ):
        if str(job_id) not in coming:
            tasks.predict_again.enqueue(str(job_id))


def erase_left_over() -> None:
    """Files of clips that were taken back while no worker could follow."""
    left = SnapshotClip.objects.filter(erased=True).exclude(file="")
    ready = left.filter(snapshot__state=Snapshot.State.READY)
    ids = sorted(set(ready.values_list("snapshot_id", flat=True)))
    if ids and not _coming(tasks.sync_snapshots):
        tasks.sync_snapshots.enqueue(ids)


def remove_left_over_folders() -> None:
    """Work folders of runs that ended while their worker was being killed."""
    home = Path(settings.DATA_DIR) / "runs"
    if not home.is_dir():
        return
    unfinished = {str(pk) for pk in TrainingRun.objects.unfinished().values_list("pk", flat=True)}
    for folder in home.iterdir():
        if folder.name not in unfinished and _is_run(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def remove_half_written() -> None:
    """Folders of snapshots whose writer was killed; nobody else would ever remove what people take back."""
    silent = Snapshot.objects.without_writer()
    writing = Snapshot.objects.filter(state=Snapshot.State.WRITING).exclude(pk__in=silent)
    at_it = {str(snapshot.folder) for snapshot in writing.select_related("task")}
    for folder in (Path(settings.DATA_DIR) / "snapshots").glob("*/.*-*"):
        number = folder.name.removeprefix(".").partition("-")[0]
        if str(folder.with_name(number)) not in at_it:
            shutil.rmtree(folder, ignore_errors=True)


def _is_run(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _coming(task: Any) -> set[str]:
    """The first arguments of this task's calls that wait or run."""
    rows = DBTaskResult.objects.filter(
        task_path=task.module_path, status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING]
    )
    return {str(row.args_kwargs["args"][0]) for row in rows}
