"""End connections of clients that are too slow or open too many, by accident or on purpose.

uvicorn waits for ever. Without this, a few hundred connections that send nothing, or never read the
response, would take every slot.
"""

from asyncio import BaseTransport, TimerHandle
from typing import Any, ClassVar

from django.conf import settings

from emotion_site.exceptions import busy
from emotion_site.serving.connections.open_connections import (
    UNKNOWN_ADDRESS,
    ConnectionSlot,
    ConnectionState,
    OpenConnections,
)
from emotion_site.serving.connections.pipelining import PipeliningConnection
from emotion_site.serving.connections.websocket import GuardedWebSocket
from emotion_site.web.admission.client_address import client_address
from emotion_site.web.admission.early_responses import raw_error_response, refuse_early
from emotion_site.web.asgi_types import Receive, Scope, Send
from emotion_site.web.error_pages import unreadable_request

HEADERS_TIMEOUT_S = 15.0
MAX_HEADER_BYTES = 64 * 1024
WRITE_CHECK_INTERVAL_S = 30.0
# Slower than this nobody downloads a recording.
MIN_BYTES_PER_CHECK = 64 * 1024


class GuardedConnection(PipeliningConnection):
    """Allows a request's headers 15 seconds and 64 KB, a response 2 KB a second, an address its slots.

    ``body_limit`` limits the body of a request.
    """

    # Set before a process listens; how many it may have open depends on its limit of open files.
    open_connections: ClassVar[OpenConnections] = OpenConnections(per_address=512, total=768)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slot = ConnectionSlot(UNKNOWN_ADDRESS, self._abort)
        self._headers_timer: TimerHandle | None = None
        self._header_bytes = 0
        self._write_check: TimerHandle | None = None
        self._unwritten_bytes = 0
        self._start_headers_timeout()

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn asks for the narrower kind
        if not settings.NUM_PROXIES:
            self.slot.address = client_address(self._peer, ())
        if not self.open_connections.acquire(self.slot):
            # Closed unread: rendering a page would cost more than the connection.
            self.transport.write(raw_error_response(busy()))
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.is_lingering:
            return
        if self.cycle is None or self.cycle.response_complete:
            self._start_headers_timeout()
        super().data_received(data)
        if self._headers_timer is not None:
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES:
                self._give_up()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["slot"] = self.slot  # type: ignore[typeddict-unknown-key]

    def on_headers_complete(self) -> None:
        self._cancel_headers_timeout()
        may_enter = not settings.NUM_PROXIES or self.open_connections.move(
            self.slot, client_address(self._peer, self.headers)
        )
        self.app = self.config.loaded_app if may_enter else refuse_over_limit
        self.slot.state = ConnectionState.ANONYMOUS
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.is_lingering:
            self.slot.state = ConnectionState.NO_REQUEST
        elif not self.pipeline:
            self.slot.state = ConnectionState.IDLE
            if settings.NUM_PROXIES:
                # A proxy's next request may come from another client.
                self.open_connections.move(self.slot, UNKNOWN_ADDRESS)

    def handle_websocket_upgrade(self) -> None:
        if self.app is refuse_over_limit:
            self.transport.write(raw_error_response(busy()))
            self.close()
            return
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, GuardedWebSocket):
            protocol.adopt_slot(self.slot, self.open_connections)

    def send_400_response(self, msg: str) -> None:
        self.transport.write(raw_error_response(unreadable_request()))
        self.slot.state = ConnectionState.NO_REQUEST
        self.linger()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.slot.state = ConnectionState.WRITE_BLOCKED
        self._schedule_write_check()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.slot.state = ConnectionState.ACTIVE
        self._cancel_write_check()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_connections.release(self.slot)
        self._cancel_headers_timeout()
        self._cancel_write_check()
        super().connection_lost(exc)

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else UNKNOWN_ADDRESS

    def _start_headers_timeout(self) -> None:
        if self._headers_timer is None:
            self._headers_timer = self.loop.call_later(HEADERS_TIMEOUT_S, self._give_up)

    def _cancel_headers_timeout(self) -> None:
        self._header_bytes = 0
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

    def _schedule_write_check(self) -> None:
        self._unwritten_bytes = self.transport.get_write_buffer_size()
        self._write_check = self.loop.call_later(WRITE_CHECK_INTERVAL_S, self._check_write_progress)

    def _check_write_progress(self) -> None:
        written = self._unwritten_bytes - self.transport.get_write_buffer_size()
        if written < MIN_BYTES_PER_CHECK:
            self._give_up()
        else:
            self._schedule_write_check()

    def _cancel_write_check(self) -> None:
        if self._write_check is not None:
            self._write_check.cancel()
            self._write_check = None

    def _give_up(self) -> None:
        self.logger.warning("Ended a connection that was too slow or asked too much")
        self._abort()

    def _abort(self) -> None:
        self.transport.abort()


async def refuse_over_limit(scope: Scope, receive: Receive, send: Send) -> None:
    """The response to an address behind a proxy whose slots are all in use; other addresses go on."""
    await refuse_early(scope, send, busy())
