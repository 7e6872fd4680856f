"""What some tests need from the machine, and the one place that says why they are skipped."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SPEECH_DIR = Path(os.environ.get("SPEECH_DIR", ROOT.parent / "shared" / "data"))


def require(available: object, reason: str) -> None:
    """Skip the calling test when something is missing; with ``REQUIRE_ALL=1`` fail it."""
    if available:
        return
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def chromium() -> str:
    """Path of Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    require(path, "Chromium is not installed")
    return str(path)


def redis_server() -> str:
    """Path of Redis."""
    path = shutil.which("redis-server")
    require(path, "Redis is not installed")
    return str(path)


def speech(corpus: str = "crema-d") -> Path:
    """Folder of a corpus of real speech."""
    folder = SPEECH_DIR / corpus
    require(folder.is_dir(), f"the speech corpus {corpus} is not there; name its parent folder in SPEECH_DIR")
    return folder
