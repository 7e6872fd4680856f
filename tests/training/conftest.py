import shutil
from pathlib import Path

import pytest

from classifier.models import ModelVersion, Task
from classifier.registry import activate_version
from tests.training.decided import decided_corpus
from tests.training.tiny_model import write_checkpoint
from training import torchaudio_shim
from training.freezing import freeze_snapshot
from training.importing import import_checkpoint
from training.models import Snapshot
from training.snapshot_files import write_snapshot

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


@pytest.fixture
def in_service(task, written_checkpoint) -> ModelVersion:
    version = import_checkpoint(written_checkpoint, task=task, name="tiny")
    activate_version(version)
    return version


@pytest.fixture
def snapshot(task, admin, in_service) -> Snapshot:
    decided_corpus()
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    write_snapshot(snapshot)
    return snapshot
