"""What goes wrong while a run is executed ends in a state with a reason, or is made good."""

import json
import os
import resource
import shutil
import signal
import time
from dataclasses import replace

import pytest
from django.utils import timezone
from safetensors.torch import load_file, save_file

from classifier.inference.manifest import read_manifest, write_manifest
from classifier.inference.version_folder import folder_checksum, hash_files
from classifier.models import Clip, ModelVersion
from classifier.predictions.registry import folder_of
from emotion_site.exceptions import UserError
from tests.training.decided import decided_corpus
from tests.training.running import finished, process_of, when_stage
from training.datasets.freezing import freeze_snapshot
from training.models import Snapshot
from training.runs.progress import RunProgress
from training.runs.services import cancel_run, start_run
from training.runs.worker import work_folder
from training.versions.lineage import versions_that_learned_from

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.usefixtures("own_data_dir")]


@pytest.mark.parametrize("stage", ["training", "exporting"])
def test_killed_process_goes_on_where_it_was(stage, snapshot, admin, lenient):
    run = start_run(administrator=admin, snapshot=snapshot, mode="full", hyperparameters={"epochs": 4})
    killer = when_stage(run, stage, lambda pid: os.kill(pid, signal.SIGKILL))
    run = finished(run)
    killer.join()
    assert run.state == "waiting_for_approval", (run.error_code, run.error_detail)
    assert any("ended with -9" in line for line in run.log)


def test_process_that_is_always_killed_fails_with_a_reason(snapshot, admin, monkeypatch):
    monkeypatch.setattr("training.runs.supervise.MAX_ATTEMPTS", 1)
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


def test_clips_taken_back_before_a_run_and_while_it_learns_do_not_end_it(snapshot, admin, lenient):
    deleted, withdrawn = Clip.objects.filter(split="train")[:2]
    deleted.delete()
    # As a withdrawal does that nobody could see yet when the snapshot was frozen.
    Clip.objects.filter(pk=withdrawn.pk).update(corpus=None, owner=admin, shared_for_training=False)
    run = start_run(administrator=admin, snapshot=snapshot, mode="full", hyperparameters={"epochs": 2})
    clips = when_stage(run, "training", lambda pid: shutil.rmtree(snapshot.folder))
    run = finished(run)
    clips.join()
    assert run.state == "waiting_for_approval", (run.error_code, run.error_detail)
    assert "taken back: 2." in " ".join(run.log)
    assert not list(versions_that_learned_from(deleted.pk))


def test_run_waits_for_its_snapshot_and_can_be_cancelled_meanwhile(task, admin, in_service, monkeypatch):
    decided_corpus()
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    Snapshot.objects.update(heartbeat=timezone.now())  # another worker writes it
    run = start_run(administrator=admin, snapshot=snapshot)
    asked = iter([False, False, True, True])
    monkeypatch.setattr(RunProgress, "is_cancel_requested", lambda progress: next(asked))
    assert finished(run).state == "cancelled" and not snapshot.folder.exists()


def sign_again(version: ModelVersion) -> None:
    """Give an altered folder the checksums it has, as if it had been registered like this."""
    folder = folder_of(version)
    write_manifest(folder, replace(read_manifest(folder), files=hash_files(folder)))
    ModelVersion.objects.filter(pk=version.pk).update(checksum=folder_checksum(folder))


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
    monkeypatch.setattr(RunProgress, "is_cancel_requested", lambda progress: bool(asked))
    when_stage(run, "training", lambda pid: asked.append(time.monotonic()))
    run = finished(run)
    assert run.state == "cancelled" and time.monotonic() - asked[0] < 5
    assert process_of(work_folder(run)) is None
