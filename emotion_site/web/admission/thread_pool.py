from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# More requests than this at once wait for each other; most of them wait for a decoder anyway.
MAX_THREADS = 100


class PooledThread(Executor):
    """A thread of the pool for one request, taken when there is work, not while the body arrives."""

    def __init__(self, idle: list[ThreadPoolExecutor]) -> None:
        self._idle = idle
        self._thread: ThreadPoolExecutor | None = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self._thread is None:
            # Last in, first out: a thread that has just worked has its connection and memory at hand.
            self._thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, "request")
        return self._thread.submit(fn, *args, **kwargs)

    def give_back(self) -> None:
        if self._thread is None:
            return
        if len(self._idle) < MAX_THREADS:
            self._idle.append(self._thread)
        else:
            self._thread.shutdown(wait=False)
