"""An installation that serves alone (``EXTRAS=serving``): the commands of training say what is missing."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from django.conf import settings

from tests.training.corpora import write_corpus

pytestmark = pytest.mark.slow

ABSENT = ("torch", "transformers", "safetensors", "onnx", "accelerate", "matplotlib", "scipy")
ARGUMENTS = {
    "import_model": ["checkpoint"],
    "train_model": ["--checkpoint", "checkpoint", "--corpus", "corpus", "--output", "run"],
    "describe_corpus": ["corpus", "--picture", "corpus.svg"],
    "evaluate_model": ["--path", "version", "--corpus", "corpus"],
}


@pytest.fixture(scope="module")
def serving_libraries(tmp_path_factory) -> Path:
    """The libraries of this installation without those of training."""
    folder = tmp_path_factory.mktemp("libraries")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        is_serving = path.name.startswith("onnxruntime") or not path.name.startswith(ABSENT)
        if is_serving and path.suffix != ".pth":
            (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture
def manage(serving_libraries, tmp_path):
    """Run ``manage.py`` where only those libraries are found."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return subprocess.run(
            [sys.executable, "-S", "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env={
                **inherited,
                "DJANGO_SETTINGS_MODULE": "emotion_site.settings.base",
                "PYTHONPATH": str(serving_libraries),
                "DATA_DIR": str(tmp_path / "data"),
            },
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    return run


@pytest.mark.parametrize("command", ARGUMENTS)
def test_a_command_that_needs_torch_names_the_remedy(manage, command):
    answer = manage(command, *ARGUMENTS[command])
    assert answer.returncode == 1
    assert answer.stdout == ""
    [sentence] = answer.stderr.splitlines()
    assert "has no torch, " in sentence and "make setup EXTRAS=training" in sentence


def test_a_corpus_is_described_without_torch(manage, tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    assert manage("migrate", "--verbosity", "0").returncode == 0
    answer = manage("describe_corpus", str(corpus))
    assert answer.returncode == 0, answer.stderr
    assert "validation" in answer.stdout
