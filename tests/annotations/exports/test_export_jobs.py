"""Exports from the page: made by a worker, downloaded as one file, gone after a day."""

import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection
from django.utils import timezone, translation

from annotations import tasks
from annotations.exports import jobs
from annotations.exports.jobs import export_path, forget_old_exports
from annotations.exports.services import start_export
from annotations.models import LabelExport, QueueEntry
from annotations.queue.entries import enter_missing_clips
from annotations.queue.offers import log_listen
from emotion_site.signals import housekeeping

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def export(admin, task) -> LabelExport:
    return LabelExport.objects.create(task=task, asked_by=admin, format="csv")


def test_a_worker_makes_the_file(export, shared, say, reviewer):
    say(reviewer, shared(), "sad")
    tasks.run_export.call(str(export.pk))
    export.refresh_from_db()
    assert (export.status, export.percent, export.rows_total) == ("done", 100, 1)
    with zipfile.ZipFile(export_path(export)) as archive:
        assert archive.namelist() == ["labels.csv", "manifest.json"]
        assert json.loads(archive.read("manifest.json")) == export.manifest
    tasks.run_export.call(str(export.pk))  # a second run does no harm
    tasks.run_export.call("00000000-0000-0000-0000-000000000000")


def test_the_table_is_in_the_notation_of_whoever_asked(admin, task, shared, say, reviewer):
    say(reviewer, shared(duration_s=2.25), "sad")
    with translation.override("es"):
        export = start_export(administrator=admin, task=task, format="csv")
    tasks.run_export.call(str(export.pk))
    with zipfile.ZipFile(export_path(export)) as archive:
        head, line = archive.read("labels.csv").decode().splitlines()
    assert head.startswith("\ufeffclip;label;how;")
    assert ";2,25;" in line


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_real_worker_takes_it(admin, task):
    export = start_export(administrator=admin, task=task, format="jsonl")
    call_command("db_worker", batch=True, reload=False, startup_delay=False, interval=0)
    export.refresh_from_db()
    assert export.status == "done"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_others_may_write_while_a_long_export_notes_how_far_it_is(export, shared, say, reviewer, monkeypatch):
    monkeypatch.setattr("annotations.exports.labels.CHUNK", 2)
    monkeypatch.setattr(jobs, "NOTE_EVERY_S", 0)
    clips = [shared() for _number in range(5)]
    for clip in clips:
        say(reviewer, clip, "sad")

    def write():
        log_listen(listener=reviewer, clip=clips[0])
        connection.close()

    note = jobs.ExportProgress.__call__

    def note_while_others_write(noted, done, total):
        with ThreadPoolExecutor(1) as thread:
            thread.submit(write).result()
        note(noted, done, total)

    monkeypatch.setattr(jobs.ExportProgress, "__call__", note_while_others_write)
    tasks.run_export.call(str(export.pk))
    export.refresh_from_db()
    assert (export.status, export.rows_done) == ("done", 5)


def test_only_administrators_export(reviewer, task):
    with pytest.raises(PermissionDenied):
        start_export(administrator=reviewer, task=task, format="csv")


def test_a_failure_is_told_and_leaves_nothing(export, monkeypatch, tmp_path):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs, "export_folder", full)
    with pytest.raises(OSError, match="No space"):
        tasks.run_export.call(str(export.pk))
    export.refresh_from_db()
    assert (export.status, export.error_code) == ("failed", "storage_full")
    assert list((tmp_path / "exports").iterdir()) == []


def test_exports_are_gone_after_a_day(export):
    tasks.run_export.call(str(export.pk))
    forget_old_exports()
    assert export_path(export).exists()
    LabelExport.objects.update(created=timezone.now() - timedelta(days=1, minutes=1))
    housekeeping.send(sender=None)
    assert not export_path(export).exists()
    assert not LabelExport.objects.exists()


def test_clips_that_were_shared_before_there_was_a_queue_enter_it(shared):
    clip = shared()
    QueueEntry.objects.all().delete()
    assert enter_missing_clips() == 1
    assert QueueEntry.objects.get().clip == clip
    assert enter_missing_clips() == 0


def test_a_changed_order_is_followed(shared, policy):
    shared(answer="sad", answer__confidence=0.9).save()
    before = QueueEntry.objects.get().priority
    policy.order = "oldest"
    policy.save()
    tasks.reorder_queue.call(policy.task_id)
    assert QueueEntry.objects.get().priority != before
