"""Writes SQLite's log back into the database, beside the requests.

SQLite would do it within whichever commit makes the log 1,000 pages long, and that request would wait until
two files are on the disk. See also the options in ``settings/env.py``. The interface is the thread
``WriteBack`` and the event that ends it.
"""

import logging
import threading

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

EVERY_S = 2.0
# While people write all the time, a log that is written back is a few pages longer again before anyone could
# begin it anew.
LONG_LOG_PAGES = 4_000


class WriteBack(threading.Thread):
    """Writes the log back every two seconds until ``stopping`` is set. Only SQLite needs that."""

    def __init__(self, stopping: threading.Event) -> None:
        super().__init__(name="write-back", daemon=True)
        self._stopping = stopping
        self._failed = False

    def run(self) -> None:
        while connection.vendor == "sqlite" and not self._stopping.wait(EVERY_S):
            self._try_to_write_back()

    def _try_to_write_back(self) -> None:
        try:
            write_back()
        except DatabaseError as error:  # The disk may be full for a while; said once, not every two seconds.
            if not self._failed:
                logger.error("Cannot write the database's log back reason=%s", error)
            self._failed = True
            connection.close()
        else:
            self._failed = False


def write_back() -> None:
    """Checkpoint the WAL (passive mode): copy pages that no reader needs, without blocking anyone."""
    pages = checkpoint("PASSIVE")
    if pages > LONG_LOG_PAGES:
        _begin_anew()


def _begin_anew() -> None:
    """Let the next commit write at the log's beginning, unless a connection is reading or writing.

    Commits wait meanwhile, but only for the few pages that came since the log was written back.
    """
    with connection.cursor() as cursor:
        # SQLite would keep those who write waiting for as long as it waits itself for those who read.
        cursor.execute("PRAGMA busy_timeout = 0")
    try:
        checkpoint("RESTART")
    finally:
        connection.close()  # and with it the timeout


def checkpoint(mode: str) -> int:
    """The number of pages in the log, -1 when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA wal_checkpoint({mode})")
        _busy, pages, _written_back = cursor.fetchone()
    return int(pages)
