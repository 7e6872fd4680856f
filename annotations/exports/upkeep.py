"""Exports whose worker is gone for good, and files with sound that an owner took back meanwhile."""

import logging
import zipfile
from datetime import timedelta
from pathlib import PurePosixPath

from django.utils import timezone

from annotations.exports.jobs import export_path
from annotations.models import LabelExport
from classifier.models import Clip
from emotion_site.serving.recovery import Stranded, pending_arguments

logger = logging.getLogger(__name__)

TASK_PATH = "annotations.tasks.run_export"
# Between the row and its task lies a commit.
ENQUEUED_WITHIN = timedelta(minutes=1)
CHUNK = 500

Status = LabelExport.Status


def stranded_exports() -> list[LabelExport]:
    """Exports that no worker will finish, because their task was given up.

    A task whose worker was killed is enqueued again by itself, and its export begins anew.
    """
    pending = set(pending_arguments(TASK_PATH))
    unfinished = LabelExport.objects.filter(
        status__in=[Status.WAITING, Status.RUNNING], created__lt=timezone.now() - ENQUEUED_WITHIN
    )
    return [export for export in unfinished if str(export.pk) not in pending]


def fail_export(export: LabelExport) -> bool:
    """Never True: a stranded export is marked failed, and its owner starts another."""
    unfinished = LabelExport.objects.filter(pk=export.pk, status__in=[Status.WAITING, Status.RUNNING])
    unfinished.update(status=Status.FAILED, error_code="worker_lost", finished_at=timezone.now())
    return False


STRANDED_EXPORTS = Stranded("exports", find=stranded_exports, recover=fail_export)


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
    export_path(export).unlink(missing_ok=True)
    logger.info("Removed an export with a withdrawn clip export=%s", export.pk)
    return True


def _is_all_shared(export: LabelExport) -> bool:
    try:
        with zipfile.ZipFile(export_path(export)) as archive:
            ids = [PurePosixPath(name).stem for name in archive.namelist() if name.endswith(".flac")]
    except FileNotFoundError:
        return True
    return all(_are_shared(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))


def _are_shared(ids: list[str]) -> bool:
    present = Clip.objects.present().filter(pk__in=ids)
    withdrawn = present.filter(corpus__isnull=True).exclude(shared_for_review=True, shared_for_training=True)
    return present.count() == len(ids) and not withdrawn.exists()
