"""Work outside a request. Tasks take keys, load rows themselves and may run twice without harm."""

import logging

from django.db.models import F
from django_tasks import TaskResultStatus, task
from django_tasks.base import TASK_MIN_PRIORITY
from django_tasks_db.models import DBTaskResult

from classifier.clips import retention
from classifier.inference.exceptions import NoActiveVersion
from classifier.models import Clip
from classifier.predictions import storing

logger = logging.getLogger(__name__)


@task()
def predict_stored_clip(clip_id: str) -> None:
    clip = Clip.objects.waiting().filter(pk=clip_id).first()
    if clip is None:
        return
    try:
        storing.predict_stored_clip(clip)
    except NoActiveVersion:
        # The clip goes on waiting; housekeeping offers it again when a version is in service.
        logger.warning("No model version in service, clip=%s goes on waiting", clip_id)
    except Exception:  # Whatever failed, the owner sees a state that can be tried again.
        Clip.objects.filter(pk=clip_id).update(status=Clip.Status.FAILED, error_code="prediction_failed")
        raise


def hand_to_worker(clip: Clip) -> None:
    """Let a worker predict a clip; the more of its owner's wait already, the later it is this one's turn.

    So nobody waits for all the long recordings of another. Recordings of a corpus come last.
    """
    priority = TASK_MIN_PRIORITY
    if clip.owner_id is not None:
        before = Clip.objects.waiting().filter(owner_id=clip.owner_id).exclude(pk=clip.pk).count()
        priority = max(priority, -before)
    predict_stored_clip.using(priority=priority).enqueue(str(clip.pk))


def age_waiting_tasks() -> None:
    """Called twice a minute: raise the priority of waiting tasks, so that none starves."""
    waiting = DBTaskResult.objects.filter(
        task_path=predict_stored_clip.module_path, status=TaskResultStatus.READY, priority__lt=0
    )
    waiting.update(priority=F("priority") + 1)


@task()
def purge_deleted() -> None:
    retention.purge_deleted_clips()
