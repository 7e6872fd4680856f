import logging
import threading
import time
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import close_old_connections

from emotion_site import signals
from emotion_site.serving import task_heartbeat
from emotion_site.serving.recovery import recover_stranded
from emotion_site.storage.unfinished import is_abandoned

logger = logging.getLogger(__name__)

# What a killed process leaves is to be gone within a minute, and is not looked at in its first seconds.
EVERY_S = 30.0
# For files that nobody locks: one that is still arriving is written to all the time.
STALE_AFTER_S = 3600.0


class Housekeeper(threading.Thread):
    """Looks after the site at once and twice a minute, until ``stopping`` is set."""

    def __init__(self, stopping: threading.Event) -> None:
        super().__init__(name="housekeeper", daemon=True)
        self._stopping = stopping

    def run(self) -> None:
        while True:
            look_after_site()
            if self._stopping.wait(EVERY_S):
                return


def look_after_site() -> None:
    """Every chore runs even when another fails, for instance while the database is away."""
    chores = (
        remove_stale_uploads,
        recover_stranded,
        task_heartbeat.forget_old_tasks,
        forget_ended_sessions,
        _run_housekeeping_of_apps,
    )
    for chore in chores:
        try:
            chore()
        except Exception:
            logger.exception("Housekeeping failed chore=%s", chore.__name__)
    close_old_connections()


def remove_stale_uploads() -> int:
    """Remove what uploads left behind whose process was killed."""
    stale = [path for path in settings.FILE_UPLOAD_TEMP_DIR.iterdir() if path.is_file() and _is_stale(path)]
    for path in stale:
        path.unlink(missing_ok=True)
    if stale:
        logger.info("Removed stale uploads count=%d", len(stale))
    return len(stale)


def _is_stale(path: Path) -> bool:
    # `DiskUploadHandler` locks what it writes, and Django gives it this name.
    if ".upload" in path.name and is_abandoned(path):
        return True
    return path.stat().st_mtime < time.time() - STALE_AFTER_S


def forget_ended_sessions() -> None:
    """Once a day. Known devices are kept: they record when a person was last seen."""
    if cache.add("emotion_site.sessions-looked-through", True, timeout=24 * 3600):
        SessionStore.clear_expired()


def _run_housekeeping_of_apps() -> None:
    signals.housekeeping.send_robust(sender=None)  # logs the receivers that fail
