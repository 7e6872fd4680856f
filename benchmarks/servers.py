"""Starts the servers that are compared, each as the process a user would have."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.load import Target

ROOT = Path(__file__).resolve().parents[1]
START_WITHIN_S = 90


@contextmanager
def baseline(folder: Path) -> Iterator[tuple[Target, psutil.Process]]:
    port = free_port()
    with _running([sys.executable, "-m", "benchmarks.baseline", str(folder), str(port)], {}) as process:
        _wait_until_up(process, f"http://127.0.0.1:{port}/")
        yield Target(port, "/"), psutil.Process(process.pid)


@contextmanager
def site(data_dir: Path, token: str) -> Iterator[tuple[Target, psutil.Process]]:
    """The real site over a folder of its own; the process is the one that answers requests."""
    port = free_port()
    environment = site_environment(data_dir) | {"PORT": str(port)}
    with _running([sys.executable, "manage.py", "serve"], environment) as process:
        _wait_until_up(process, f"http://127.0.0.1:{port}/health/")
        children = psutil.Process(process.pid).children()
        web = next(child for child in children if "emotion_site.serving.web" in child.cmdline())
        yield Target(port, "/api/v1/clips/", token), web


@contextmanager
def bare_session(model: Path, threads: int) -> Iterator[Callable[[], list[float]]]:
    """Milliseconds of a few runs of the bare session, each time it is called."""
    command = [sys.executable, "-m", "benchmarks.session", str(model), str(threads)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("The pipes of the bare session are missing.")
        asking, answering = process.stdin, process.stdout

        def run() -> list[float]:
            asking.write("\n")
            asking.flush()
            times: list[float] = json.loads(answering.readline())
            return times

        run()
        yield run
        asking.close()


def site_environment(data_dir: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(data_dir),
        "THROTTLE_USER": "1000000/min",
        "THROTTLE_ADDRESS": "1000000/min",
        "QUOTA_MB": "0",
        "QUOTA_CLIPS_PER_DAY": "0",
        # The baseline keeps a client waiting as long as it takes; a 202 would be quicker than it deserves.
        "ANSWER_WITHIN_SECONDS": "120",
        "LOG_LEVEL": "WARNING",
    }


def manage(data_dir: Path, *arguments: str) -> str:
    """Run a command of the site over the data folder and return what it printed."""
    return _output(["manage.py", *arguments], site_environment(data_dir))


def run_module(name: str, *arguments: str | Path) -> str:
    return _output(["-m", name, *arguments], {})


def _output(arguments: Sequence[str | Path], environment: dict[str, str]) -> str:
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return run.stdout


def memory_mb(process: psutil.Process) -> float:
    """Proportional set size of a process and its children, in megabytes."""
    family = [process, *process.children(recursive=True)]
    return float(sum(member.memory_full_info().pss for member in family) / 1e6)


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    # Only the results belong on stdout.
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=sys.stderr)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + START_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # always http, always loopback
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"The server did not start: {process.args!r}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
