"""`make bench`: our server against the plain way, on the same clips and checkpoints, as JSON lines.

Targets, for each version: the median of one client at most 1.25 times the bare session's plus 15 ms; with
eight clients at least 1.5 times the baseline's clips per second; at most half of its memory.
"""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import servers
from benchmarks.checkpoints import LABELS
from benchmarks.clips import FORMATS, uploads
from benchmarks.corpus import write_corpus
from benchmarks.load import Measured, Target, send_all, send_in_turns

MANY = 8
WARM_UP = 6
# As many as the share of 99 % that int8 must leave as they are can be told from.
JUDGING_CLIPS = 100
SIGN_UP = """
from emotion_site.models import User
from emotion_site.sign_in.tokens import create_token
number = User.objects.count()
print(create_token(user=User.objects.create_user(f"bench{number}@example.org"), name="bench", days=1)[1])
"""


@dataclass(frozen=True)
class Version:
    """A checkpoint's folder for transformers, the ONNX file and threads that serve it, the data folder."""

    name: str
    checkpoint: Path
    served: Path
    threads: int
    data_dir: Path


@dataclass(frozen=True)
class Outcome:
    memory_mb: float
    measured: dict[tuple[str, int], Measured]
    session_ms: dict[str, float]


def main() -> int:
    options = _parser().parse_args()
    if not shutil.which("ffmpeg"):
        sys.stderr.write("The baseline needs ffmpeg; install it first.\n")
        return 2
    note("Making clips")
    files = {kind: uploads(kind, WARM_UP + options.requests * 2) for kind in FORMATS}
    met = True
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in options.checkpoints:
            version = prepare(name, Path(folder) / name)
            met &= compare(version, files)
    return 0 if met else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure speed and memory.")
    parser.add_argument("--requests", type=int, default=250, help="uploads per kind and number of clients")
    parser.add_argument("--checkpoints", nargs="+", default=["shipped", "base"], choices=["shipped", "base"])
    return parser


def prepare(name: str, data_dir: Path) -> Version:
    """Put a version into service in a data folder of its own."""
    note(f"Preparing {name}")
    servers.manage(data_dir, "migrate", "--verbosity", "0")
    servers.manage(data_dir, "register_shipped_model")
    checkpoint = servers.ROOT / "classifier" / "shipped_model"
    if name == "base":
        checkpoint = data_dir / "checkpoint"
        servers.run_module("benchmarks.checkpoints", checkpoint)
        voices = write_corpus(data_dir / "voices", LABELS, {"validation": JUDGING_CLIPS})
        # Random weights give nearly the same answer to every clip, so int8 hardly ever changes one.
        servers.manage(data_dir, "import_model", str(checkpoint), "--corpus", str(voices), "--activate")
    versions = json.loads(servers.manage(data_dir, "list_models", "--json"))
    active = next(version for version in versions if version["active"])
    served = data_dir / "models" / active["task"] / str(active["number"])
    manifest = json.loads((served / "manifest.json").read_text())
    return Version(name, checkpoint, served / manifest["serving_file"], _threads(data_dir), data_dir)


def _threads(data_dir: Path) -> int:
    ask = "from django.conf import settings; print(settings.INFERENCE_THREADS)"
    return int(servers.manage(data_dir, "shell", "--verbosity", "0", "-c", ask))


def compare(version: Version, files: dict[str, list[bytes]]) -> bool:
    """Measure both servers, print the results, and say whether every target is met."""
    with servers.baseline(version.checkpoint) as (target, process):
        plain = measure(version, "baseline", target, process, files)
    token = servers.manage(version.data_dir, "shell", "--verbosity", "0", "-c", SIGN_UP).strip()
    with servers.site(version.data_dir, token) as (target, process):
        ours = measure(version, "site", target, process, files)
    results = [summary(version, kind, plain, ours) for kind in FORMATS]
    for result in results:
        emit(result)
    return all(all(result["met"].values()) for result in results)


def measure(
    version: Version, server: str, target: Target, process: psutil.Process, files: dict[str, list[bytes]]
) -> Outcome:
    measured, session_ms = {}, {}
    for kind in FORMATS:
        waiting = list(files[kind])
        send_all(target, [waiting.pop() for _number in range(WARM_UP)], kind, 1)
        share = len(waiting) // 2
        note(f"{version.name}: {server}, {kind}")
        with servers.bare_session(version.served, version.threads) as bare:
            measured[kind, 1], times = send_in_turns(target, waiting[:share], kind, bare)
        session_ms[kind] = float(np.median(times))
        measured[kind, MANY] = send_all(target, waiting[share:], kind, MANY)
        for clients in (1, MANY):
            report = measured[kind, clients].report()
            emit({"checkpoint": version.name, "server": server, "format": kind, "clients": clients, **report})
    memory_mb = servers.memory_mb(process)
    emit({"checkpoint": version.name, "server": server, "memory_mb": round(memory_mb, 1)})
    return Outcome(memory_mb, measured, session_ms)


def summary(version: Version, kind: str, plain: Outcome, ours: Outcome) -> dict[str, Any]:
    p50_ms, session_ms = ours.measured[kind, 1].p50_ms, ours.session_ms[kind]
    speedup = ours.measured[kind, MANY].clips_per_s / plain.measured[kind, MANY].clips_per_s
    memory_ratio = ours.memory_mb / plain.memory_mb
    answered = all(set(measured.statuses) == {201} for measured in ours.measured.values())
    return {
        "checkpoint": version.name,
        "format": kind,
        "session_ms": round(session_ms, 2),
        "p50_ms": round(p50_ms, 1),
        "p50_to_session": round(p50_ms / session_ms, 2),
        "p50_limit_ms": round(1.25 * session_ms + 15, 1),
        "p50_to_baseline": round(p50_ms / plain.measured[kind, 1].p50_ms, 3),
        "throughput_to_baseline": round(speedup, 2),
        "memory_to_baseline": round(memory_ratio, 3),
        "met": {
            "latency": p50_ms <= 1.25 * session_ms + 15,
            "throughput": speedup >= 1.5,
            "memory": memory_ratio <= 0.5,
            "every_clip_answered": answered,
        },
    }


def emit(result: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
