"""Who holds the connections of this process, and who goes first when there are too many."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

# Of a connection that waits for a proxy to say for whom it is.
NOT_KNOWN_YET = ""


class Standing(IntEnum):
    """What a connection is there for; the lower goes first."""

    SILENT = 0  # It never asked for anything whole, or was refused.
    IDLE = 1  # It was answered, and may ask again.
    STRANGER = 2  # Somebody unknown sends a request or waits for an answer.
    NOT_READING = 3  # The answer is there, and nobody takes it.
    AT_WORK = 4


@dataclass(eq=False)
class Place:
    """One open connection."""

    address: str
    end: Callable[[], None]
    standing: Standing = Standing.SILENT
    is_gone: bool = False


class OpenConnections:
    """The places of a process: at most so many per address, and in total.

    An address that has all of its places gets another one for the oldest connection of its own that does
    nothing; a process that has none left takes it from the address with the most.
    """

    def __init__(self, *, per_address: int, total: int) -> None:
        self._per_address = per_address
        self._total = total
        self._count = 0
        # Of each address in the order in which they came.
        self._places: dict[str, dict[Place, None]] = {}

    def __len__(self) -> int:
        return self._count

    def enter(self, place: Place) -> bool:
        """Take a place; False when its address, or everybody, has as many as may be and all are in use."""
        if not self._has_room(place.address) or not self._has_room_in_total():
            return False
        self._places.setdefault(place.address, {})[place] = None
        self._count += 1
        place.is_gone = False
        return True

    def leave(self, place: Place) -> None:
        of_address = self._places.get(place.address, {})
        if place in of_address:
            del of_address[place]
            self._count -= 1
            place.is_gone = True
            if not of_address:
                del self._places[place.address]

    def move(self, place: Place, address: str) -> bool:
        """Count a connection for another address; False, and all as before, when that has no place."""
        if place.address == address:
            return True
        if not self._has_room(address):
            return False
        self.leave(place)
        place.address = address
        return self.enter(place)

    def _has_room(self, address: str) -> bool:
        if address == NOT_KNOWN_YET or len(self._places.get(address, {})) < self._per_address:
            return True
        return self._end_one_of(address)

    def _has_room_in_total(self) -> bool:
        return self._count < self._total or self._end_one_of(self._address_with_most())

    def _address_with_most(self) -> str:
        return max(self._places, key=lambda address: len(self._places[address]))

    def _end_one_of(self, address: str) -> bool:
        # Of equals the oldest. Under attack that is the very first, so nobody looks through them all.
        places = self._places[address]
        silent = next((place for place in places if place.standing == Standing.SILENT), None)
        place = silent or min(places, key=lambda held: held.standing)
        if place.standing >= Standing.AT_WORK:
            return False
        self.leave(place)
        place.end()
        return True
