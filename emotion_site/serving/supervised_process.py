import logging
import subprocess
import sys
import time
from collections.abc import Sequence

from django.conf import settings

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A child that lived this long had started well, so the next pause is a short one again.
HEALTHY_AFTER_S = 60.0


class SupervisedProcess:
    """A process that is started again, after a growing pause, whenever it ends by itself."""

    def __init__(
        self, name: str, module: str, argument: str, *, pass_fds: Sequence[int] = (), delay_s: float = 0.0
    ) -> None:
        self.name = name
        self._command = [sys.executable, "-m", module, argument]
        self._pass_fds = pass_fds
        self._pause_s = FIRST_PAUSE_S
        self._start_at = time.monotonic() + delay_s
        self._started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def keep_running(self) -> None:
        """Start the process when it is due, and plan the next start when it has ended."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._start_at:
                self._start(now)
        elif self._process.poll() is not None:
            self._plan_restart(self._process, now)

    def terminate(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait_or_kill(self, deadline: float) -> None:
        """Wait until ``deadline`` (``time.monotonic``) for the process to end, then end it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.warning("Killing a process that does not stop name=%s", self.name)
            self._process.kill()
            self._process.wait()

    def _start(self, now: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own modules, with arguments of our own
            self._command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,  # never written to: its end tells the child that we are gone
            pass_fds=self._pass_fds,
            # Ctrl-C in a terminal reaches a whole process group; the order of stopping is ours.
            process_group=0,
        )
        self._started_at = now
        logger.info("Started name=%s pid=%d", self.name, self._process.pid)

    def _plan_restart(self, ended: subprocess.Popen[bytes], now: float) -> None:
        if now - self._started_at > HEALTHY_AFTER_S:
            self._pause_s = FIRST_PAUSE_S
        logger.warning(
            "Ended by itself, starting again name=%s exit=%s pause_s=%.1f",
            self.name,
            ended.returncode,
            self._pause_s,
        )
        self._process = None
        self._start_at = now + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
