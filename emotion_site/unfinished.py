"""Files that are written before their row is there, so that nothing stays of them when a process is killed.

While a process works on such a file, an empty note with its name lies in a folder, under a lock of that
process. A note without a lock tells the housekeeping of a file that may have no row.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from django.conf import settings

from emotion_site.locks import try_lock

# A note is there a moment before its lock, and a commit may arrive a moment after its process has ended.
SETTLED_AFTER_S = 10.0


class Note:
    """Says that a file of this name is being written. Raises OSError when the disk is full."""

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
        with path.open("rb") as file:
            return path.stat().st_mtime < time.time() - SETTLED_AFTER_S and try_lock(file)
    except OSError:  # it went this very moment, or there are no locks here
        return False


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "unfinished"
