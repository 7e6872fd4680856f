"""Runs from the button to the verdict, with the real training process."""

import json
import os
import resource
import shutil
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone
from safetensors.torch import load_file, save_file

from classifier.engine.manifest import read_manifest, write_manifest
from classifier.engine.version_folder import folder_checksum, hash_files
from classifier.models import Clip, ModelVersion
from classifier.registry import folder_of
from emotion_site.exceptions import UserError
from tests.training.decided import decided_corpus
from training import follow
from training.freezing import freeze_snapshot
from training.importing import import_checkpoint
from training.models import GatePolicy, Promotion, Snapshot, TrainingRun
from training.origin import versions_that_learned_from
from training.promoting import promote_version
from training.run_row import RunRow
from training.run_worker import _promote, execute_run, work_folder
from training.runs import approve_run, cancel_run, reject_run, start_run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
LENIENT = {"recall_drop": 100.0, "accuracy_drop": 100.0, "noisy_drop": 100.0, "speed_factor": 50.0}


@pytest.fixture(autouse=True)
def own_data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.MODELS_DIR = tmp_path / "models"


@pytest.fixture
def lenient(task) -> GatePolicy:
    return GatePolicy.objects.create(task=task, **LENIENT)


def finished(run: TrainingRun) -> TrainingRun:
    execute_run(run)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("mode", ["head", "top", "full"])
def test_run_makes_a_version_and_waits_for_approval(mode, snapshot, admin, lenient, in_service, task):
    smaller = {"top_layers": 1} if mode == "top" else {}
    run = finished(start_run(administrator=admin, snapshot=snapshot, mode=mode, hyperparameters=smaller))
    assert (run.state, run.error_code) == ("waiting_for_approval", "")
    assert run.version.number == in_service.number + 1 and run.compared_with == in_service
    assert run.version.manifest["origin"]["snapshot_checksum"] == snapshot.checksum
    assert run.version.manifest["metrics"]["test"]["clips"] == 6, "too few to test, so validation judges"
    assert run.curves and run.progress == 1.0 and run.log
    assert not work_folder(run).exists(), "decoded sound does not outlive the run"
    figures = run.verdict["figures"]
    assert {"candidate", "active", "mcnemar", "difference", "changed"} <= figures.keys()
    approve_run(run=run, administrator=admin, reason="better on our voices")
    assert ModelVersion.objects.active().get() == run.version
    assert Promotion.objects.filter(to_version=run.version, actor=admin, from_version=in_service).exists()
    with pytest.raises(UserError) as told:
        approve_run(run=run, administrator=admin)
    assert told.value.code == "not_waiting"


def test_first_version_of_all_promotes_itself_where_that_is_wanted(snapshot, admin, lenient, in_service):
    lenient.promotes_by_itself = True
    lenient.save()
    ModelVersion.objects.update(is_active=False)
    run = finished(start_run(administrator=admin, snapshot=snapshot, start_version=in_service))
    assert run.state == "promoted" and run.verdict["outcome"] == "first"
    assert ModelVersion.objects.active().get() == run.version


def test_run_whose_worker_died_after_promoting_ends_promoted(
    snapshot, admin, lenient, in_service, monkeypatch
):
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    promote_version(version=run.version, administrator=None)
    row = RunRow(start_run(administrator=admin, snapshot=snapshot))
    TrainingRun.objects.filter(pk=row.run.pk).update(compared_with=in_service)
    _promote(row.run, row, run.version)
    row.run.refresh_from_db()
    assert (row.run.state, row.run.error_code) == ("promoted", "")


def test_worse_version_is_rejected_with_reasons(snapshot, admin, task, in_service):
    GatePolicy.objects.create(task=task, **{**LENIENT, "speed_factor": 1.0, "recall_drop": 0.0})
    GatePolicy.objects.update(speed_factor=0.0001)
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    assert run.state == "rejected" and not run.verdict["passes"]
    assert "slower" in [reason["code"] for reason in run.verdict["reasons"]]
    assert ModelVersion.objects.active().get() == in_service


def test_administrator_may_reject(snapshot, admin, lenient):
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    reject_run(run=run, administrator=admin)
    assert run.state == "rejected" and run.decided_by == admin


def test_approval_after_another_promotion_is_told(snapshot, admin, lenient, in_service, task, tmp_path):
    from tests.training.tiny_model import write_checkpoint

    run = finished(start_run(administrator=admin, snapshot=snapshot))
    other = import_checkpoint(write_checkpoint(tmp_path / "other", seed=5), task=task, name="other")
    promote_version(version=other, administrator=admin, instead_of=in_service.pk)
    with pytest.raises(UserError) as told:
        approve_run(run=run, administrator=admin)
    assert told.value.code == "changed_meanwhile"
    assert ModelVersion.objects.active().get() == other


def sign_again(version: ModelVersion) -> None:
    """Give an altered folder the checksums it has, as if it had been registered like this."""
    folder = folder_of(version)
    write_manifest(folder, replace(read_manifest(folder), files=hash_files(folder)))
    ModelVersion.objects.filter(pk=version.pk).update(checksum=folder_checksum(folder))


def when_stage(run: TrainingRun, stage: str, act) -> threading.Thread:
    """Do something once the process says that it has reached a stage."""
    work = work_folder(run)

    def watch() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if (pid := process_of(work)) and stage_reached(work, stage):
                act(pid)
                return
            time.sleep(0.01)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def process_of(work: Path) -> int | None:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(work / "job.json") in (folder / "cmdline").read_text():
                return int(folder.name)
        except OSError:
            continue
    return None


def stage_reached(work: Path, stage: str) -> bool:
    """By what lies in the folder: rows of another thread's transaction cannot be seen from here."""
    return {
        "decoding": (work / "job.json").is_file(),
        "training": any(work.glob("features-*.npy")) or any(work.glob("checkpoint-*")),
        "exporting": (work / "model").is_dir(),
        "evaluating": (work / "version").is_dir(),
    }[stage]


@pytest.mark.parametrize("stage", ["decoding", "training", "exporting", "evaluating"])
def test_killed_process_goes_on_where_it_was(stage, snapshot, admin, lenient):
    run = start_run(administrator=admin, snapshot=snapshot, mode="full", hyperparameters={"epochs": 4})
    killer = when_stage(run, stage, lambda pid: os.kill(pid, signal.SIGKILL))
    run = finished(run)
    killer.join()
    assert run.state == "waiting_for_approval", (run.error_code, run.error_detail)
    assert any("ended with -9" in line for line in run.log)


def test_process_that_is_always_killed_fails_with_a_reason(snapshot, admin, monkeypatch):
    monkeypatch.setattr(follow, "MAX_ATTEMPTS", 1)
    run = start_run(administrator=admin, snapshot=snapshot)
    when_stage(run, "decoding", lambda pid: os.kill(pid, signal.SIGKILL))
    run = finished(run)
    assert (run.state, run.error_code) == ("failed", "process_killed") and run.error_detail


def test_memory_limit_hits_the_run_alone(snapshot, admin, settings):
    settings.TRAINING_MEMORY_BYTES = 150 * 1024 * 1024
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    assert (run.state, run.error_code) == ("failed", "out_of_memory"), run.error_detail


def test_full_disk_ends_the_run_with_a_reason(snapshot, admin):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    run = start_run(administrator=admin, snapshot=snapshot, mode="full")
    # A file that may not grow is what a full disk is to whoever writes it.
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        run = finished(run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (run.state, run.error_code) == ("failed", "storage_full"), run.error_detail
    assert not work_folder(run).exists()


def test_altered_snapshot_is_not_trained_on(snapshot, admin):
    path = next(snapshot.folder.glob("train/audio/*.flac"))
    path.write_bytes(path.read_bytes()[:-1])
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    assert (run.state, run.error_code) == ("failed", "snapshot_altered")


def test_clip_taken_back_before_the_run_is_skipped(snapshot, admin, lenient):
    deleted, withdrawn = Clip.objects.filter(split="train")[:2]
    deleted.delete()
    # As a withdrawal does that nobody could see yet when the snapshot was frozen.
    Clip.objects.filter(pk=withdrawn.pk).update(corpus=None, owner=admin, shared_for_training=False)
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    assert run.state == "waiting_for_approval" and "2 were taken back" in " ".join(run.log)
    assert not list(versions_that_learned_from(deleted.pk))


def test_clip_taken_back_while_a_run_learns_does_not_end_it(snapshot, admin, lenient):
    run = start_run(administrator=admin, snapshot=snapshot, mode="full", hyperparameters={"epochs": 2})
    clips = when_stage(run, "training", lambda pid: shutil.rmtree(snapshot.folder))
    run = finished(run)
    clips.join()
    assert run.state == "waiting_for_approval", (run.error_code, run.error_detail)


def test_run_waits_for_its_snapshot_and_can_be_cancelled_meanwhile(task, admin, in_service, monkeypatch):
    decided_corpus()
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    Snapshot.objects.update(heartbeat=timezone.now())  # another worker writes it
    run = start_run(administrator=admin, snapshot=snapshot)
    asked = iter([False, False, True, True])
    monkeypatch.setattr(follow.RunRow, "wants_to_stop", lambda row: next(asked))
    assert finished(run).state == "cancelled" and not snapshot.folder.exists()


@pytest.mark.parametrize("damage", ["model.safetensors", "config.json"])
def test_damaged_start_is_refused(damage, snapshot, admin, in_service):
    path = folder_of(in_service) / damage
    path.write_bytes(path.read_bytes() + b" ")
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    assert (run.state, run.error_code) == ("failed", "altered_file")


def test_export_that_differs_from_torch_is_refused(snapshot, admin, in_service):
    weights = folder_of(in_service) / "model.safetensors"
    tensors = load_file(weights)
    tensors["classifier.weight"] *= 1e5
    save_file(tensors, weights, metadata={"format": "pt"})
    sign_again(in_service)
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    assert (run.state, run.error_code) == ("failed", "export_differs"), run.error_detail


def test_start_with_other_labels_is_refused(snapshot, admin, in_service):
    config = folder_of(in_service) / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "id2label": {"0": "a", "1": "b"}}))
    sign_again(in_service)
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    assert (run.state, run.error_code) == ("failed", "wrong_labels")
    assert ModelVersion.objects.active().get() == in_service


def test_cancelled_before_a_worker_takes_it(snapshot, admin):
    run = start_run(administrator=admin, snapshot=snapshot)
    cancel_run(run=run, administrator=admin)
    assert finished(run).state == "cancelled" and not work_folder(run).exists()
    with pytest.raises(UserError) as told:
        cancel_run(run=run, administrator=admin)
    assert told.value.code == "run_is_over"


def test_cancel_stops_the_process_within_seconds(snapshot, admin, monkeypatch):
    run = start_run(administrator=admin, snapshot=snapshot, mode="full", hyperparameters={"epochs": 200})
    asked = []
    monkeypatch.setattr(follow.RunRow, "wants_to_stop", lambda row: bool(asked))
    when_stage(run, "training", lambda pid: asked.append(time.monotonic()))
    run = finished(run)
    assert run.state == "cancelled" and time.monotonic() - asked[0] < 5
    assert process_of(work_folder(run)) is None
