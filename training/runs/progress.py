"""What a worker writes on the row of the run it is busy with."""

import logging
import time
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models import F
from django.utils import timezone

from training.models import TrainingRun

logger = logging.getLogger(__name__)

KEPT_LINES, LONGEST_LINE = 200, 300
State = TrainingRun.State
AWAY = (OperationalError, InterfaceError)
# A database that restarts is back by then.
PAUSES_S = (0.5, 1, 2, 5, 10, 20, 20)


class RunLost(Exception):
    """The run was ended, or taken over by another worker."""


class RunRow:
    """The row of a run that this worker took. Every write is a sign of life.

    The number of the attempt tells workers apart: one that was thought dead loses the run for good.
    """

    def __init__(self, run: TrainingRun) -> None:
        self.run = run
        self._log = list(run.log)
        unfinished = TrainingRun.objects.unfinished().filter(pk=run.pk)
        if not unfinished.update(attempts=F("attempts") + 1):
            raise RunLost
        run.refresh_from_db()
        self.attempt = run.attempts
        started = run.started_at or timezone.now()
        self.note(state=State.PREPARING, stage="", started_at=started, error_code="", error_detail="")

    def note(self, **fields: Any) -> None:
        """Write fields. Raises RunLost; a database that is busy for a moment only costs this note."""
        try:
            self._write(fields)
        except AWAY as error:
            logger.warning("Missed a note run=%s reason=%s", self.run.pk, error)
            close_old_connections()

    def keep(self, **fields: Any) -> None:
        """Write fields that must not get lost: waits for a database that is away, then lets its error out."""
        for pause_s in PAUSES_S:
            try:
                return self._write(fields)
            except AWAY as error:
                logger.warning("Waiting for the database run=%s reason=%s", self.run.pk, error)
                close_old_connections()
                time.sleep(pause_s)
        return self._write(fields)

    def _write(self, fields: dict[str, Any]) -> None:
        if not self._mine().update(**fields, heartbeat=timezone.now()):
            raise RunLost

    def say(self, line: str) -> None:
        """Add a line to the log that people read; it is written with the next note."""
        self._log = [*self._log, f"{timezone.now():%H:%M:%S} {line[:LONGEST_LINE]}"][-KEPT_LINES:]

    @property
    def log(self) -> list[str]:
        return self._log

    def wants_to_stop(self) -> bool:
        try:
            return bool(self._mine().filter(cancel_requested=True).exists())
        except AWAY:
            close_old_connections()
            return False

    def end(self, state: str, **fields: Any) -> None:
        self.keep(state=state, finished_at=timezone.now(), seconds_left=None, log=self._log, **fields)
        logger.info("Ended run=%s state=%s code=%s", self.run.pk, state, fields.get("error_code", ""))

    def _mine(self) -> Any:
        return TrainingRun.objects.unfinished().filter(pk=self.run.pk, attempts=self.attempt)
