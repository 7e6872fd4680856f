"""What has to be looked after while the site runs: at its start and every minute."""

import logging
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from classifier import retention, tasks
from classifier.models import Clip

logger = logging.getLogger(__name__)

# A request predicts its own clip within seconds; older ones that still wait have lost their process.
STRANDED_AFTER = timedelta(seconds=15)


def look_after_clips() -> None:
    recover_waiting_clips()
    retention.purge_deleted_clips()
    if cache.add("classifier.orphans-looked-for", True, timeout=24 * 3600):
        retention.remove_orphan_files()


def recover_waiting_clips() -> int:
    """Hand clips whose process died before the prediction to a worker."""
    unfinished = DBTaskResult.objects.filter(
        task_path=tasks.predict_stored_clip.module_path,
        status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING],
    )
    if unfinished.exists():
        # The worker is still busy with clips that were handed to it; ask again in a minute.
        return 0
    before = timezone.now() - STRANDED_AFTER
    stranded = list(Clip.objects.waiting().filter(created__lt=before).values_list("pk", flat=True))
    for pk in stranded:
        tasks.predict_stored_clip.enqueue(str(pk))
    if stranded:
        logger.info("Handed waiting clips to the worker count=%d", len(stranded))
    return len(stranded)
