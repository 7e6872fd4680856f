"""What is written before it counts, so that nothing stays of it when a process is killed.

While a process works on a file whose row is not there yet, an empty note with its name lies in a folder,
under a lock of that process. A note without a lock tells the housekeeping of a file that may have no row.
Folders in which something is put together are locked themselves.
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

from django.conf import settings

from emotion_site.storage.locks import try_lock

logger = logging.getLogger(__name__)

# A note is there a moment before its lock, and a commit may arrive a moment after its process has ended.
SETTLED_AFTER_S = 10.0


class Note:
    """Marks a file of this name as being written. Raises OSError when the disk is full."""

    def __init__(self, name: str) -> None:
        folder = _folder()
        folder.mkdir(exist_ok=True)
        self._path = folder / quote(name, safe="")
        self._file = self._path.open("w")
        # Where there are no locks, the file is found by its age after a day.
        with suppress(OSError):
            try_lock(self._file)

    def done(self) -> None:
        """The file has its row, or is gone."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        self._file.close()


def abandoned() -> Iterator[str]:
    """Names of files whose process ended in the middle. The note is gone when the caller has seen to one."""
    folder = _folder()
    for path in list(folder.iterdir()) if folder.exists() else []:
        if is_abandoned(path):
            yield unquote(path.name)
            path.unlink(missing_ok=True)


def is_abandoned(path: Path) -> bool:
    """Whether the process that keeps this file locked while it needs it has ended."""
    try:
        with opened(path) as file:
            return path.stat().st_mtime < time.time() - SETTLED_AFTER_S and try_lock(file)
    except OSError:  # it has just gone, or there are no locks here
        return False


@contextmanager
def workplace(parent: Path, prefix: str) -> Iterator[Path]:
    """An empty folder, gone afterwards unless it was moved."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as name, opened(Path(name)) as folder:
        with suppress(OSError):
            try_lock(folder)
        yield Path(name)


def remove_workplaces(parent: Path, prefix: str) -> None:
    """Remove those whose process was killed."""
    for folder in parent.glob(f"{prefix}*"):
        if is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
            logger.warning("Removed what a killed process left folder=%s", folder.name)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The descriptor of a file or a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "unfinished"
