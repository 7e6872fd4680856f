"""A sign of life for every running task, and a second run for tasks that give none.

The worker of django-tasks-db marks a task as running and forgets it when it is killed. Here each
running task beats; one without a beat for ``LOST_AFTER`` goes back to the queue. Tasks may
therefore run twice, and are written so that this does no harm.
"""

import logging
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils import timezone
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.signals import task_finished, task_started
from django_tasks_db.backend import TaskResult as DatabaseTaskResult
from django_tasks_db.models import DBTaskResult

from emotion_site.models import TaskHeartbeat
from emotion_site.serving.recovery import Stranded

logger = logging.getLogger(__name__)

BEAT_EVERY_S = 10.0
LOST_AFTER = timedelta(seconds=60)
KEPT_FOR = timedelta(days=14)
# A task that takes its worker down every time must not do so for ever.
MAX_ATTEMPTS = 5


class TaskLost(Exception):
    """The worker of this task was killed as often as it may be."""


class Beating(threading.Thread):
    """Notes every few seconds that a task's process is alive."""

    def __init__(self, task_id: str) -> None:
        super().__init__(name=f"heartbeat-{task_id}", daemon=True)
        self.task_id = task_id
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(BEAT_EVERY_S):
            _try_to_note_beat(self.task_id)
        connection.close()  # each thread has a connection of its own

    def stop(self) -> None:
        self._stopped.set()


# A worker process runs one task at a time.
_beating: Beating | None = None


@receiver(task_started)
def begin_beating(task_result: object, **kwargs: Any) -> None:
    global _beating
    if isinstance(task_result, DatabaseTaskResult):
        _try_to_note_beat(task_result.id)
        _beating = Beating(task_result.id)
        _beating.start()


@receiver(task_finished)
def end_beating(task_result: TaskResult[Any], **kwargs: Any) -> None:
    global _beating
    if _beating is not None and _beating.task_id == task_result.id:
        _beating.stop()
        _beating = None


def note_beat(task_id: str) -> None:
    TaskHeartbeat.objects.update_or_create(task_id=UUID(task_id), defaults={"beat_at": timezone.now()})


def _try_to_note_beat(task_id: str) -> None:
    # The worker would count an error raised here as the task's own.
    try:
        note_beat(task_id)
    except DatabaseError as error:
        logger.warning("Missed a beat task=%s reason=%s", task_id, error)


def lost_tasks() -> "QuerySet[DBTaskResult[Any, Any]]":
    """Tasks that have been running without a beat."""
    before = timezone.now() - LOST_AFTER
    silent = Q(heartbeat__isnull=True) | Q(heartbeat__beat_at__lt=before)
    return DBTaskResult.objects.running().filter(silent, started_at__lt=before)


def forget_old_tasks() -> None:
    """Finished tasks are of interest for some days; without an end their table would only grow."""
    before = timezone.now() - KEPT_FOR
    DBTaskResult.objects.finished().filter(finished_at__lt=before).delete()


def enqueue_again(task: "DBTaskResult[Any, Any]") -> bool:
    """Whether it waits for a worker once more; one that took down too many has failed."""
    if len(task.worker_ids) >= MAX_ATTEMPTS:
        task.set_failed(TaskLost(f"The worker was lost {len(task.worker_ids)} times."))
        logger.error("Gave a lost task up task=%s attempts=%d", task.pk, len(task.worker_ids))
        return False
    # Another housekeeper may have been quicker, or the task may have ended just now.
    taken = DBTaskResult.objects.filter(
        pk=task.pk, status=TaskResultStatus.RUNNING, started_at=task.started_at
    ).update(status=TaskResultStatus.READY, started_at=None)
    if taken:
        TaskHeartbeat.objects.filter(pk=task.pk).delete()
        logger.info("Enqueued a lost task again task=%s attempts=%d", task.pk, len(task.worker_ids))
    return bool(taken)


LOST_TASKS = Stranded("tasks", find=lost_tasks, recover=enqueue_again)
