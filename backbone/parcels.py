"""What one write of an object leaves for the relay: the events to publish and the audit's entry.

It stands in the object's document, packed, until the object changes again: a document is not written a second
time only to say that its events are out. Which are, the relay knows by the stamp of the write (`backbone.runs`).

    {stamp: "<run>|<number of the write in it>", parcels: [<BSON of {outbox: [...], trail: [...]}>]}

`parcels` holds more than one when a change met an object whose last one was not known to be out: it takes it over.
Packed, because what only the relay reads should cost others nothing to step over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from backbone.books import entry_id
from backbone.broker import Record
from backbone.mongo import Document, pack, unpack

FIELDS: Final = {"stamp": 1, "parcels": 1}
"""What of a document the relay reads."""

NUMBER_WIDTH: Final = 15
"""Digits of a number in a stamp: stamps of a run sort as their numbers do."""


def stamp_of(run: str, number: int) -> str:
    """The stamp of a run's write of this number."""
    return f"{run}|{number:0{NUMBER_WIDTH}d}"


def read_stamp(stamp: str) -> tuple[str, int]:
    """The run and the number in a stamp."""
    run, _, number = stamp.rpartition("|")
    return run, int(number)


def after(run: str, done: int) -> Document:
    """The condition on stamps of a run's writes with higher numbers."""
    return {"$gt": stamp_of(run, done), "$lt": f"{run}|~"}


@dataclass(frozen=True, slots=True)
class Leaves:
    """What a change leaves.

    Args:
        outbox: events in their order: `{id, topic, key, value}`.
        trail: entries of the audit: `{v, at, actor, did, ...}`.
    """

    outbox: Sequence[Document] = ()
    trail: Sequence[Document] = ()

    @classmethod
    def of(cls, parcels: Iterable[bytes]) -> Self:
        """What is in some parcels, in their order."""
        opened = [unpack(parcel) for parcel in parcels]
        return cls(
            [row for one in opened for row in one["outbox"]],
            [row for one in opened for row in one["trail"]],
        )

    def __add__(self, later: "Leaves") -> "Leaves":
        """This and what was left after it."""
        return Leaves([*self.outbox, *later.outbox], [*self.trail, *later.trail])

    def packed(self) -> bytes:
        """One parcel of it."""
        return pack({"outbox": list(self.outbox), "trail": list(self.trail)})

    def records(self) -> list[Record]:
        """The events as the broker takes them."""
        return [Record(row["topic"], row["key"].encode(), bytes(row["value"])) for row in self.outbox]

    def entries(self, id_: str) -> list[Document]:
        """The entries as the audit of an object keeps them: moving one twice is moving it once."""
        return [{"_id": entry_id(id_, row["v"]), "of": id_, **row} for row in self.trail]


@dataclass(frozen=True, slots=True)
class Left:
    """What stands in a document for the relay."""

    stamp: str
    parcels: tuple[bytes, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """What stands in a document.

        Raises:
            KeyError: it was not read along.
        """
        return cls(document["stamp"], tuple(map(bytes, document["parcels"])))

    def fields(self) -> Document:
        """As it is stored."""
        return {"stamp": self.stamp, "parcels": list(self.parcels)}
