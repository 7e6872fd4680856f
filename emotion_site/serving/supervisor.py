"""The processes behind `manage.py serve`: started together, watched, stopped together."""

import errno
import logging
import signal
import socket
import threading
import time
from types import FrameType

from emotion_site.serving.housekeeper import Housekeeper
from emotion_site.serving.supervised_process import SupervisedProcess
from emotion_site.serving.write_back import WriteBack

logger = logging.getLogger(__name__)

POLL_INTERVAL_S = 0.2
STOP_WITHIN_S = 4.0
# Pages come first: a small machine starts one Python after the other sooner than all at once.
WORKERS_WAIT_S = 2.0
QUEUES = ("default", "training")


class PortInUse(Exception):
    """Another program listens on the wanted address."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, held by the supervisor so that no request is lost while a child restarts.

    Raises PortInUse, or OSError when the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse from error
        raise
    return listener


class Supervisor:
    def __init__(self, listener: socket.socket, *, web_processes: int) -> None:
        fd = listener.fileno()
        web = [
            SupervisedProcess(f"web-{number}", "emotion_site.serving.web", str(fd), pass_fds=[fd])
            for number in range(1, web_processes + 1)
        ]
        workers = [
            SupervisedProcess(f"worker-{queue}", "emotion_site.serving.worker", queue, delay_s=WORKERS_WAIT_S)
            for queue in QUEUES
        ]
        self._children = [*web, *workers]
        self._stopping = threading.Event()

    def run(self) -> None:
        """Supervise until SIGINT, SIGTERM or SIGHUP; then stop everything within seconds."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        for beside in (Housekeeper(self._stopping), WriteBack(self._stopping)):
            beside.start()
        try:
            while not self._stopping.wait(POLL_INTERVAL_S):
                for child in self._children:
                    child.keep_running()
        finally:
            self._stopping.set()
            self._end_children()

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _end_children(self) -> None:
        logger.info("Stopping")
        for child in self._children:
            child.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for child in self._children:
            child.wait_or_kill(deadline)
