import shutil
from pathlib import Path

import pytest

from tests.training.tiny_model import write_checkpoint
from training import torchaudio_shim

# Before any test imports transformers, as training itself does.
torchaudio_shim.install()


@pytest.fixture(scope="session")
def written_checkpoint(tmp_path_factory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def checkpoint_folder(written_checkpoint, tmp_path) -> Path:
    """A good checkpoint that the test may spoil."""
    return Path(shutil.copytree(written_checkpoint, tmp_path / "checkpoint"))
