"""A connection that became a WebSocket, or never gets as far."""

from asyncio import TimerHandle
from asyncio.transports import BaseTransport

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HANDSHAKE_WITHIN_S = 15.0
REFUSAL = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class GuardedSocket(WebSocketsSansIOProtocol):
    """Answers a handshake that is none and ends one that comes to nothing; uvicorn would keep both for ever.

    An open socket is pinged, so one that is gone is noticed.
    """

    _handshake_deadline: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._handshake_deadline = self.loop.call_later(HANDSHAKE_WITHIN_S, self._give_up)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(REFUSAL)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._handshake_deadline is not None:
            self._handshake_deadline.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if not self.handshake_complete:
            self.logger.warning("Ended a connection that did not become a WebSocket")
            self.transport.abort()
