"""What the terminal says when a command cannot work: a sentence, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow


def run(data_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` as somebody at a terminal does, in a data folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in ["DATABASE_URL", "SIGNUP"]}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={
            **inherited,
            "DJANGO_SETTINGS_MODULE": "emotion_site.settings.base",
            "DATA_DIR": str(data_dir),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["list_models"], ["classify", "hello.wav"]])
def test_a_database_that_was_never_prepared(tmp_path, arguments):
    answer = run(tmp_path, *arguments)
    assert answer.returncode == 1
    assert "manage.py migrate" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


def test_a_setting_that_makes_no_sense(tmp_path):
    answer = run(tmp_path, "check", SIGNUP="maybe")
    assert answer.returncode == 1
    assert answer.stderr == "error: SIGNUP must be one of open, invite, closed, not 'maybe'.\n"


def test_classify_tells_a_person_only_what_they_need(tmp_path):
    """The log of a server that registers, loads and refuses is nothing for a terminal."""
    assert run(tmp_path, "migrate", "--verbosity", "0").returncode == 0
    assert run(tmp_path, "register_shipped_model").returncode == 0
    (tmp_path / "text.wav").write_text("not a sound")
    speech, text = "training/speech/03a05Nd.flac", str(tmp_path / "text.wav")

    answer = run(tmp_path, "classify", speech, text)
    assert answer.returncode == 1
    assert answer.stdout.startswith(f"{speech}: ") and answer.stdout.count("\n") == 1
    [sentence] = answer.stderr.splitlines()
    assert sentence.startswith(f"{text}: ") and sentence.endswith("(not_audio)")

    assert run(tmp_path, "classify", speech, "--json").stderr == ""
    assert "INFO classifier" in run(tmp_path, "classify", speech, "--verbosity", "2").stderr
