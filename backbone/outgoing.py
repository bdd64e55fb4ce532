"""What the writes of this run left and is not out yet: under way to the store, at hand, or on disk only.

No I/O: the relay asks the store and the broker, and says here what came of it.
"""

import itertools
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from backbone.mongo import Collection
from backbone.parcels import Leaves

MOST_AT_HAND: Final = 10_000
"""Writes kept in memory while the broker is away; those beyond are read again from where they stand."""
DOUBT_SECONDS: Final = 300.0
"""How long a write is looked for of which nobody knows whether the store has it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What one write left: its number in its run, and the object it is about."""

    number: int
    collection: Collection
    id: str
    leaves: Leaves


class _Place(Enum):
    """Where what a write left is, until it is out."""

    UNDER_WAY = auto()
    """The store has not answered yet."""
    AT_HAND = auto()
    """In memory, on its way."""
    ON_DISK = auto()
    """Only in its document, if it was written at all."""


@dataclass(slots=True)
class _Open:
    """A write of which what it left is not out yet."""

    collection: Collection
    place: _Place = _Place.UNDER_WAY
    until: float = 0.0
    """How long it is looked for on disk, in seconds of the clock that `doubt` was told."""


class Outgoing:
    """The writes of a run by their numbers, 1 the first.

    Args:
        most_at_hand: how many are kept in memory.
    """

    def __init__(self, most_at_hand: int = MOST_AT_HAND) -> None:
        self._most_at_hand = most_at_hand
        self._last = 0
        self._open: dict[int, _Open] = {}
        self._at_hand: deque[Ready] = deque()
        self._on_disk: dict[int, None] = {}

    @property
    def mark(self) -> int:
        """The number up to which all is out, or was never written."""
        return next(iter(self._open), self._last + 1) - 1

    def __len__(self) -> int:
        """How many writes there are of which what they left is not out yet."""
        return len(self._open)

    def is_out(self, number: int) -> bool:
        """Whether what this write left is out."""
        return number not in self._open

    def begin(self, collection: Collection) -> int:
        """The number of a write that begins now."""
        self._last += 1
        self._open[self._last] = _Open(collection)
        return self._last

    def refused(self, number: int) -> None:
        """The store has not written it."""
        self._open.pop(number, None)

    def doubt(self, number: int, now: float) -> None:
        """The store has written it, or has not, or will."""
        self._leave(number, until=now + DOUBT_SECONDS)

    def written(self, ready: Ready) -> bool:
        """The store has written it; whether it is at hand now."""
        write = self._open.get(ready.number)
        if write is None:
            return False  # a later write of the object has taken it over
        if len(self._at_hand) >= self._most_at_hand:
            self._leave(ready.number, until=0.0)
            return False
        self._take_to_hand(ready)
        return True

    def take_over(self, number: int) -> bool:
        """Let a later write of the same object send what this one left; False when it goes out before by itself."""
        write = self._open.get(number)
        if write is None or write.place is _Place.AT_HAND:
            return False
        del self._open[number]
        self._on_disk.pop(number, None)
        return True

    def at_hand(self, most: int) -> list[Ready]:
        """The next to go out, in their order."""
        return list(itertools.islice(self._at_hand, most))

    def sent(self, some: Sequence[Ready]) -> None:
        """Those that `at_hand` gave are out."""
        for ready in some:
            self._at_hand.popleft()
            del self._open[ready.number]

    def on_disk(self, most: int) -> list[tuple[int, Collection]]:
        """Writes to look for, the longest unlooked first, and where."""
        some = itertools.islice(self._on_disk, most)
        return [(number, self._open[number].collection) for number in some]

    def looked(self, asked: Iterable[int], found: Iterable[Ready], now: float) -> None:
        """Of those asked for these are there; of the others some may still come."""
        for ready in sorted(found, key=lambda one: one.number):
            if ready.number in self._on_disk:
                self._take_to_hand(ready)
        for number in asked:
            write = self._open.get(number)
            if write is None or write.place is not _Place.ON_DISK:
                continue
            del self._on_disk[number]
            if write.until > now:
                self._on_disk[number] = None  # behind the others
            else:
                del self._open[number]

    def _take_to_hand(self, ready: Ready) -> None:
        self._open[ready.number].place = _Place.AT_HAND
        self._on_disk.pop(ready.number, None)
        self._at_hand.append(ready)

    def _leave(self, number: int, *, until: float) -> None:
        if (write := self._open.get(number)) is not None:
            write.place, write.until = _Place.ON_DISK, until
            self._on_disk[number] = None
