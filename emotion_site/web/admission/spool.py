"""Bodies on their way to a view: how much of them this process keeps, for one person and for all.

A body waits in memory while it is small and few others wait there, else on the disk.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from emotion_site.exceptions import UserError, busy
from emotion_site.web.admission.body_limit import BodyRefused
from emotion_site.web.asgi_types import Message, Receive

# Of all bodies together; what a hundred ordinary uploads need at once.
MEMORY_BYTES = 32 * 1024 * 1024
# A person keeps at most this part of all there is, and so many bodies on their way at once.
PARTS = 8
BODIES_AT_ONCE = 64


class Spool:
    """Counts the bytes of bodies from when they arrive until their response is sent."""

    def __init__(self) -> None:
        self.bytes_of: Counter[str] = Counter()
        self.bodies_of: Counter[str] = Counter()
        self.total = 0

    @contextmanager
    def counted(self, sender: str, receive: Receive) -> Iterator[Receive]:
        """``receive`` that raises BodyRefused when this sender, or everybody, has too much on its way."""
        if self.bodies_of[sender] >= BODIES_AT_ONCE:
            raise BodyRefused(_a_lot_at_once())
        kept = 0

        async def receive_counted() -> Message:
            nonlocal kept
            message = await receive()
            length = len(message.get("body", b""))
            self._require_room(sender, length)
            kept += length
            self._add(sender, length)
            return message

        self.bodies_of[sender] += 1
        try:
            yield receive_counted
        finally:
            self._add(sender, -kept)
            self.bodies_of[sender] -= 1
            if not self.bodies_of[sender]:
                del self.bodies_of[sender], self.bytes_of[sender]

    def _require_room(self, sender: str, length: int) -> None:
        if self.bytes_of[sender] + length > settings.SPOOL_BYTES // PARTS:
            raise BodyRefused(_a_lot_at_once())
        if self.total + length > settings.SPOOL_BYTES:
            raise BodyRefused(busy())

    def _add(self, sender: str, length: int) -> None:
        self.bytes_of[sender] += length
        self.total += length


def _a_lot_at_once() -> UserError:
    detail = gettext_lazy("That was a lot at once. Wait a minute, then send the rest.")
    return UserError("throttled", detail, status=429, retry_after_s=10)


class BodyFile(SpooledTemporaryFile[bytes]):
    """A body in memory that moves to the disk when it, or what all of them take there, becomes large."""

    in_memory = 0

    def __init__(self) -> None:
        super().__init__(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE, mode="w+b")
        self._length = 0
        self._counts = True

    def write(self, data: Any) -> int:
        if self._counts and BodyFile.in_memory + len(data) > MEMORY_BYTES:
            self.rollover()
        written = super().write(data)
        if self._counts:
            self._length += written
            BodyFile.in_memory += written
        return written

    def rollover(self) -> None:
        self._forget()
        super().rollover()

    def close(self) -> None:
        self._forget()
        super().close()

    def __del__(self) -> None:
        # Django closes the file of a request that ends well.
        self._forget()

    def _forget(self) -> None:
        BodyFile.in_memory -= self._length
        self._length, self._counts = 0, False
