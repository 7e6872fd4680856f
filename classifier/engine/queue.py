"""A bounded queue in front of the engine, and an estimate of how long it takes."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from classifier.engine.exceptions import QueueFull
from classifier.engine.windows import windowed_seconds

T = TypeVar("T")

# A Wav2Vec2-base on two cores; holds only until the first engine has been measured.
SECONDS_PER_SECOND = 0.1
# How much one prediction moves the average: some ten predictions after a change it has adapted.
SMOOTHING = 0.2


class InferenceQueue:
    """Lets at most ``concurrency`` predictions run and ``capacity`` wait, first come, first served.

    Thread-safe. Two at a time keep two cores busier than one, because parts of a run are serial. They run in
    as many threads: with one for each who waits, every answer would come from a thread whose memory has left
    the processor's cache.
    """

    def __init__(self, *, capacity: int = 64, concurrency: int = 2) -> None:
        self.capacity = capacity
        self.concurrency = concurrency
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="predict")
        self._lock = threading.Lock()
        self._unfinished = 0
        self._backlog_s = 0.0
        self._seconds_per_second = SECONDS_PER_SECOND

    def submit(self, predict: Callable[[], T], *, duration_s: float) -> Future[T]:
        """Call ``predict`` for a clip of ``duration_s`` when it is its turn.

        Raises QueueFull at once when too many wait already. The future must not be cancelled.
        """
        audio_s = windowed_seconds(duration_s)
        with self._lock:
            self._require_room()
            self._unfinished += 1
            self._backlog_s += audio_s
        return self._threads.submit(self._run, predict, audio_s)

    def require_room(self) -> None:
        """Raises QueueFull when a clip that came now would be turned away."""
        with self._lock:
            self._require_room()

    def expected_seconds(self, duration_s: float) -> float:
        """Seconds until a clip of ``duration_s`` that came now would have its prediction."""
        with self._lock:
            ahead_s = self._backlog_s / self.concurrency
            return self._seconds_per_second * (ahead_s + windowed_seconds(duration_s))

    def expect(self, seconds_per_second: float) -> None:
        """Begin the estimate anew, as for another model: seconds it takes per second of audio."""
        with self._lock:
            self._seconds_per_second = seconds_per_second

    def _run(self, predict: Callable[[], T], audio_s: float) -> T:
        started = time.perf_counter()
        try:
            answer = predict()
            self._measure((time.perf_counter() - started) / audio_s)
            return answer
        finally:
            with self._lock:
                self._unfinished -= 1
                self._backlog_s -= audio_s

    def _require_room(self) -> None:
        if self._unfinished >= self.concurrency + self.capacity:
            wait_s = self._seconds_per_second * self._backlog_s / self.concurrency
            raise QueueFull(max(1, math.ceil(wait_s)))

    def _measure(self, seconds_per_second: float) -> None:
        with self._lock:
            self._seconds_per_second += SMOOTHING * (seconds_per_second - self._seconds_per_second)
