import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from classifier.models import ModelVersion, Task
from classifier.predictions.registry import activate_version, register_version
from tests.training.decided import decided_corpus
from tests.training.tiny_model import LABELS, write_checkpoint
from training import torchaudio_shim
from training.datasets.freezing import freeze_snapshot
from training.datasets.snapshot_folder import write_snapshot
from training.models import GatePolicy, Snapshot

LENIENT = {"recall_drop": 100.0, "accuracy_drop": 100.0, "noisy_drop": 100.0, "speed_factor": 50.0}

# Before any test imports transformers, as training itself does.
torchaudio_shim.install()


@pytest.fixture(scope="session")
def written_checkpoint(tmp_path_factory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def checkpoint_folder(written_checkpoint, tmp_path) -> Path:
    """A good checkpoint that the test may spoil."""
    return Path(shutil.copytree(written_checkpoint, tmp_path / "checkpoint"))


@pytest.fixture
def task(db) -> Task:
    return Task.objects.get(slug="emotion")


@pytest.fixture(scope="session")
def exported(tmp_path_factory) -> Callable[[int], Path]:
    """``exported(seed)`` is the folder of a tiny version. Exporting takes a second, so it happens once."""
    from training.versions.checkpoint import check_checkpoint, load_model
    from training.versions.writer import Description, write_version

    @cache
    def export(seed: int) -> Path:
        home = tmp_path_factory.mktemp("exported")
        checkpoint = check_checkpoint(write_checkpoint(home / "checkpoint", seed=seed), list(LABELS))
        description = Description(task="emotion", origin={"kind": "imported", "name": "tiny"}, model_card="")
        write_version(home / "version", checkpoint, load_model(checkpoint), description)
        return home / "version"

    return export


@pytest.fixture
def tiny_version(task, exported) -> Callable[[int], ModelVersion]:
    """``tiny_version(seed)`` is registered, and not in service yet."""
    return lambda seed: register_version(exported(seed), task=task, origin=ModelVersion.Origin.IMPORTED)


@pytest.fixture
def in_service(tiny_version) -> ModelVersion:
    version = tiny_version(0)
    activate_version(version)
    return version


@pytest.fixture
def own_data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.MODELS_DIR = tmp_path / "models"


@pytest.fixture
def lenient(task) -> GatePolicy:
    """A gate that lets every candidate pass."""
    return GatePolicy.objects.create(task=task, **LENIENT)


@pytest.fixture
def snapshot(task, admin, in_service) -> Snapshot:
    decided_corpus()
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    write_snapshot(snapshot)
    return snapshot
