"""A bounded queue in front of the engine, and an estimate of how long it takes."""

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from classifier.engine.exceptions import QueueFull
from classifier.engine.windows import windowed_seconds

# A Wav2Vec2-base on two cores; holds only until the first engine has been measured.
SECONDS_PER_SECOND = 0.1
# How much one prediction moves the average: some ten predictions after a change it has adapted.
SMOOTHING = 0.2


class InferenceQueue:
    """Lets at most ``concurrency`` predictions run and ``capacity`` wait, first come, first served.

    Thread-safe. Two at a time keep two cores busier than one, because parts of a run are serial.
    """

    def __init__(self, *, capacity: int = 64, concurrency: int = 2) -> None:
        self.capacity = capacity
        self.concurrency = concurrency
        self._waiting: deque[object] = deque()
        self._running = 0
        self._backlog_s = 0.0
        self._seconds_per_second = SECONDS_PER_SECOND
        self._turn = threading.Condition()

    @contextmanager
    def turn(self, *, duration_s: float) -> Iterator[None]:
        """Wait for a turn to predict a clip of ``duration_s`` and hold it for the ``with`` block.

        Raises QueueFull at once when too many wait already.
        """
        audio_s = windowed_seconds(duration_s)
        self._wait(audio_s)
        started = time.perf_counter()
        try:
            yield
            self._measure((time.perf_counter() - started) / audio_s)
        finally:
            with self._turn:
                self._running -= 1
                self._backlog_s -= audio_s
                self._turn.notify_all()

    def require_room(self) -> None:
        """Raises QueueFull when a clip that came now would be turned away."""
        with self._turn:
            self._require_room()

    def expected_seconds(self, duration_s: float) -> float:
        """Seconds until a clip of ``duration_s`` that came now would have its prediction."""
        with self._turn:
            ahead_s = self._backlog_s / self.concurrency
            return self._seconds_per_second * (ahead_s + windowed_seconds(duration_s))

    def expect(self, seconds_per_second: float) -> None:
        """Begin the estimate anew, as for another model: seconds it takes per second of audio."""
        with self._turn:
            self._seconds_per_second = seconds_per_second

    def _wait(self, audio_s: float) -> None:
        ticket = object()
        with self._turn:
            self._require_room()
            self._waiting.append(ticket)
            self._backlog_s += audio_s
            try:
                self._turn.wait_for(lambda: self._waiting[0] is ticket and self._running < self.concurrency)
                self._running += 1
            except BaseException:
                # Ctrl-C while waiting must not leave a ticket that blocks those behind it.
                self._backlog_s -= audio_s
                raise
            finally:
                self._waiting.remove(ticket)
                self._turn.notify_all()

    def _require_room(self) -> None:
        if self._running >= self.concurrency and len(self._waiting) >= self.capacity:
            wait_s = self._seconds_per_second * self._backlog_s / self.concurrency
            raise QueueFull(max(1, math.ceil(wait_s)))

    def _measure(self, seconds_per_second: float) -> None:
        with self._turn:
            self._seconds_per_second += SMOOTHING * (seconds_per_second - self._seconds_per_second)
