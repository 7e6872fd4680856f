"""What is asked of a training run before it is queued."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError

from classifier.predictions.registry import activate_version
from emotion_site.exceptions import UserError
from training.querysets import TrainingRunQuerySet
from training.runs import presets
from training.runs.progress import RunProgress
from training.runs.services import cancel_run, start_run
from training.runs.worker import execute_run, work_folder
from training.versions.promotion import delete_version

pytestmark = pytest.mark.usefixtures("own_data_dir")


def test_one_run_at_a_time(snapshot, admin):
    first = start_run(administrator=admin, snapshot=snapshot)
    with pytest.raises(UserError) as told:
        start_run(administrator=admin, snapshot=snapshot)
    assert told.value.code == "run_exists"
    cancel_run(run=first, administrator=admin)
    start_run(administrator=admin, snapshot=snapshot)


def test_only_administrators_start_runs(snapshot, reviewer):
    with pytest.raises(PermissionDenied):
        start_run(administrator=reviewer, snapshot=snapshot)


def test_run_needs_two_labels_and_known_settings(snapshot, admin):
    with pytest.raises(UserError) as told:
        start_run(administrator=admin, snapshot=snapshot, hyperparameters={"teacher": 1})
    assert told.value.code == "unknown_setting"
    snapshot.counts["train"] = {"sad": 12, "happy": 0}
    snapshot.save()
    with pytest.raises(UserError) as told:
        start_run(administrator=admin, snapshot=snapshot)
    assert told.value.code == "one_label"


@pytest.mark.parametrize("chosen", [{"epochs": "x"}, {"epochs": 0}, {"copies": True}, {"learning_rate": 9}])
def test_settings_must_be_sensible_numbers(chosen, snapshot, admin):
    with pytest.raises(UserError) as told:
        start_run(administrator=admin, snapshot=snapshot, hyperparameters=chosen)
    assert told.value.code == "bad_setting"


def test_run_needs_voices_to_validate_with(snapshot, admin):
    snapshot.counts["validation"] = {"sad": 0, "happy": 0}
    snapshot.save()
    with pytest.raises(UserError) as told:
        start_run(administrator=admin, snapshot=snapshot)
    assert told.value.code == "empty_split" and "five voices" in str(told.value.detail)


def test_installation_that_can_only_serve_queues_no_run(snapshot, admin, monkeypatch):
    monkeypatch.setattr("training.runs.services.missing_libraries", lambda: ["torch"])
    with pytest.raises(UserError) as told:
        start_run(administrator=admin, snapshot=snapshot)
    assert told.value.code == "cannot_train"


def test_version_that_a_run_needs_cannot_be_deleted(snapshot, admin, in_service, tiny_version):
    run = start_run(administrator=admin, snapshot=snapshot)
    other = tiny_version(7)
    activate_version(other)
    run.start_version, run.compared_with = other, in_service
    run.save()
    with pytest.raises(UserError) as told:
        delete_version(version=in_service, administrator=admin)
    assert told.value.code == "run_needs_it"


class TestDatabaseThatIsAway:
    """The row of a run is written when it is back; nothing that was made is lost meanwhile."""

    @pytest.fixture
    def run(self, snapshot, admin):
        return start_run(administrator=admin, snapshot=snapshot)

    def test_the_end_is_written_later(self, run, monkeypatch):
        progress, unfinished, left = RunProgress(run), TrainingRunQuerySet.unfinished, [1, 2]
        monkeypatch.setattr("training.runs.progress.RETRY_AFTER_S", (0, 0, 0))
        # It would close the test's own transaction.
        monkeypatch.setattr("training.runs.progress.close_old_connections", lambda: None)

        def find_later(rows):
            if left and left.pop():
                raise OperationalError("server closed the connection unexpectedly")
            return unfinished(rows)

        monkeypatch.setattr(TrainingRunQuerySet, "unfinished", find_later)
        progress.finish("cancelled")
        run.refresh_from_db()
        assert run.state == "cancelled"

    def test_the_run_is_left_to_the_next_attempt(self, run, monkeypatch):
        def broken(*args):
            raise OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr("training.runs.worker.checked_files", broken)
        execute_run(run)
        run.refresh_from_db()
        assert run.is_unfinished and work_folder(run).is_dir()


def test_estimate_grows_with_the_work(snapshot):
    def estimate(mode: str) -> int:
        return presets.estimated_seconds(snapshot=snapshot, mode=mode, parameters=9_000_000)

    assert estimate("head") <= estimate("top") <= estimate("full")
