"""A waiting line that serves people in turn, however many places one of them holds in it."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class FairLine(Generic[T]):
    """One line per person, and a round through all of them. Not safe to use from several threads.

    Who comes anew goes to the end of the round, and so does everyone after their turn. What belongs to no
    person (None) stands in one line together.
    """

    def __init__(self) -> None:
        self._lines: dict[Hashable, deque[T]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def count_of(self, person: Hashable) -> int:
        return len(self._lines.get(person, ()))

    def add(self, person: Hashable, item: T) -> None:
        self._lines.setdefault(person, deque()).append(item)
        self._count += 1

    def take(self, may_go: Callable[[Hashable], bool] = lambda _person: True) -> tuple[Hashable, T] | None:
        """The first of the next person who may go, or None when there is nobody."""
        person = next(filter(may_go, self._lines), self)  # `self` stands for nobody: None is a person here
        if person is self:
            return None
        line = self._lines.pop(person)
        item = line.popleft()
        if line:
            self._lines[person] = line
        self._count -= 1
        return person, item

    def remove(self, person: Hashable, item: T) -> None:
        """Take back what somebody no longer waits for."""
        line = self._lines[person]
        line.remove(item)
        if not line:
            del self._lines[person]
        self._count -= 1

    def ahead_of(self, person: Hashable) -> Iterator[T]:
        """What would be taken before something that this person added now."""
        rounds = self.count_of(person) + 1
        for line in self._lines.values():
            yield from islice(line, rounds)
