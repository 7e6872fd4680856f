"""A connection that became a WebSocket, or never gets as far."""

from asyncio import TimerHandle
from asyncio.transports import BaseTransport

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from emotion_site.serving.connections.open_connections import OpenConnections, Place, Standing
from emotion_site.web.admission.early_responses import raw_error_response
from emotion_site.web.error_pages import unreadable_request

HANDSHAKE_WITHIN_S = 15.0


class GuardedSocket(WebSocketsSansIOProtocol):
    """Refuses broken handshakes and ends unfinished ones; uvicorn would keep both for ever.

    An open socket is pinged, so one that is gone is noticed.
    """

    _handshake_deadline: TimerHandle | None = None
    _place: tuple[Place, OpenConnections] | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._handshake_deadline = self.loop.call_later(HANDSHAKE_WITHIN_S, self._give_up)

    def take_over(self, place: Place, connections: OpenConnections) -> None:
        """Keep the place that the connection took when it was opened, and give it back."""
        self._place = place, connections
        place.standing = Standing.STRANGER

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(raw_error_response(unreadable_request()))
            self.transport.close()
        elif self._place is not None and self.handshake_complete:
            self._place[0].standing = Standing.AT_WORK

    def connection_lost(self, exc: Exception | None) -> None:
        if self._handshake_deadline is not None:
            self._handshake_deadline.cancel()
        if self._place is not None:
            place, connections = self._place
            connections.leave(place)
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if not self.handshake_complete:
            self.logger.warning("Ended a connection that did not become a WebSocket")
            self.transport.abort()
