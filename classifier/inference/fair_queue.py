"""A queue that serves people round-robin, however many items one of them has in it."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A queue per person, served in rounds. Not safe to use from several threads.

    Whoever comes anew goes to the end of the round, and so does everyone after their turn. Items of no
    person (None) share one queue.
    """

    def __init__(self) -> None:
        self._queues: dict[Hashable, deque[T]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def count_of(self, person: Hashable) -> int:
        return len(self._queues.get(person, ()))

    def put(self, person: Hashable, item: T) -> None:
        self._queues.setdefault(person, deque()).append(item)
        self._count += 1

    def get(
        self, is_eligible: Callable[[Hashable], bool] = lambda _person: True
    ) -> tuple[Hashable, T] | None:
        """The first item of the next eligible person, or None when there is none."""
        person = next(filter(is_eligible, self._queues), self)  # `self` stands for nobody: None is a person
        if person is self:
            return None
        queue = self._queues.pop(person)
        item = queue.popleft()
        if queue:
            self._queues[person] = queue
        self._count -= 1
        return person, item

    def remove(self, person: Hashable, item: T) -> None:
        """Remove an entry that nobody waits for any longer."""
        queue = self._queues[person]
        queue.remove(item)
        if not queue:
            del self._queues[person]
        self._count -= 1

    def ahead_of(self, person: Hashable) -> Iterator[T]:
        """What would be served before an item that this person put in now."""
        rounds = self.count_of(person) + 1
        for queue in self._queues.values():
            yield from islice(queue, rounds)
