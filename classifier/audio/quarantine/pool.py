"""The decoder processes of one server process, shared by all its requests."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from classifier.audio.exceptions import DecoderBusy
from classifier.audio.limits import Limits, check_size
from classifier.audio.quarantine.decoding_job import Decoded, DecodingJob
from classifier.audio.quarantine.process import STOP_SECONDS, DecoderProcess

__all__ = ["Decoded", "DecoderPool"]

# One process decodes a hundred short clips a second. Who waits longer than this for it sits behind a long or
# hostile file, and is worth the memory of another process.
SPARE_AFTER_SECONDS = 0.5


class DecoderPool:
    """Decodes in quarantine, at most `processes` uploads at a time. Safe to use from many threads.

    The first process starts when it is first needed, or ahead of time with `start`; a spare one when somebody
    has waited for a moment.
    """

    def __init__(self, limits: Limits, processes: int = 2, max_wait_seconds: float = 10.0) -> None:
        self._limits = limits
        self._max_wait_seconds = max_wait_seconds
        self._processes = [DecoderProcess(limits) for _ in range(processes)]
        # Last in, first out: a process that has just worked has its code and memory at hand.
        self._idle: queue.LifoQueue[DecoderProcess] = queue.LifoQueue()
        self._spare: queue.SimpleQueue[DecoderProcess] = queue.SimpleQueue()
        first, *others = self._processes
        self._idle.put(first)
        for process in others:
            self._spare.put(process)

    @property
    def pids(self) -> list[int]:
        """The processes that are running now."""
        return [pid for process in self._processes if (pid := process.pid) is not None]

    @property
    def idle(self) -> int:
        """How many of the started processes have nothing to do now."""
        return self._idle.qsize()

    def start(self) -> None:
        """Start the first process, so that the first upload need not wait for it. Returns at once."""
        with suppress(queue.Empty):
            process = self._idle.get_nowait()
            process.start()
            self._idle.put(process)

    @contextmanager
    def job(self, data: bytes) -> Iterator[DecodingJob]:
        """One upload of any supported format, in the process that is free first.

        Raises AudioRejected with the code of what is wrong with the upload, and DecoderBusy when no
        process became free within `max_wait_seconds`.
        """
        check_size(data, self._limits)
        process = self._take(self._max_wait_seconds)
        try:
            with DecodingJob(process, data) as job:
                yield job
        finally:
            self._idle.put(process)

    def decode(self, data: bytes) -> Decoded:
        """All of a `job` at once, for those who need not begin with the waveform."""
        with self.job(data) as job:
            return job.decoded()

    def close(self) -> None:
        """End all processes; those still at work after a moment are killed. Later use starts them again."""
        idle = self._take_all(max_wait_seconds=STOP_SECONDS)
        for process in self._processes:
            if process in idle:
                process.stop()
                self._idle.put(process)
            else:
                process.kill()

    def _take(self, max_wait_seconds: float) -> DecoderProcess:
        patience = min(SPARE_AFTER_SECONDS, max_wait_seconds)
        with suppress(queue.Empty):
            return self._idle.get(timeout=patience)
        with suppress(queue.Empty):
            return self._spare.get_nowait()
        try:
            return self._idle.get(timeout=max_wait_seconds - patience)
        except queue.Empty:
            raise DecoderBusy from None

    def _take_all(self, max_wait_seconds: float) -> list[DecoderProcess]:
        taken: list[DecoderProcess] = []
        with suppress(DecoderBusy):
            while len(taken) < len(self._processes):
                taken.append(self._take(max_wait_seconds))
        return taken
