"""Work that many want done at once, and that few of them may want for good reasons."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TooManyWait(Exception):
    """Raised for the one that has waited longest when too many of an address do."""


class Turns:
    """A few places for work, given out address by address, so that many from one delay nobody else.

    Of one address the newest goes first. Where all can be served soon, nobody notices; where one program asks
    without end, whoever shares its address is still answered.
    """

    def __init__(self, places: int, *, most_waiting: int = 64) -> None:
        self._free = places
        self._most_waiting = most_waiting
        # The first address is the next one; who has had a turn goes to the end.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def of(self, address: str) -> AsyncIterator[None]:
        await self._take(address)
        try:
            yield
        finally:
            self._give_back()

    async def _take(self, address: str) -> None:
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
                self._give_back()
            raise

    def _give_back(self) -> None:
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
