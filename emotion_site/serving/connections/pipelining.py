"""HTTP pipelining: requests that a client sends before it has the response to the previous one."""

import fcntl
import struct
import sys
from asyncio import TimerHandle
from typing import Any

from emotion_site.serving.connections.lingering import LingeringConnection

# Each waiting request keeps some 5 KB. No browser pipelines, and few programs do.
MAX_PIPELINED = 4
POLL_INTERVAL_S = 0.05
# A client that takes longer than this to read a response has its connection closed.
CLIENT_READ_TIMEOUT_S = 30.0
# ioctl for the bytes of a socket that the peer has not acknowledged, see tcp(7).
SIOCOUTQ = 0x5411


class PipeliningConnection(LingeringConnection):
    """Handles the next pipelined request once the client has read the response to the previous one.

    uvicorn handles it when the response is written to the system's buffer: a client that sends twenty
    requests and reads nothing would have twenty pages rendered. A connection closes after
    ``MAX_PIPELINED`` of them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next_poll: TimerHandle | None = None

    def on_headers_complete(self) -> None:
        if len(self.pipeline) < MAX_PIPELINED:
            super().on_headers_complete()
        else:
            # The last response says that the connection closes; further requests are ignored.
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        if self.pipeline and not self.transport.is_closing():
            self._start_next_when_read(self.loop.time() + CLIENT_READ_TIMEOUT_S)
        else:
            super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next_poll is not None:
            self._next_poll.cancel()
        super().connection_lost(exc)

    def _start_next_when_read(self, deadline: float) -> None:
        if self.loop.time() > deadline:
            self.transport.abort()
        elif self._unacknowledged_bytes():
            self._next_poll = self.loop.call_later(POLL_INTERVAL_S, self._start_next_when_read, deadline)
        else:
            super().on_response_complete()

    def _unacknowledged_bytes(self) -> int:
        in_system: int = 0
        if sys.platform == "linux":
            sock = self.transport.get_extra_info("socket")
            (in_system,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), SIOCOUTQ, b"\0" * 4))
        return int(self.transport.get_write_buffer_size()) + in_system
