"""One server for each data folder: two would run every task and every chore twice."""

import logging
import os
from pathlib import Path
from typing import TextIO

from emotion_site.storage.locks import try_lock

logger = logging.getLogger(__name__)


class FolderInUse(Exception):
    """Another server has the folder; ``pid`` is its process, empty when that cannot be read."""

    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


def claim(folder: Path, role: str = "all") -> TextIO:
    """Take a role in a data folder for as long as the returned file is open and this process lives.

    Raises FolderInUse when another process has it.
    """
    file = (folder / f"serve-{role}.lock").open("a+")
    try:
        is_ours = try_lock(file)
    except OSError as error:
        logger.warning("Cannot tell whether another server uses the data folder reason=%s", error.strerror)
        return file
    file.seek(0)
    if not is_ours:
        pid = file.read().strip()
        file.close()
        raise FolderInUse(pid)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
