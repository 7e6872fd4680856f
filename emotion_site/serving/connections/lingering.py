"""Lingering close: a client may still read its response when a connection closes, within a time limit."""

from asyncio import TimerHandle, Transport
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# A client that is refused while it still sends has this long to stop and read why: closing a connection with
# unread data sends a reset, which discards the response on its way.
LINGER_S = 5.0
# How long a closing connection waits for its last bytes to be read.
FLUSH_TIMEOUT_S = 30.0


class LingeringConnection(HttpToolsProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_lingering = False
        self._end: TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        if not self.is_lingering:
            super().data_received(data)

    def on_headers_complete(self) -> None:
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = cast(Transport, _LingeringTransport(self))

    def on_response_complete(self) -> None:
        if not self.is_lingering:
            super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def close_after_response(self) -> None:
        """Close after a response; the rest of the request is read and ignored for up to ``LINGER_S``."""
        if self.cycle is not None and self.cycle.more_body:
            self.linger()
        else:
            self.close()

    def linger(self) -> None:
        if not self.transport.is_closing() and not self.is_lingering:
            self.is_lingering = True
            self._unset_keepalive_if_required()
            self.transport.write_eof()
            self.flow.resume_reading()
            self._end = self.loop.call_later(LINGER_S, self.close)

    def close(self) -> None:
        if self._end is not None:
            self._end.cancel()
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._end = self.loop.call_later(FLUSH_TIMEOUT_S, self.transport.abort)


class _LingeringTransport:
    """The transport of a connection, for the response to one request."""

    def __init__(self, connection: LingeringConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection.transport, name)

    def write(self, data: bytes) -> None:
        # A response may be written after its connection closed, and uvicorn would raise.
        if not self._connection.transport.is_closing():
            self._connection.transport.write(data)

    def close(self) -> None:
        self._connection.close_after_response()
