"""What has to be looked after while the site runs: at its start and twice a minute."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from classifier import tasks
from classifier.clips import retention
from classifier.models import Clip
from classifier.predictions import registry
from emotion_site.serving.task_heartbeat import TaskLost

logger = logging.getLogger(__name__)

# A request predicts its own clip within seconds; older ones that still wait have lost their process.
STRANDED_AFTER = timedelta(seconds=15)
_TASK_LOST = f"{TaskLost.__module__}.{TaskLost.__qualname__}"


def look_after_clips() -> None:
    recover_waiting_clips()
    tasks.move_forward()
    retention.remove_unfinished_files()
    registry.remove_interrupted_copies()
    retention.purge_deleted_clips()
    if cache.add("classifier.orphans-looked-for", True, timeout=24 * 3600):
        retention.forget_idempotency_keys()
        retention.remove_orphan_files()


def recover_waiting_clips() -> int:
    """Hand clips whose process died before the prediction to a worker; the number of them.

    A clip that took its worker down as often as it may ends as failed, and its owner may try again.
    """
    before = timezone.now() - STRANDED_AFTER
    waiting = set(Clip.objects.waiting().filter(created__lt=before).values_list("pk", flat=True))
    if not waiting:
        return 0
    predicting = DBTaskResult.objects.filter(task_path=tasks.predict_stored_clip.module_path)
    held = predicting.filter(status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING])
    stranded = waiting - _clips_of(held)
    lost = stranded & _clips_of(predicting.filter(exception_class_path=_TASK_LOST))
    _give_up(lost)
    for clip in Clip.objects.filter(pk__in=stranded - lost).only("owner_id").order_by("created"):
        tasks.hand_to_worker(clip)
    if stranded - lost:
        logger.info("Handed waiting clips to the worker count=%d", len(stranded - lost))
    return len(stranded - lost)


def _clips_of(found: "QuerySet[DBTaskResult[Any, Any]]") -> set[UUID]:
    return {UUID(call["args"][0]) for call in found.values_list("args_kwargs", flat=True)}


def _give_up(clip_ids: set[UUID]) -> None:
    given_up = Clip.objects.waiting().filter(pk__in=clip_ids)
    if count := given_up.update(status=Clip.Status.FAILED, error_code="worker_lost"):
        logger.error("Gave up clips whose worker was lost too often count=%d", count)
