"""Limits on connections that become WebSockets, or fail to."""

from asyncio import TimerHandle
from asyncio.transports import BaseTransport

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from emotion_site.serving.connections.open_connections import ConnectionSlot, ConnectionState, OpenConnections
from emotion_site.web.admission.early_responses import raw_error_response
from emotion_site.web.error_pages import unreadable_request

HANDSHAKE_TIMEOUT_S = 15.0


class GuardedWebSocket(WebSocketsSansIOProtocol):
    """Refuses broken handshakes and ends unfinished ones; uvicorn would keep both for ever.

    uvicorn pings an open socket, which notices a lost one.
    """

    _handshake_timer: TimerHandle | None = None
    _slot: tuple[ConnectionSlot, OpenConnections] | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._handshake_timer = self.loop.call_later(HANDSHAKE_TIMEOUT_S, self._give_up)

    def adopt_slot(self, slot: ConnectionSlot, connections: OpenConnections) -> None:
        """Take over the slot that the connection acquired when it was opened, and release it in the end."""
        self._slot = slot, connections
        slot.state = ConnectionState.ANONYMOUS

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(raw_error_response(unreadable_request()))
            self.transport.close()
        elif self._slot is not None and self.handshake_complete:
            self._slot[0].state = ConnectionState.ACTIVE

    def connection_lost(self, exc: Exception | None) -> None:
        if self._handshake_timer is not None:
            self._handshake_timer.cancel()
        if self._slot is not None:
            slot, connections = self._slot
            connections.release(slot)
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if not self.handshake_complete:
            self.logger.warning("Ended a connection that did not become a WebSocket")
            self.transport.abort()
