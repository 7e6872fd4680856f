"""Runs from the button to the verdict, with the real training process."""

import pytest

from classifier.models import Clip, ModelVersion
from emotion_site.exceptions import UserError
from tests.training.conftest import LENIENT
from tests.training.running import finished
from training.models import GatePolicy, Promotion, TrainingRun
from training.runs.progress import RunProgress
from training.runs.services import approve_run, reject_run, start_run
from training.runs.worker import promote_trained_version, work_folder
from training.versions.promotion import promote_version

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.usefixtures("own_data_dir")]


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


def test_run_whose_worker_died_after_promoting_ends_promoted(snapshot, admin, in_service, tiny_version):
    progress = RunProgress(start_run(administrator=admin, snapshot=snapshot))
    TrainingRun.objects.filter(pk=progress.run.pk).update(compared_with=in_service)
    made = tiny_version(5)
    promote_version(version=made, administrator=None)
    promote_trained_version(progress.run, progress, made)
    progress.run.refresh_from_db()
    assert (progress.run.state, progress.run.error_code) == ("promoted", "")


def test_worse_version_is_rejected_with_reasons(snapshot, admin, task, in_service):
    GatePolicy.objects.create(task=task, **{**LENIENT, "recall_drop": 0.0, "speed_factor": 0.0001})
    uploaded = snapshot.clips.filter(split="validation").values("clip")[:2]
    Clip.objects.filter(pk__in=uploaded).update(source=Clip.Source.UPLOAD)
    run = finished(start_run(administrator=admin, snapshot=snapshot))
    assert run.state == "rejected" and not run.verdict["passes"]
    reasons = {reason["code"]: reason for reason in run.verdict["reasons"]}
    assert "slower" in reasons and (reasons["from_people"]["clips"], reasons["from_people"]["speakers"]) == (
        2,
        1,
    )
    assert ModelVersion.objects.active().get() == in_service


@pytest.fixture
def waiting(snapshot, admin, in_service, tiny_version) -> TrainingRun:
    """A run as it is when its version waits for approval."""
    run = start_run(administrator=admin, snapshot=snapshot)
    run.state, run.version, run.compared_with = "waiting_for_approval", tiny_version(5), in_service
    run.save()
    return run


def test_administrator_may_reject(waiting, admin):
    reject_run(run=waiting, administrator=admin)
    waiting.refresh_from_db()
    assert waiting.state == "rejected" and waiting.decided_by == admin


def test_approval_after_another_promotion_is_told(waiting, admin, in_service, tiny_version):
    other = tiny_version(6)
    promote_version(version=other, administrator=admin, instead_of=in_service.pk)
    with pytest.raises(UserError) as told:
        approve_run(run=waiting, administrator=admin)
    assert told.value.code == "changed_meanwhile"
    assert ModelVersion.objects.active().get() == other
