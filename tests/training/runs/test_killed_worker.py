"""A worker that is killed with -9 in any stage: its process ends with it, and the next one goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.requirements import ROOT
from tests.served_site import copy_migrated_database
from tests.training.corpora import write_corpus
from tests.training.running import process_of, stage_reached
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

START = """
from classifier.models import Task
from emotion_site.models import User
from emotion_site.roles import Role, set_role
from training.datasets.freezing import freeze_snapshot
from training.models import GatePolicy, TrainingRun
from training.runs.services import start_run
task = Task.objects.get(slug="emotion")
admin, _ = User.objects.get_or_create(email="admin@example.org")
set_role(user=admin, role=Role.ADMIN)
policy = dict(recall_drop=100, accuracy_drop=100, noisy_drop=100, speed_factor=100)
GatePolicy.objects.update_or_create(task=task, defaults=policy)
snapshot = freeze_snapshot(task=task, administrator=admin).snapshot
run = start_run(administrator=admin, snapshot=snapshot, mode="full", hyperparameters={"epochs": 6})
print("run", run.pk)
"""
WORK = """
from training.models import TrainingRun
from training.tasks import execute_run
execute_run.func({run!r})
run = TrainingRun.objects.get(pk={run!r})
print("ended", run.state, run.attempts, run.error_code, run.error_detail)
"""


class Scratch:
    """A data folder of its own, with a version in service and a corpus, driven through manage.py."""

    def __init__(self, folder: Path, checkpoint: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "DATA_DIR": str(folder)}
        for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL"):
            self.environment.pop(name, None)
        copy_migrated_database(folder)
        self.manage("import_model", str(checkpoint), "--activate")
        self.manage("import_corpus", str(write_corpus(folder / "voices")), "--task", "emotion")

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def manage(self, *arguments: str) -> str:
        process = self.start(*arguments)
        output, _nothing = process.communicate()
        assert process.returncode == 0, output
        return output


@pytest.fixture
def scratch(tmp_path, written_checkpoint) -> Scratch:
    return Scratch(tmp_path, written_checkpoint)


def test_run_outlives_a_killed_worker_in_every_stage(scratch):
    run = scratch.manage("shell", "-c", START).split("run ")[-1].strip()
    work = scratch.folder / "runs" / run
    for stage in ("decoding", "training", "exporting", "evaluating"):
        kill_worker(scratch, run, work, stage)
    ended = scratch.manage("shell", "-c", WORK.format(run=run)).split("ended ")[-1]
    assert ended.startswith("waiting_for_approval 5 "), ended
    assert not work.exists()


def kill_worker(scratch: Scratch, run: str, work: Path, stage: str) -> None:
    """Once its process has reached the stage; the process must end with it."""
    assert stage == "decoding" or not stage_reached(work, stage), "this stage has its turn now"
    worker = scratch.start("shell", "-c", WORK.format(run=run))
    wait_until(lambda: stage_reached(work, stage) and process_of(work), within_s=120)
    trainer = process_of(work)
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate()
    killed = time.monotonic()
    wait_until(lambda: process_of(work) is None, within_s=20)
    assert trainer and time.monotonic() - killed < 10, "an orphan must not go on"
