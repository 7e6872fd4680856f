"""Keeps work that needs much memory or time to a few requests at once, one of each person."""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from django.db import close_old_connections
from django.utils.translation import gettext_lazy as _

from classifier.inference.fair_queue import FairQueue
from emotion_site.exceptions import UserError

MAX_WAIT_S = 20.0
# Everyone who waits keeps one of the process's threads (`asgi.MAX_THREADS`); the others answer pages.
MOST_WAITING_EACH = 16
MOST_WAITING = 64


class Slots:
    """Lets ``number`` requests of a process work at once, and of one person only one; the others wait.

    A slot that becomes free goes to the person whose turn it is, so that nobody waits for all that another
    person sent. What belongs to no person (None) may take every slot.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._working: set[Hashable] = set()
        self._waiting: FairQueue[threading.Event] = FairQueue()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many requests wait for a place now."""
        return len(self._waiting)

    @contextmanager
    def hold(self, person: Hashable = None) -> Iterator[None]:
        """Hold a slot for the ``with`` block.

        Raises UserError: ``too_many_at_once`` when so many of this person wait already, or none of theirs
        ended within ``MAX_WAIT_S``, and ``busy`` when others held every slot for as long.
        """
        if (granted := self._acquire_or_queue(person)) is not None:
            # Whoever waits must not keep one of the database's few connections from the others.
            close_old_connections()
            if not granted.wait(MAX_WAIT_S):
                self._stop_waiting(person, granted)
        try:
            yield
        finally:
            self._release(person)

    def _acquire_or_queue(self, person: Hashable) -> threading.Event | None:
        """None when a slot is free at once, else the event that is set when one is granted."""
        with self._lock:
            if self._free and self._is_eligible(person):
                self._acquire(person)
                return None
            most = 1 if len(self._waiting) >= MOST_WAITING else MOST_WAITING_EACH
            if person is not None and self._waiting.count_of(person) >= most:
                raise too_many_at_once()
            granted = threading.Event()
            self._waiting.put(person, granted)
            return granted

    def _stop_waiting(self, person: Hashable, granted: threading.Event) -> None:
        with self._lock:
            if granted.is_set():  # at the very last moment
                return
            self._waiting.remove(person, granted)
            raise too_many_uploads() if self._is_eligible(person) else too_many_at_once()

    def _release(self, person: Hashable) -> None:
        with self._lock:
            self._free += 1
            self._working.discard(person)
            while self._free and (following := self._waiting.get(self._is_eligible)):
                next_person, granted = following
                self._acquire(next_person)
                granted.set()

    def _acquire(self, person: Hashable) -> None:
        self._free -= 1
        if person is not None:
            self._working.add(person)

    def _is_eligible(self, person: Hashable) -> bool:
        return person not in self._working


def too_many_uploads() -> UserError:
    detail = _("Many recordings are arriving. Try again in a moment.")
    return UserError("busy", detail, status=503, retry_after_s=2)


def too_many_at_once() -> UserError:
    detail = _(
        "You are sending many recordings at once. Wait until some of them are done, then send the rest."
    )
    return UserError("too_many_at_once", detail, status=429, retry_after_s=5)
