"""Exports whose worker is gone for good, and files with sound that an owner took back meanwhile."""

import logging
import zipfile
from datetime import timedelta
from pathlib import PurePosixPath

from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from annotations.exports.jobs import path_of
from annotations.models import LabelExport
from classifier.models import Clip

logger = logging.getLogger(__name__)

TASK_PATH = "annotations.tasks.run_export"
# Between the row and its task lies a commit.
ENQUEUED_WITHIN = timedelta(minutes=1)
CHUNK = 500

Status = LabelExport.Status


def fail_lost_exports() -> int:
    """Say so of exports that no worker will finish: their task was given up. How many there were.

    A task whose worker was killed is enqueued again by itself, and its export begins anew.
    """
    unfinished = DBTaskResult.objects.filter(
        task_path=TASK_PATH, status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING]
    )
    coming = {task.args_kwargs["args"][0] for task in unfinished}
    stuck = LabelExport.objects.filter(
        status__in=[Status.WAITING, Status.RUNNING], created__lt=timezone.now() - ENQUEUED_WITHIN
    )
    lost = [export.pk for export in stuck if str(export.pk) not in coming]
    count = LabelExport.objects.filter(pk__in=lost, status__in=[Status.WAITING, Status.RUNNING]).update(
        status=Status.FAILED, error_code="worker_lost", finished_at=timezone.now()
    )
    if count:
        logger.error("Gave lost exports up count=%d", count)
    return count


def with_sound() -> bool:
    return LabelExport.objects.filter(status=Status.DONE, format=LabelExport.Format.AUDIOFOLDER).exists()


def drop_withdrawn_sound() -> int:
    """Remove files that hold a recording which is deleted or no longer shared for training."""
    exports = LabelExport.objects.filter(status=Status.DONE, format=LabelExport.Format.AUDIOFOLDER)
    return sum(drop_if_withdrawn(export) for export in exports)


def drop_if_withdrawn(export: LabelExport) -> bool:
    """Remove the file of this export for the same reason; whether there was one."""
    if export.format != LabelExport.Format.AUDIOFOLDER or _is_all_shared(export):
        return False
    export.status, export.error_code = Status.FAILED, "clip_withdrawn"
    export.save(update_fields=["status", "error_code"])
    path_of(export).unlink(missing_ok=True)
    logger.info("Removed an export with a withdrawn clip export=%s", export.pk)
    return True


def _is_all_shared(export: LabelExport) -> bool:
    try:
        with zipfile.ZipFile(path_of(export)) as archive:
            ids = [PurePosixPath(name).stem for name in archive.namelist() if name.endswith(".flac")]
    except FileNotFoundError:
        return True
    return all(_are_shared(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))


def _are_shared(ids: list[str]) -> bool:
    present = Clip.objects.present().filter(pk__in=ids)
    withdrawn = present.filter(corpus__isnull=True).exclude(shared_for_review=True, shared_for_training=True)
    return present.count() == len(ids) and not withdrawn.exists()
