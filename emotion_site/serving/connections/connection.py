"""Connections of clients that are too slow or too many, by mishap or on purpose, are ended.

uvicorn waits for ever. Without this, a few hundred connections that say nothing, or that never read
their answer, would take every place there is.
"""

from asyncio import BaseTransport, TimerHandle
from typing import Any, ClassVar

from django.conf import settings

from emotion_site.exceptions import busy
from emotion_site.serving.connections.open_connections import NOT_KNOWN_YET, OpenConnections, Place, Standing
from emotion_site.serving.connections.pipelining import SentAheadConnection
from emotion_site.serving.connections.websocket import GuardedSocket
from emotion_site.web.admission.client_address import client_address
from emotion_site.web.admission.early_responses import raw_error_response, refuse_early
from emotion_site.web.asgi_types import Receive, Scope, Send
from emotion_site.web.error_pages import unreadable_request

HEADERS_WITHIN_S = 15.0
MAX_HEADER_BYTES = 64 * 1024
LOOK_AT_WRITING_EVERY_S = 30.0
# Slower than this nobody downloads a recording.
LEAST_BYTES_PER_LOOK = 64 * 1024


class GuardedConnection(SentAheadConnection):
    """Allows a request's headers 15 seconds and 64 KB, an answer 2 KB a second, an address its places.

    The body of a request is looked after in ``body_limit``.
    """

    # Set before a process listens; how many it may have open depends on its limit of open files.
    open_connections: ClassVar[OpenConnections] = OpenConnections(per_address=512, total=768)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = Place(NOT_KNOWN_YET, self._abort)
        self._headers_deadline: TimerHandle | None = None
        self._header_bytes = 0
        self._writing_look: TimerHandle | None = None
        self._left_to_write = 0
        self._expect_headers()

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn asks for the narrower kind
        if not settings.NUM_PROXIES:
            self.place.address = client_address(self._peer, ())
        if not self.open_connections.enter(self.place):
            # Not even read: a page would cost more than the connection.
            self.transport.write(raw_error_response(busy()))
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.is_lingering:
            return
        if self.cycle is None or self.cycle.response_complete:
            self._expect_headers()
        super().data_received(data)
        if self._headers_deadline is not None:
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES:
                self._give_up()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["place"] = self.place  # type: ignore[typeddict-unknown-key]

    def on_headers_complete(self) -> None:
        self._forget_headers()
        may_enter = not settings.NUM_PROXIES or self.open_connections.move(
            self.place, client_address(self._peer, self.headers)
        )
        self.app = self.config.loaded_app if may_enter else refuse_one_too_many
        self.place.standing = Standing.STRANGER
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.is_lingering:
            self.place.standing = Standing.SILENT
        elif not self.pipeline:
            self.place.standing = Standing.IDLE
            if settings.NUM_PROXIES:
                # The next request of a proxy may be anyone's.
                self.open_connections.move(self.place, NOT_KNOWN_YET)

    def handle_websocket_upgrade(self) -> None:
        if self.app is refuse_one_too_many:
            self.transport.write(raw_error_response(busy()))
            self.close()
            return
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, GuardedSocket):
            protocol.take_over(self.place, self.open_connections)

    def send_400_response(self, msg: str) -> None:
        self.transport.write(raw_error_response(unreadable_request()))
        self.place.standing = Standing.SILENT
        self.linger()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.place.standing = Standing.NOT_READING
        self._watch_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.place.standing = Standing.AT_WORK
        self._forget_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_connections.leave(self.place)
        self._forget_headers()
        self._forget_writing()
        super().connection_lost(exc)

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else NOT_KNOWN_YET

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
        self._abort()

    def _abort(self) -> None:
        self.transport.abort()


async def refuse_one_too_many(scope: Scope, receive: Receive, send: Send) -> None:
    """What an address behind a proxy is answered that has all of its places; others go on."""
    await refuse_early(scope, send, busy())
