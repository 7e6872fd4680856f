"""A bounded queue in front of the engine, and an estimate of how long it takes."""

import math
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from classifier.inference.exceptions import QueueFull
from classifier.inference.fair_queue import FairQueue
from classifier.inference.windows import windowed_seconds

T = TypeVar("T")

# A Wav2Vec2-base on two cores; holds only until the first engine has been measured.
SECONDS_PER_SECOND = 0.1
# How much one prediction moves the average: some ten predictions after a change it has adapted.
SMOOTHING = 0.2


@dataclass(eq=False)
class _Job(Generic[T]):
    predict: Callable[[], T]
    audio_s: float
    future: "Future[T]" = field(default_factory=Future)


class InferenceQueue:
    """Lets at most ``concurrency`` predictions run and ``capacity`` wait; people take turns.

    Thread-safe. Two at a time keep two cores busier than one, because parts of a run are serial. They run in
    as many threads: with one for each who waits, every prediction would run in a thread whose memory has left
    the processor's cache.
    """

    def __init__(self, *, capacity: int = 64, concurrency: int = 2) -> None:
        self.capacity = capacity
        self.concurrency = concurrency
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="predict")
        self._lock = threading.Lock()
        self._waiting: FairQueue[_Job[Any]] = FairQueue()
        self._unfinished = 0
        self._backlog_s = 0.0
        self._running_s = 0.0
        self._seconds_per_second = SECONDS_PER_SECOND

    def submit(self, predict: Callable[[], T], *, duration_s: float, person: Hashable = None) -> "Future[T]":
        """Call ``predict`` for a clip of ``duration_s`` when it is the person's turn.

        Raises QueueFull at once when too many wait already. The future must not be cancelled.
        """
        job = _Job(predict, windowed_seconds(duration_s))
        with self._lock:
            self._require_room()
            self._unfinished += 1
            self._backlog_s += job.audio_s
            self._waiting.put(person, job)
        self._threads.submit(self._run_next)
        return job.future

    def require_room(self) -> None:
        """Raises QueueFull when a clip submitted now would be refused."""
        with self._lock:
            self._require_room()

    def expected_seconds(self, duration_s: float, person: Hashable = None) -> float:
        """Seconds until a clip of ``duration_s`` that this person sent now would have its prediction."""
        with self._lock:
            ahead_s = self._running_s + sum(job.audio_s for job in self._waiting.ahead_of(person))
            return self._seconds_per_second * (ahead_s / self.concurrency + windowed_seconds(duration_s))

    def expect(self, seconds_per_second: float) -> None:
        """Begin the estimate anew, as for another model: seconds it takes per second of audio."""
        with self._lock:
            self._seconds_per_second = seconds_per_second

    def _run_next(self) -> None:
        """Once for every job, but which one it is shows only now."""
        with self._lock:
            entry = self._waiting.get()
            if entry is None:
                return
            _person, job = entry
            self._running_s += job.audio_s
        started = time.perf_counter()
        try:
            prediction = job.predict()
        except BaseException as error:
            self._forget(job)
            job.future.set_exception(error)
        else:
            self._measure((time.perf_counter() - started) / job.audio_s)
            self._forget(job)
            job.future.set_result(prediction)

    def _forget(self, job: _Job[Any]) -> None:
        with self._lock:
            self._unfinished -= 1
            self._backlog_s -= job.audio_s
            self._running_s -= job.audio_s

    def _require_room(self) -> None:
        if self._unfinished >= self.concurrency + self.capacity:
            wait_s = self._seconds_per_second * self._backlog_s / self.concurrency
            raise QueueFull(max(1, math.ceil(wait_s)))

    def _measure(self, seconds_per_second: float) -> None:
        with self._lock:
            self._seconds_per_second += SMOOTHING * (seconds_per_second - self._seconds_per_second)
