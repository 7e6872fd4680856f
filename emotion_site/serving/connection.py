"""Connections of clients that are too slow, by mishap or on purpose, are ended.

uvicorn waits for ever. Without this, a few hundred connections that say nothing, or that never read
their answer, would take every place there is.
"""

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_WITHIN_S = 15.0
MAX_HEADER_BYTES = 64 * 1024
LOOK_AT_WRITING_EVERY_S = 30.0
# Slower than this nobody downloads a recording.
LEAST_BYTES_PER_LOOK = 64 * 1024


class GuardedConnection(HttpToolsProtocol):
    """Allows a request's headers 15 seconds and 64 KB, and an answer at least 2 KB a second.

    The body of a request is looked after in ``body_limit``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._headers_deadline: TimerHandle | None = None
        self._header_bytes = 0
        self._writing_look: TimerHandle | None = None
        self._left_to_write = 0
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self._expect_headers()
        super().data_received(data)
        if self._headers_deadline is not None:
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES:
                self._give_up()

    def on_headers_complete(self) -> None:
        self._forget_headers()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_headers()
        self._forget_writing()
        super().connection_lost(exc)

    def _expect_headers(self) -> None:
        if self._headers_deadline is None:
            self._headers_deadline = self.loop.call_later(HEADERS_WITHIN_S, self._give_up)

    def _forget_headers(self) -> None:
        self._header_bytes = 0
        if self._headers_deadline is not None:
            self._headers_deadline.cancel()
            self._headers_deadline = None

    def _watch_writing(self) -> None:
        self._left_to_write = self.transport.get_write_buffer_size()
        self._writing_look = self.loop.call_later(LOOK_AT_WRITING_EVERY_S, self._look_at_writing)

    def _look_at_writing(self) -> None:
        written = self._left_to_write - self.transport.get_write_buffer_size()
        if written < LEAST_BYTES_PER_LOOK:
            self._give_up()
        else:
            self._watch_writing()

    def _forget_writing(self) -> None:
        if self._writing_look is not None:
            self._writing_look.cancel()
            self._writing_look = None

    def _give_up(self) -> None:
        self.logger.warning("Ended a connection that was too slow or asked too much")
        self.transport.abort()
