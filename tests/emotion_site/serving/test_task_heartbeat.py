from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from classifier import tasks
from emotion_site.models import TaskHeartbeat
from emotion_site.serving.recovery import recover
from emotion_site.serving.task_heartbeat import (
    LOST_AFTER,
    LOST_TASKS,
    MAX_ATTEMPTS,
    forget_old_tasks,
    note_beat,
)

LONG_AGO = timedelta(minutes=10)


@pytest.fixture
def running_task(db):
    """A task that a worker claimed ten minutes ago."""
    row = DBTaskResult.objects.get(pk=tasks.purge_deleted.enqueue().id)
    row.claim("worker-1")
    DBTaskResult.objects.filter(pk=row.pk).update(started_at=timezone.now() - LONG_AGO)
    row.refresh_from_db()
    return row


def beat(task, ago):
    note_beat(str(task.pk))
    TaskHeartbeat.objects.filter(pk=task.pk).update(beat_at=timezone.now() - ago)


def test_a_task_without_any_beat_is_enqueued_again(running_task):
    assert recover(LOST_TASKS) == 1
    running_task.refresh_from_db()
    assert running_task.status == TaskResultStatus.READY


def test_a_task_whose_beat_stopped_is_enqueued_again(running_task):
    beat(running_task, LOST_AFTER + timedelta(seconds=1))
    assert recover(LOST_TASKS) == 1
    assert not TaskHeartbeat.objects.exists()


def test_a_task_that_beats_is_left_alone(running_task):
    beat(running_task, LOST_AFTER - timedelta(seconds=10))
    assert recover(LOST_TASKS) == 0
    running_task.refresh_from_db()
    assert running_task.status == TaskResultStatus.RUNNING


def test_a_task_that_was_claimed_just_now_may_take_its_first_breath(running_task):
    DBTaskResult.objects.filter(pk=running_task.pk).update(started_at=timezone.now())
    assert recover(LOST_TASKS) == 0


def test_a_task_that_keeps_killing_its_worker_is_given_up(running_task):
    workers = [f"worker-{number}" for number in range(MAX_ATTEMPTS)]
    DBTaskResult.objects.filter(pk=running_task.pk).update(worker_ids=workers)
    assert recover(LOST_TASKS) == 0
    running_task.refresh_from_db()
    assert running_task.status == TaskResultStatus.FAILED
    assert "TaskLost" in running_task.exception_class_path


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_recovered_task_beats_and_succeeds_in_a_real_worker():
    row = DBTaskResult.objects.get(pk=tasks.purge_deleted.enqueue().id)
    row.claim("worker-1")
    DBTaskResult.objects.filter(pk=row.pk).update(started_at=timezone.now() - LONG_AGO)
    assert recover(LOST_TASKS) == 1
    begin = timezone.now()
    call_command("db_worker", batch=True, reload=False, startup_delay=False, interval=0)
    row.refresh_from_db()
    assert row.status == TaskResultStatus.SUCCESSFUL
    assert row.heartbeat.beat_at >= begin


def test_finished_tasks_are_forgotten_after_some_weeks(running_task):
    running_task.set_successful(None)
    forget_old_tasks()
    assert DBTaskResult.objects.count() == 1
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=15))
    forget_old_tasks()
    assert DBTaskResult.objects.count() == 0
