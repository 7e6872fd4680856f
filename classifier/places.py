import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import close_old_connections
from django.utils.translation import gettext_lazy as _

from emotion_site.exceptions import UserError

MAX_WAIT_S = 10.0


class Places:
    """Keeps work that needs much memory to so many requests at once; the others of the process wait."""

    def __init__(self, number: int) -> None:
        self._free = threading.BoundedSemaphore(number)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place for the ``with`` block.

        Raises UserError ``busy`` when none became free within ``MAX_WAIT_S``.
        """
        if not self._free.acquire(blocking=False):
            # Whoever waits must not keep one of the database's few connections from the others.
            close_old_connections()
            if not self._free.acquire(timeout=MAX_WAIT_S):
                raise busy()
        try:
            yield
        finally:
            self._free.release()


def busy() -> UserError:
    detail = _("Many recordings are arriving. Try again in a moment.")
    return UserError("busy", detail, status=503, retry_after_s=2)
