"""What a worker writes on the row of the run it is busy with."""

import logging
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from training.events import run_changed
from training.models import TrainingRun

logger = logging.getLogger(__name__)

KEPT_LINES, LONGEST_LINE = 200, 300
State = TrainingRun.State


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
        fields["heartbeat"] = timezone.now()
        try:
            kept = self._mine().update(**fields)
        except OperationalError as error:
            logger.warning("Missed a note run=%s reason=%s", self.run.pk, error)
            return
        if not kept:
            raise RunLost
        announce(self.run.pk)

    def say(self, line: str) -> None:
        """Add a line to the log that people read; it is written with the next note."""
        self._log = [*self._log, f"{timezone.now():%H:%M:%S} {line[:LONGEST_LINE]}"][-KEPT_LINES:]

    @property
    def log(self) -> list[str]:
        return self._log

    def wants_to_stop(self) -> bool:
        try:
            return self._mine().filter(cancel_requested=True).exists()
        except OperationalError:
            return False

    def end(self, state: str, **fields: Any) -> None:
        self.note(state=state, finished_at=timezone.now(), seconds_left=None, log=self._log, **fields)
        logger.info("Ended run=%s state=%s code=%s", self.run.pk, state, fields.get("error_code", ""))

    def _mine(self) -> Any:
        return TrainingRun.objects.unfinished().filter(pk=self.run.pk, attempts=self.attempt)


def announce(run_id: UUID) -> None:
    transaction.on_commit(lambda: run_changed.send_robust(sender=TrainingRun, run_id=run_id))
