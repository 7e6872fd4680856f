import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier.inference.session import Engine, known_waveform
from tests.training.tiny_model import LABELS, write_checkpoint
from training.versions.checkpoint import check_checkpoint, load_model
from training.versions.writer import Description, write_version


def make_version(folder: Path, *, seed: int = 0, compact: bool = False) -> Path:
    checkpoint = check_checkpoint(write_checkpoint(folder / "checkpoint", seed=seed), LABELS)
    description = Description(task="emotion", origin={"kind": "test"}, model_card="# Tiny\n")
    write_version(folder / "version", checkpoint, load_model(checkpoint), description, compact=compact)
    return folder / "version"


@pytest.fixture(scope="session")
def made_versions(tmp_path_factory) -> list[Path]:
    """Two version folders whose models answer differently. Not to be changed."""
    return [make_version(tmp_path_factory.mktemp(f"seed{seed}"), seed=seed) for seed in range(2)]


@pytest.fixture
def version_folder(made_versions, tmp_path) -> Path:
    """A good version folder that the test may spoil."""
    return Path(shutil.copytree(made_versions[0], tmp_path / "version"))


@pytest.fixture(scope="session")
def engine(made_versions) -> Engine:
    return Engine.load(made_versions[0], threads=1)


@pytest.fixture(scope="session")
def voice() -> np.ndarray:
    """Two seconds of something like a voice: float32[32000]."""
    return known_waveform(32_000, 16_000)
