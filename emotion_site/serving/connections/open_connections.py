"""Who holds the connections of this process, and who goes first when there are too many."""

from collections.abc import Callable
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


class Place:
    """One open connection."""

    def __init__(self, address: str, end: Callable[[], None], standing: Standing = Standing.SILENT) -> None:
        self.address = address
        self.end = end
        self.is_gone = False
        self._standing = standing
        self._held: _Held | None = None

    @property
    def standing(self) -> Standing:
        return self._standing

    @standing.setter
    def standing(self, standing: Standing) -> None:
        if self._held is not None and standing != self._standing:
            self._held.move(self, standing)
        self._standing = standing


class _Held:
    """The connections of one address by what they are there for, so that nobody looks through them all.

    Each line is in the order in which they came to it.
    """

    def __init__(self) -> None:
        self._lines: dict[Standing, dict[Place, None]] = {standing: {} for standing in Standing}
        self.count = 0

    def add(self, place: Place) -> None:
        self._lines[place.standing][place] = None
        self.count += 1
        place._held = self

    def remove(self, place: Place) -> None:
        del self._lines[place.standing][place]
        self.count -= 1
        place._held = None

    def move(self, place: Place, standing: Standing) -> None:
        del self._lines[place.standing][place]
        self._lines[standing][place] = None

    def least_needed(self) -> Place:
        return next(next(iter(line)) for line in self._lines.values() if line)


class OpenConnections:
    """The places of a process: at most so many per address, and in total.

    An address that has all of its places gets another one for the oldest connection of its own that does
    nothing; a process that has none left takes it from the address with the most.
    """

    def __init__(self, *, per_address: int, total: int) -> None:
        self._per_address = per_address
        self._total = total
        self._count = 0
        self._held: dict[str, _Held] = {}

    def __len__(self) -> int:
        return self._count

    def enter(self, place: Place) -> bool:
        """Take a place; False when its address, or everybody, has as many as may be and all are in use."""
        if not self._has_room(place.address) or not self._has_room_in_total():
            return False
        if place.address not in self._held:
            self._held[place.address] = _Held()
        self._held[place.address].add(place)
        self._count += 1
        place.is_gone = False
        return True

    def leave(self, place: Place) -> None:
        held = place._held
        if held is not None:
            held.remove(place)
            self._count -= 1
            place.is_gone = True
            if not held.count:
                del self._held[place.address]

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
        if address == NOT_KNOWN_YET or self._count_of(address) < self._per_address:
            return True
        return self._end_one_of(address)

    def _has_room_in_total(self) -> bool:
        return self._count < self._total or self._end_one_of(max(self._held, key=self._count_of))

    def _count_of(self, address: str) -> int:
        return self._held[address].count if address in self._held else 0

    def _end_one_of(self, address: str) -> bool:
        place = self._held[address].least_needed()
        if place.standing >= Standing.AT_WORK:
            return False
        self.leave(place)
        place.end()
        return True
