"""Requests that a client sends before it has the answer to the one before (HTTP pipelining)."""

import fcntl
import struct
import sys
from asyncio import TimerHandle
from typing import Any

from emotion_site.serving.connections.lingering import LingeringConnection

# Each that waits keeps some 5 KB. No browser sends any ahead, and few programs do.
MOST_AHEAD = 4
LOOK_EVERY_S = 0.05
# Longer than this no client takes over an answer that it wants; then its connection is ended.
TAKEN_WITHIN_S = 30.0
# How many bytes of a socket the other side has not confirmed (SIOCOUTQ, see tcp(7)).
UNCONFIRMED_BYTES = 0x5411


class SentAheadConnection(LingeringConnection):
    """Begins the next of several requests when the client has taken the answer before.

    uvicorn begins it when the answer is written, which is when the system has it: a client that sends twenty
    requests and reads nothing would have twenty pages made. A connection ends after ``MOST_AHEAD`` of them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next_look: TimerHandle | None = None

    def on_headers_complete(self) -> None:
        if len(self.pipeline) < MOST_AHEAD:
            super().on_headers_complete()
        else:
            # The last one that is answered says that the connection ends; what comes after it is passed over.
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        if self.pipeline and not self.transport.is_closing():
            self._when_taken(self.loop.time() + TAKEN_WITHIN_S)
        else:
            super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)

    def _when_taken(self, deadline: float) -> None:
        if self.loop.time() > deadline:
            self.transport.abort()
        elif self._untaken_bytes():
            self._next_look = self.loop.call_later(LOOK_EVERY_S, self._when_taken, deadline)
        else:
            super().on_response_complete()

    def _untaken_bytes(self) -> int:
        in_system = 0
        if sys.platform == "linux":
            sock = self.transport.get_extra_info("socket")
            (in_system,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), UNCONFIRMED_BYTES, b"\0" * 4))
        in_process: int = self.transport.get_write_buffer_size()
        return in_process + in_system
