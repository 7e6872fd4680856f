"""What a crash leaves, and how the site puts it right by itself."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from classifier.models import ModelVersion, Task
from emotion_site.serving.recovery import recover_stranded
from tests.factories import ModelVersionFactory
from tests.training.decided import decided_by_people
from training import recovery, tasks
from training.datasets.erasing import erase
from training.datasets.freezing import freeze_snapshot
from training.datasets.snapshot_folder import write_snapshot
from training.models import PredictionJob, Snapshot, SnapshotClip, TrainingRun
from training.runs.leftovers import remove_leftovers
from training.runs.worker import work_folder


@pytest.fixture(autouse=True)
def own_data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def in_service(task) -> ModelVersion:
    return ModelVersionFactory(task=task, is_active=True)


@pytest.fixture
def frozen(task, admin, speaker) -> Snapshot:
    """Long ago, and its task is lost."""
    decided_by_people(speaker)
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    return before(snapshot)


@pytest.fixture
def run(task, frozen, in_service) -> TrainingRun:
    return before(
        TrainingRun.objects.create(task=task, snapshot=frozen, start_version=in_service, state="training")
    )


def before(row, **fields):
    """As if it had been made ten minutes ago."""
    type(row).objects.filter(pk=row.pk).update(created=timezone.now() - timedelta(minutes=10), **fields)
    row.refresh_from_db()
    return row


def enqueued(task: Task) -> list[str]:
    rows = DBTaskResult.objects.filter(task_path=task.module_path)
    return [str(row.args_kwargs["args"][0]) for row in rows]


def test_lost_tasks_are_enqueued_once(run, frozen, task, in_service):
    job = before(PredictionJob.objects.create(task=task, version=in_service))
    for _round in range(2):
        recover_stranded()
    assert enqueued(tasks.execute_run) == [str(run.pk)]
    assert enqueued(tasks.write_snapshot) == [str(frozen.pk)]
    assert enqueued(tasks.predict_again) == [str(job.pk)]


def test_what_a_writer_is_busy_with_is_left_alone(frozen):
    Snapshot.objects.update(heartbeat=timezone.now())
    recover_stranded()
    assert enqueued(tasks.write_snapshot) == []


def test_run_that_ends_every_worker_is_given_up(run):
    before(run, attempts=recovery.MAX_ATTEMPTS)
    assert list(recovery.stranded_runs()) == [run]
    recover_stranded()
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "worker_lost")


def test_sound_that_no_worker_removed_is_removed(frozen):
    write_snapshot(frozen)
    erase(SnapshotClip.objects.filter(snapshot=frozen))
    for _round in range(2):
        recover_stranded()
    assert enqueued(tasks.sync_snapshots) == [f"[{frozen.pk}]"]
    tasks.sync_snapshots.func([frozen.pk])
    assert not list(frozen.folder.rglob("*.flac"))


def test_folders_of_ended_runs_and_killed_writers_are_removed(run, frozen):
    ended = work_folder(run)
    half = frozen.folder.parent / f".{frozen.number}-abc"
    for folder in (ended, half):
        (folder / "train").mkdir(parents=True)
    Snapshot.objects.update(heartbeat=timezone.now())
    remove_leftovers()
    assert ended.is_dir() and half.is_dir()
    Snapshot.objects.update(heartbeat=timezone.now() - timedelta(minutes=5))
    TrainingRun.objects.update(state="cancelled")
    remove_leftovers()
    assert not ended.exists() and not half.exists()


def test_export_says_that_its_folder_is_not_looked_after(task, speaker, tmp_path, capsys):
    decided_by_people(speaker)
    call_command("export_dataset", tmp_path / "exports" / "one")
    assert "the site removes nothing from them" in capsys.readouterr().err
