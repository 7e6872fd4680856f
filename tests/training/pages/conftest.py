import pytest

from classifier.models import Clip, ModelVersion
from tests.factories import ModelVersionFactory
from tests.training.decided import decided_corpus
from tests.training.verdicts import keys, verdict_of
from training.datasets.freezing import freeze_snapshot
from training.models import Snapshot, TrainingRun
from training.versions.promotion import promote_version


@pytest.fixture(autouse=True)
def own_folders(own_data_dir):
    """For every page, since many write."""


@pytest.fixture
def in_service(task) -> ModelVersion:
    metrics = {"test": {"accuracy": {"value": 0.7143, "interval_95": [0.67, 0.76]}}}
    manifest = {"labels": keys(task), "parameters": 1_000_000, "metrics": metrics}
    return ModelVersionFactory(task=task, is_active=True, manifest=manifest)


@pytest.fixture
def versions_on_disk(own_data_dir, tiny_version, admin) -> list[ModelVersion]:
    """Two of them, of which the second came into service after the first."""
    found = [tiny_version(0), tiny_version(3)]
    for version in found:
        promote_version(version=version, administrator=admin)
    return found


@pytest.fixture
def frozen(task, admin) -> Snapshot:
    decided_corpus()
    return freeze_snapshot(task=task, administrator=admin, later=False).snapshot


@pytest.fixture
def run_in(task, frozen, in_service, admin):
    """``run_in("training", ...)`` is a run in this state."""

    def make(state: str, **fields) -> TrainingRun:
        given = {"task": task, "snapshot": frozen, "start_version": in_service, "started_by": admin}
        return TrainingRun.objects.create(**{**given, "state": state, **fields})

    return make


@pytest.fixture
def waiting(run_in, task, in_service) -> TrainingRun:
    """A run whose version is better and waits for approval."""
    version = ModelVersionFactory(task=task, origin="trained", manifest=in_service.manifest)
    verdict = verdict_of(keys(task), changed=Clip.objects.first())
    return run_in("waiting_for_approval", version=version, compared_with=in_service, verdict=verdict)
