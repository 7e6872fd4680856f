"""Libraries are silenced before they are imported, by whatever door somebody comes in."""

import json
import os
import subprocess
import sys

import pytest

from emotion_site.offline import SWITCHES
from tests.requirements import ROOT

PACKAGES = ["emotion_site", "classifier", "annotations", "training", "benchmarks"]


def environment_after(code: str, **before: str) -> dict[str, str]:
    """The environment of a bare process once it has run ``code``, and of any process that it starts then."""
    clean = {"PATH": os.environ["PATH"], **before}
    script = f"{code}\nimport json, os; print(json.dumps(dict(os.environ)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=clean, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_is_enough(package):
    wished = {"ORT_DISABLE_TELEMETRY": "0", "HF_HUB_OFFLINE": "0"}
    assert SWITCHES.items() <= environment_after(f"import {package}", **wished).items()


def test_onnx_runtime_and_the_hub_are_among_them():
    asked_for = {
        "ORT_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
    }
    assert asked_for.items() <= SWITCHES.items()


def test_the_decoder_is_silenced_although_it_inherits_nothing():
    from classifier.audio.quarantine.process import ENVIRONMENT

    assert (
        SWITCHES.items()
        <= environment_after("import classifier.audio.quarantine.worker", **ENVIRONMENT).items()
    )


def test_caches_of_libraries_lie_in_the_data_folder(tmp_path):
    code = """
import emotion_site.settings.base, huggingface_hub.constants, matplotlib, os
os.environ["A"] = matplotlib.get_cachedir()
os.environ["B"] = matplotlib.get_configdir()
os.environ["C"] = huggingface_hub.constants.HF_HOME
"""
    found = environment_after(code, DATA_DIR=str(tmp_path / "data"), HOME=str(tmp_path / "home"))
    assert all(found[name].startswith(f"{tmp_path}/data/libraries") for name in "ABC"), found
    assert not (tmp_path / "home").exists()
