"""What a worker writes on the row of the run that it leased."""

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
DATABASE_AWAY = (OperationalError, InterfaceError)
# A database that restarts is back by then.
RETRY_AFTER_S = (0.5, 1, 2, 5, 10, 20, 20)


class LeaseLost(Exception):
    """The run was ended, or taken over by another worker."""


class Cancelled(Exception):
    """Cancellation of the run was requested."""


class RunProgress:
    """The row of a run that this worker leased. Every write is a heartbeat.

    The number of the attempt tells workers apart: one that was thought dead loses the lease for good.
    """

    def __init__(self, run: TrainingRun) -> None:
        self.run = run
        unfinished = TrainingRun.objects.unfinished().filter(pk=run.pk)
        if not unfinished.update(attempts=F("attempts") + 1):
            raise LeaseLost
        run.refresh_from_db()
        self._log = list(run.log)
        self.attempt = run.attempts
        started = run.started_at or timezone.now()
        self.update(state=State.PREPARING, stage="", started_at=started, error_code="", error_detail="")

    def update(self, **fields: Any) -> None:
        """Write fields and the log. Raises LeaseLost; a database that is busy only costs this update."""
        try:
            self._write(fields)
        except DATABASE_AWAY as error:
            logger.warning("Missed an update run=%s reason=%s", self.run.pk, error)
            close_old_connections()

    def save(self, **fields: Any) -> None:
        """Write fields that must not get lost: waits for a database that is away, then lets its error out."""
        for pause_s in RETRY_AFTER_S:
            try:
                return self._write(fields)
            except DATABASE_AWAY as error:
                logger.warning("Waiting for the database run=%s reason=%s", self.run.pk, error)
                close_old_connections()
                time.sleep(pause_s)
        return self._write(fields)

    def _write(self, fields: dict[str, Any]) -> None:
        if not self._leased().update(**fields, log=self._log, heartbeat=timezone.now()):
            raise LeaseLost

    def log(self, line: str) -> None:
        """Add a line to the log that people read; it is written with the next update."""
        self._log = [*self._log, f"{timezone.now():%H:%M:%S} {line[:LONGEST_LINE]}"][-KEPT_LINES:]

    def is_cancel_requested(self) -> bool:
        try:
            return bool(self._leased().filter(cancel_requested=True).exists())
        except DATABASE_AWAY:
            close_old_connections()
            return False

    def raise_if_cancelled(self) -> None:
        if self.is_cancel_requested():
            raise Cancelled

    def finish(self, state: str, **fields: Any) -> None:
        self.save(state=state, finished_at=timezone.now(), seconds_left=None, **fields)
        logger.info("Finished run=%s state=%s code=%s", self.run.pk, state, fields.get("error_code", ""))

    def _leased(self) -> Any:
        return TrainingRun.objects.unfinished().filter(pk=self.run.pk, attempts=self.attempt)
