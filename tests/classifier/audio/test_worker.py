"""The decoder process confines itself, loads little and ends with the server that started it."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from classifier.audio.limits import Limits
from tests.classifier.audio.formats import make_audio
from tests.classifier.audio.processes import is_running
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

PROJECT_ROOT = Path(__file__).resolve().parents[3]
SECOND = make_audio("wav-s16")


def test_a_process_confines_itself(new_pool):
    pool = new_pool()
    pool.decode(SECOND)
    (pid,) = pool.pids
    limits = Limits()
    assert limit(pid, "Max address space") == limits.memory_bytes
    assert limit(pid, "Max file size") == 0
    assert limit(pid, "Max core file size") == 0
    assert limit(pid, "Max open files") == 0
    assert limits.cpu_seconds < limit(pid, "Max cpu time") <= limits.cpu_seconds + 5


@pytest.mark.parametrize("forbidden", [True, False])
def test_a_process_leaves_compiled_code_only_where_its_server_may(new_pool, monkeypatch, forbidden):
    monkeypatch.setattr(sys, "dont_write_bytecode", forbidden)
    pool = new_pool()
    pool.decode(SECOND)
    (pid,) = pool.pids
    assert ("-B" in Path(f"/proc/{pid}/cmdline").read_text().split("\0")) == forbidden


def test_processor_time_is_counted_anew_for_each_upload(new_pool):
    pool = new_pool()
    pool.decode(SECOND)
    first = limit(pool.pids[0], "Max cpu time")
    long = make_audio("flac", seconds=100)
    wait_until(lambda: bool(pool.decode(long)) and limit(pool.pids[0], "Max cpu time") > first, 30)


def limit(pid: int, name: str) -> int:
    """The soft limit of a process; the call for it is not for processes of other users."""
    (line,) = (line for line in Path(f"/proc/{pid}/limits").read_text().splitlines() if line.startswith(name))
    return int(line.removeprefix(name).split()[0])


def test_ctrl_c_does_not_reach_the_decoders(new_pool):
    pool = new_pool()
    pool.decode(SECOND)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGINT)
    assert pool.decode(SECOND).quality.duration_s == 1.0
    assert pool.pids == [pid]


def test_no_decoder_outlives_a_server_that_was_killed():
    script = textwrap.dedent(
        """
        import os, signal
        from classifier.audio.limits import Limits
        from classifier.audio.quarantine.pool import DecoderPool
        pool = DecoderPool(Limits(), processes=2)
        pool.start()
        print(*pool.pids, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    pids = [int(pid) for pid in result.stdout.split()]
    assert len(pids) == 1
    wait_until(lambda: not any(is_running(pid) for pid in pids))


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("classifier.audio.quarantine.worker", {"django", "torch", "onnxruntime"}),
        ("classifier.audio.quarantine.pool", {"django", "torch", "av", "soundfile"}),
        ("classifier.audio.spectrogram", {"django", "torch", "av", "soundfile"}),
        ("classifier.audio.flac", {"django", "torch", "av"}),
    ],
)
def test_each_process_loads_only_what_it_needs(module, unwanted):
    script = f"import sys, {module}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    assert unwanted.isdisjoint(result.stdout.split())
