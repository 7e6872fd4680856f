"""The connection slots of this process, shared fairly among addresses, and which are evicted first."""

from collections.abc import Callable
from enum import IntEnum

# Of a connection from a proxy between requests: the next request's headers name the client.
UNKNOWN_ADDRESS = ""


class ConnectionState(IntEnum):
    """The state of a connection; lower ones are evicted first."""

    NO_REQUEST = 0  # It never sent a whole request, or was refused.
    IDLE = 1  # Kept alive after a response.
    ANONYMOUS = 2  # An unauthenticated request is being received or waits to be handled.
    WRITE_BLOCKED = 3  # The client does not read its response.
    ACTIVE = 4  # A request is being handled; never evicted.


class ConnectionSlot:
    """One open connection."""

    def __init__(
        self, address: str, abort: Callable[[], None], state: ConnectionState = ConnectionState.NO_REQUEST
    ) -> None:
        self.address = address
        self.abort = abort
        self.is_closed = False
        self._state = state
        self._owner: _AddressSlots | None = None

    @property
    def state(self) -> ConnectionState:
        return self._state

    @state.setter
    def state(self, state: ConnectionState) -> None:
        if self._owner is not None and state != self._state:
            self._owner.move(self, state)
        self._state = state


class _AddressSlots:
    """The slots of one address by state, so that finding one to evict needs no scan.

    Within a state, the slot that entered it first comes first.
    """

    def __init__(self) -> None:
        self._by_state: dict[ConnectionState, dict[ConnectionSlot, None]] = {
            state: {} for state in ConnectionState
        }
        self.count = 0

    def add(self, slot: ConnectionSlot) -> None:
        self._by_state[slot.state][slot] = None
        self.count += 1
        slot._owner = self

    def remove(self, slot: ConnectionSlot) -> None:
        del self._by_state[slot.state][slot]
        self.count -= 1
        slot._owner = None

    def move(self, slot: ConnectionSlot, state: ConnectionState) -> None:
        del self._by_state[slot.state][slot]
        self._by_state[state][slot] = None

    def first_to_evict(self) -> ConnectionSlot:
        return next(next(iter(slots)) for slots in self._by_state.values() if slots)


class OpenConnections:
    """The connection slots of a process: at most so many per address, and in total.

    When an address has no slot left, its oldest inactive connection is evicted; when the process has none
    left, that of the address with the most.
    """

    def __init__(self, *, per_address: int, total: int) -> None:
        self._per_address = per_address
        self._total = total
        self._count = 0
        self._by_address: dict[str, _AddressSlots] = {}

    def __len__(self) -> int:
        return self._count

    def acquire(self, slot: ConnectionSlot) -> bool:
        """Take a slot; False when the limit per address or in total is reached and nothing can be evicted."""
        if not self._has_room(slot.address) or not self._has_room_in_total():
            return False
        if slot.address not in self._by_address:
            self._by_address[slot.address] = _AddressSlots()
        self._by_address[slot.address].add(slot)
        self._count += 1
        slot.is_closed = False
        return True

    def release(self, slot: ConnectionSlot) -> None:
        of_address = slot._owner
        if of_address is not None:
            of_address.remove(slot)
            self._count -= 1
            slot.is_closed = True
            if not of_address.count:
                del self._by_address[slot.address]

    def move(self, slot: ConnectionSlot, address: str) -> bool:
        """Count a connection for another address; False, with nothing changed, when that has no slot free."""
        if slot.address == address:
            return True
        if not self._has_room(address):
            return False
        self.release(slot)
        slot.address = address
        return self.acquire(slot)

    def _has_room(self, address: str) -> bool:
        if address == UNKNOWN_ADDRESS or self._count_of(address) < self._per_address:
            return True
        return self._evict_one_of(address)

    def _has_room_in_total(self) -> bool:
        return self._count < self._total or self._evict_one_of(max(self._by_address, key=self._count_of))

    def _count_of(self, address: str) -> int:
        return self._by_address[address].count if address in self._by_address else 0

    def _evict_one_of(self, address: str) -> bool:
        slot = self._by_address[address].first_to_evict()
        if slot.state >= ConnectionState.ACTIVE:
            return False
        self.release(slot)
        slot.abort()
        return True
