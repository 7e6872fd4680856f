"""Keeps work that needs much memory or time to a few requests at once, one of each person."""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from django.db import close_old_connections
from django.utils.translation import gettext_lazy as _

from classifier.inference.fair_queue import FairLine
from emotion_site.exceptions import UserError

MAX_WAIT_S = 20.0
# Everyone who waits keeps one of the process's threads (`asgi.MAX_THREADS`); the others answer pages.
MOST_WAITING_EACH = 16
MOST_WAITING = 64


class Places:
    """Lets ``number`` requests of a process work at once, and of one person only one; the others wait.

    A place that becomes free goes to the person whose turn it is, so that nobody waits for all that another
    person sent. What belongs to no person (None) may take every place.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._working: set[Hashable] = set()
        self._waiting: FairLine[threading.Event] = FairLine()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many requests wait for a place now."""
        return len(self._waiting)

    @contextmanager
    def one(self, person: Hashable = None) -> Iterator[None]:
        """Hold a place for the ``with`` block.

        Raises UserError: ``too_many_at_once`` when so many of this person wait already, or none of theirs
        ended within ``MAX_WAIT_S``, and ``busy`` when others took every place for as long.
        """
        if (turn := self._take_or_queue(person)) is not None:
            # Whoever waits must not keep one of the database's few connections from the others.
            close_old_connections()
            if not turn.wait(MAX_WAIT_S):
                self._give_up(person, turn)
        try:
            yield
        finally:
            self._leave(person)

    def _take_or_queue(self, person: Hashable) -> threading.Event | None:
        """None when there is a place at once, else the event of the moment in which there is one."""
        with self._lock:
            if self._free and self._may_work(person):
                self._begin(person)
                return None
            most = 1 if len(self._waiting) >= MOST_WAITING else MOST_WAITING_EACH
            if person is not None and self._waiting.count_of(person) >= most:
                raise too_many_at_once()
            turn = threading.Event()
            self._waiting.add(person, turn)
            return turn

    def _give_up(self, person: Hashable, turn: threading.Event) -> None:
        with self._lock:
            if turn.is_set():  # in the very last moment
                return
            self._waiting.remove(person, turn)
            raise busy() if self._may_work(person) else too_many_at_once()

    def _leave(self, person: Hashable) -> None:
        with self._lock:
            self._free += 1
            self._working.discard(person)
            while self._free and (following := self._waiting.take(self._may_work)):
                next_person, turn = following
                self._begin(next_person)
                turn.set()

    def _begin(self, person: Hashable) -> None:
        self._free -= 1
        if person is not None:
            self._working.add(person)

    def _may_work(self, person: Hashable) -> bool:
        return person not in self._working


def busy() -> UserError:
    detail = _("Many recordings are arriving. Try again in a moment.")
    return UserError("busy", detail, status=503, retry_after_s=2)


def too_many_at_once() -> UserError:
    detail = _(
        "You are sending many recordings at once. Wait until some of them are done, then send the rest."
    )
    return UserError("too_many_at_once", detail, status=429, retry_after_s=5)
