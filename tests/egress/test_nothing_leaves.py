"""The README's first promise: nothing leaves the machine, and what the site writes lies in its folder."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.egress.trace import RECORDED, UNSEEN, faults, programs
from tests.requirements import ROOT, require
from tests.training.corpora import write_corpus
from tests.training.tiny_model import LABELS, write_checkpoint

# Everything inside ends with it, however it ends.
NAMESPACE = ["unshare", "--net", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"]
WALK_WITHIN_S = 1500
# Commands that the walk leaves out, and why.
NOT_WALKED = {
    "serve": "the walk is inside of it",
    "ship_model": "for makers of a release: it writes into the checkout",
}


def namespace() -> list[str]:
    """The command that gives a program a network of its own, with nothing but loopback."""
    require(shutil.which("strace"), "strace is not installed")
    command = NAMESPACE if os.geteuid() == 0 else [*NAMESPACE, "--user", "--map-root-user"]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    require(tried.returncode == 0, f"a network namespace may not be made here: {tried.stderr.strip()}")
    return command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the walk needs, made outside, so that only the site is watched."""
    for name in ("home", "tmp", "trace"):
        (tmp_path / name).mkdir()
    write_corpus(tmp_path / "corpus")
    write_checkpoint(tmp_path / "checkpoint")
    (tmp_path / "config.json").write_text('{"epochs": 1, "batch_size": 8}')
    with (tmp_path / "reviews.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file_name", "rater", "label"])
        rows.writerows((f"audio/ann_{label}_0.flac", rater, label) for label in LABELS for rater in "ab")
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(WALK_WITHIN_S + 60)
def test_a_day_on_the_site_reaches_for_no_other_machine_and_writes_nowhere_else(folder):
    watch = ["strace", "-ff", "--seccomp-bpf", "-qq", "-y", "-s", "4096", "--signal=none"]
    watch += [
        *(f"--inject={name}:error=ENOSYS" for name in UNSEEN),
        "-e",
        f"trace={','.join(f'?{name}' for name in RECORDED)}",
        "-o",
        str(folder / "trace" / "process"),
    ]
    walk = [sys.executable, "-m", "tests.egress.walk", str(folder)]
    # Nothing of this process: the settings of the tests have already silenced everything that it starts.
    clean = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        # Compiled code beside the sources is the only other thing that Python would write.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [*namespace(), *watch, *walk],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        timeout=WALK_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    started = programs(folder / "trace")
    for part in (
        "serving.web",
        "serving.worker",
        "classifier.audio.quarantine.worker",
        "training.runs.child",
    ):
        assert any(part in line for line in started), f"{part} was not watched"
    assert faults(folder / "trace", may_write=[folder / "data", folder / "tmp"]) == []


def test_the_walk_knows_every_command():
    walked = set(re.findall(r"\"([a-z_]+)\"", (ROOT / "tests/egress/walk.py").read_text()))
    commands = {path.stem for path in ROOT.glob("*/management/commands/[!_]*.py")}
    assert commands - walked == NOT_WALKED.keys()
