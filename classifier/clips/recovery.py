"""Clips whose process died before they were predicted, and what else is cleared up twice a minute."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from classifier import tasks
from classifier.clips import retention
from classifier.models import Clip
from classifier.predictions import registry
from emotion_site.serving.recovery import Stranded, pending_arguments
from emotion_site.serving.task_heartbeat import TaskLost

# A request predicts its own clip within seconds; older ones that still wait have lost their process.
STRANDED_AFTER = timedelta(seconds=15)
_TASK_LOST = f"{TaskLost.__module__}.{TaskLost.__qualname__}"


@dataclass(frozen=True)
class StrandedClip:
    """``lost_too_often``: it took its worker down as often as it may."""

    clip: Clip
    lost_too_often: bool


def clean_up_clips() -> None:
    tasks.age_waiting_tasks()
    retention.remove_unfinished_files()
    registry.remove_interrupted_copies()
    retention.purge_deleted_clips()
    if cache.add("classifier.orphans-looked-for", True, timeout=24 * 3600):
        retention.forget_idempotency_keys()
        retention.remove_orphan_files()


def stranded_clips() -> list[StrandedClip]:
    """Clips that wait although no request and no task predicts them any more, oldest first."""
    before = timezone.now() - STRANDED_AFTER
    waiting = set(Clip.objects.waiting().filter(created__lt=before).values_list("pk", flat=True))
    if not waiting:
        return []
    predicting = DBTaskResult.objects.filter(task_path=tasks.predict_stored_clip.module_path)
    stranded = waiting - {UUID(pk) for pk in pending_arguments(tasks.predict_stored_clip.module_path)}
    lost = _clips_of(predicting.filter(exception_class_path=_TASK_LOST))
    clips = Clip.objects.filter(pk__in=stranded).only("owner_id").order_by("created")
    return [StrandedClip(clip, clip.pk in lost) for clip in clips]


def recover_clip(stranded: StrandedClip) -> bool:
    """Enqueue a prediction for a clip. One lost too often is marked failed, and its owner may retry."""
    if stranded.lost_too_often:
        waiting = Clip.objects.waiting().filter(pk=stranded.clip.pk)
        waiting.update(status=Clip.Status.FAILED, error_code="worker_lost")
        return False
    tasks.hand_to_worker(stranded.clip)
    return True


STRANDED_CLIPS = Stranded("clips", find=stranded_clips, recover=recover_clip)


def _clips_of(found: "QuerySet[DBTaskResult[Any, Any]]") -> set[UUID]:
    return {UUID(call["args"][0]) for call in found.values_list("args_kwargs", flat=True)}
