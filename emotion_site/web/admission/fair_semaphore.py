"""Work that many want done at once, and that few of them may want for good reasons."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emotion_site.serving.connections.open_connections import Standing
from emotion_site.web.asgi_types import AsgiApp, Message, Receive, Scope, Send


class TooManyWait(Exception):
    """Raised for the one that has waited longest when too many of an address do."""


class Turns:
    """A few places for work, given out address by address, so that many from one delay nobody else.

    Of one address the newest goes first. Where all can be served soon, nobody notices; where one program asks
    without end, whoever shares its address is still answered.
    """

    def __init__(self, places: int, *, most_waiting: int = 256) -> None:
        self._free = places
        self._most_waiting = most_waiting
        # The first address is the next one; who has had a turn goes to the end.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def of(self, address: str) -> AsyncIterator[None]:
        await self.take(address)
        try:
            yield
        finally:
            self.give_back()

    async def take(self, address: str) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line = self._waiting.setdefault(address, deque())
        line.append(turn)
        if len(line) > self._most_waiting and not (longest := line.popleft()).done():
            longest.set_exception(TooManyWait)
        try:
            await turn
        except asyncio.CancelledError:
            # The client left at the very moment when it was its turn.
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back()
            raise

    def give_back(self) -> None:
        while self._waiting:
            address = next(iter(self._waiting))
            line = self._waiting.pop(address)
            turn = line.pop()
            if line:
                self._waiting[address] = line
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


def in_turn(app: AsgiApp, turns: Turns, address: str) -> AsgiApp:
    """Wrap an ASGI application: it has a turn from when the request is whole until the answer begins."""

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        has_turn = False

        async def receive_then_wait() -> Message:
            nonlocal has_turn
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                await turns.take(address)
                has_turn = True
                if (place := scope.get("place")) is not None:
                    if place.is_gone:
                        # Its connection ended while it waited: no work is done for nobody.
                        return {"type": "http.disconnect"}
                    place.standing = Standing.AT_WORK
            return message

        async def give_back_and_send(message: Message) -> None:
            nonlocal has_turn
            if has_turn:
                has_turn = False
                turns.give_back()
            await send(message)

        try:
            await app(scope, receive_then_wait, give_back_and_send)
        finally:
            if has_turn:
                turns.give_back()

    return waiting
