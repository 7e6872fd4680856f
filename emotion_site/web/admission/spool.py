"""Request bodies spooled for views, with limits per client and in total.

A body is kept in memory while it and the others there are small, else on disk.
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
# A client may fill at most one of so many shares, with so many bodies at once.
SHARES = 8
BODIES_AT_ONCE = 64


class Spool:
    """Counts the bytes of bodies from when they arrive until their response is sent."""

    def __init__(self) -> None:
        self.bytes_of: Counter[str] = Counter()
        self.bodies_of: Counter[str] = Counter()
        self.total = 0

    @contextmanager
    def counted(self, client: str, receive: Receive) -> Iterator[Receive]:
        """``receive`` that raises BodyRefused when this client, or all together, exceed their limit."""
        if self.bodies_of[client] >= BODIES_AT_ONCE:
            raise BodyRefused(_over_share())
        kept = 0

        async def receive_counted() -> Message:
            nonlocal kept
            message = await receive()
            length = len(message.get("body", b""))
            self._require_room(client, length)
            kept += length
            self._add(client, length)
            return message

        self.bodies_of[client] += 1
        try:
            yield receive_counted
        finally:
            self._add(client, -kept)
            self.bodies_of[client] -= 1
            if not self.bodies_of[client]:
                del self.bodies_of[client], self.bytes_of[client]

    def _require_room(self, client: str, length: int) -> None:
        if self.bytes_of[client] + length > settings.SPOOL_BYTES // SHARES:
            raise BodyRefused(_over_share())
        if self.total + length > settings.SPOOL_BYTES:
            raise BodyRefused(busy())

    def _add(self, client: str, length: int) -> None:
        self.bytes_of[client] += length
        self.total += length


def _over_share() -> UserError:
    detail = gettext_lazy("That was a lot at once. Wait a minute, then send the rest.")
    return UserError("throttled", detail, status=429, retry_after_s=10)


class BodyFile(SpooledTemporaryFile[bytes]):
    """A body in memory that moves to disk when it, or all bodies in memory together, become large."""

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
        self._uncount()
        super().rollover()

    def close(self) -> None:
        self._uncount()
        super().close()

    def __del__(self) -> None:
        # Django closes the file of a request that ends well.
        self._uncount()

    def _uncount(self) -> None:
        BodyFile.in_memory -= self._length
        self._length, self._counts = 0, False
