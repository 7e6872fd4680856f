"""Locks that the system takes back when their process ends, however it ends."""

import fcntl
from typing import Protocol


class Opened(Protocol):
    def fileno(self) -> int: ...


def try_lock(file: Opened | int) -> bool:
    """Lock an open file until it is closed; False when another process has it.

    Raises OSError where the file system has no such locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
