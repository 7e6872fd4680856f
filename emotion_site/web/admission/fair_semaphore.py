"""A semaphore that is fair among client addresses, for requests of anonymous clients."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emotion_site.serving.connections.open_connections import ConnectionState
from emotion_site.web.asgi_types import AsgiApp, Message, Receive, Scope, Send


class TooManyWaiting(Exception):
    """Raised for the oldest waiter of an address that has too many."""


class FairSemaphore:
    """A semaphore whose permits go round robin by address, so that a flood from one delays no other.

    Within an address the newest waiter goes first (LIFO): under a flood, a person who shares the address
    with a program that requests without end is still served.
    """

    def __init__(self, permits: int, *, max_waiting: int = 256) -> None:
        self._free = permits
        self._max_waiting = max_waiting
        # The first address is served next, and then goes to the end.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def of(self, address: str) -> AsyncIterator[None]:
        await self.acquire(address)
        try:
            yield
        finally:
            self.release()

    async def acquire(self, address: str) -> None:
        if self._free:
            self._free -= 1
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiters = self._waiting.setdefault(address, deque())
        waiters.append(waiter)
        if len(waiters) > self._max_waiting and not (oldest := waiters.popleft()).done():
            oldest.set_exception(TooManyWaiting)
        try:
            await waiter
        except asyncio.CancelledError:
            # Cancelled at the very moment when the permit was handed over.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.release()
            raise

    def release(self) -> None:
        while self._waiting:
            address = next(iter(self._waiting))
            waiters = self._waiting.pop(address)
            waiter = waiters.pop()
            if waiters:
                self._waiting[address] = waiters
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1


def limit_concurrency(app: AsgiApp, semaphore: FairSemaphore, address: str) -> AsgiApp:
    """Wrap an ASGI application: it holds a permit from the end of the request to the response's start."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        has_permit = False

        async def receive_then_acquire() -> Message:
            nonlocal has_permit
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                await semaphore.acquire(address)
                has_permit = True
                if (slot := scope.get("slot")) is not None:
                    if slot.is_closed:
                        # The connection closed while it waited: nobody would read the response.
                        return {"type": "http.disconnect"}
                    slot.state = ConnectionState.ACTIVE
            return message

        async def release_and_send(message: Message) -> None:
            nonlocal has_permit
            if has_permit:
                has_permit = False
                semaphore.release()
            await send(message)

        try:
            await app(scope, receive_then_acquire, release_and_send)
        finally:
            if has_permit:
                semaphore.release()

    return limited
