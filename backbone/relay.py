"""The relay: publishes what the outboxes hold, in the order of each aggregate, and takes off what the broker took.

It also moves the audit's entries from the documents to the collection beside theirs, `<objects>_audit`
(`_id` = `<id of the object>|<version>`, so moving twice is moving once). What an outbox is and how a
document looks: `backbone.outbox`.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from backbone.broker import BrokerError, Publisher, Record
from backbone.mongo import Collection, Document, PyMongoError, UpdateOne, insert_new
from backbone.telemetry import EVENTS_PUBLISHED

log = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 1.0
SWEEP_LIMIT: Final = 100
"""Objects a sweep takes on: an embedded store does one bulk write after the other, and everybody waits so long."""
TAKEN_OFF_AT_ONCE: Final = 100
GATHERING_SECONDS: Final = 0.05
"""How long a relay at work lets more come together: a round for many costs the store hardly more than one for one."""
FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Book:
    """The audit of one kind of objects.

    Args:
        noun: what an object is called, such as `follow up`.
        objects: where the objects live.
        owner: the field that names the owner, by whom row scope is decided; None = the audit is for admins.
    """

    noun: str
    objects: Collection
    owner: str | None

    @property
    def entries(self) -> Collection:
        """Where the entries are."""
        return entries_of(self.objects)


def entries_of(objects: Collection) -> Collection:
    """Where the audit's entries about the objects of a collection are."""
    return objects.database[f"{objects.name}_audit"]


def owner_field(kind: type) -> str | None:
    """The stored field that names the owner of objects of a kind: a member is his own."""
    named: Mapping[str, object] = getattr(kind, "__dataclass_fields__", {})
    if "owner_id" in named:
        return "owner_id"
    return "member_id" if hasattr(kind, "owner_id") and "member_id" in named else None


class Relay:
    """Publishes the pending events of the watched collections.

    It starts at once when woken, looking only where something was written, and everywhere
    by itself every second, for what a crash left. An event is taken off only after the broker
    acknowledged it, so a crash in between publishes it again under the same id.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._collections: list[Collection] = []
        self._wakened = asyncio.Event()
        self._written: set[str] = set()
        self._stopping = False
        self.books: list[Book] = []
        """The audit of every kind of objects of this service."""
        self.published = 0
        """Events the broker acknowledged since the start."""

    def watch(self, collection: Collection) -> None:
        """Take a collection into the sweep."""
        self._collections.append(collection)

    def wake(self, collection: Collection | None = None) -> None:
        """Say that something is pending in a collection; in any of them, when none is named."""
        self._written.update(
            watched.name for watched in ([collection] if collection is not None else self._collections)
        )
        self._wakened.set()

    def stop(self) -> None:
        """Let `run` return after the sweep in hand."""
        self._stopping = True
        self._wakened.set()

    async def run(self) -> None:
        """Sweep until stopped; an unreachable broker or store is tried again with growing pauses."""
        pause = FIRST_RETRY_SECONDS
        everywhere = 0.0
        while not self._stopping:
            if time.monotonic() >= everywhere:
                self._written.update(collection.name for collection in self._collections)
                everywhere = time.monotonic() + SWEEP_SECONDS
            written, self._written = self._written, set()
            self._wakened.clear()
            try:
                gathered = await self._round(written)
                pause = FIRST_RETRY_SECONDS
            except (BrokerError, PyMongoError, OSError) as trouble:
                log.warning("relay waits %.1f s: %s", pause, trouble)
                self._written |= written
                await asyncio.sleep(pause)
                pause = min(pause * 2, LAST_RETRY_SECONDS)
                continue
            if gathered > 1:
                await asyncio.sleep(GATHERING_SECONDS)
            elif not self._written:
                await self._rest()

    async def _round(self, written: Iterable[str]) -> int:
        """Sweep the collections written to; how many events there were."""
        published = self.published
        for collection in self._collections:
            if collection.name in written and await self.sweep(collection):
                self._written.add(collection.name)
        return self.published - published

    async def sweep(self, collection: Collection) -> bool:
        """Publish one round of a collection; True when there may be more.

        Raises:
            BrokerError: the broker did not take an event; it stays pending.
            PyMongoError: the store did not answer.
        """
        waiting = await collection.find({"pending": True}, _LEFT).to_list(SWEEP_LIMIT)
        if not waiting:
            return False
        records = [
            Record(row["topic"], row["key"].encode(), bytes(row["value"]))
            for document in waiting
            for row in document.get("outbox", ())
        ]
        await self._publisher.publish_many(records)
        self.published += len(records)
        for topic, count in Counter(record.topic for record in records).items():
            EVENTS_PUBLISHED.labels(topic).inc(count)
        entries = [_moved(document["_id"], row) for document in waiting for row in document.get("trail", ())]
        await insert_new(entries_of(collection), entries)
        await _take_off(collection, waiting)
        return len(waiting) == SWEEP_LIMIT

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wakened.wait(), SWEEP_SECONDS)
        except TimeoutError:
            return


async def _take_off(collection: Collection, waiting: list[Document]) -> None:
    """Take off what was published and moved, and leave what was added meanwhile."""
    done = {"$unset": {"pending": "", "outbox": "", "trail": ""}}
    taken = 0
    for version, ids in _by_version(waiting):
        # One step for many: the embedded store takes half as long as for a step each (0.8 and 1.6 ms a document).
        written = await collection.update_many({"_id": {"$in": ids}, "version": version}, done)
        taken += written.matched_count
    if taken < len(waiting):
        await collection.bulk_write([_pulled(document) for document in waiting], ordered=False)


def _by_version(waiting: list[Document]) -> Iterator[tuple[int, list[str]]]:
    """Ids of documents of one version, a hundred at most: the embedded store compares each hit with the whole list."""
    together: dict[int, list[str]] = {}
    for document in waiting:
        together.setdefault(document["version"], []).append(document["_id"])
    for version, ids in together.items():
        for first in range(0, len(ids), TAKEN_OFF_AT_ONCE):
            yield version, ids[first : first + TAKEN_OFF_AT_ONCE]


def _pulled(document: Mapping[str, Any]) -> UpdateOne:
    """The step that takes what was handed on off a document that has changed since."""
    return UpdateOne(
        {"_id": document["_id"], "version": {"$ne": document["version"]}, "pending": True},
        {
            "$pull": {
                "outbox": {"id": {"$in": [row["id"] for row in document.get("outbox", ())]}},
                "trail": {"v": {"$in": [row["v"] for row in document.get("trail", ())]}},
            }
        },
    )


def _moved(id_: str, row: Document) -> Document:
    return {"_id": f"{id_}|{row['v']:08d}", "of": id_, **row}


_LEFT: Final = {"outbox": 1, "trail": 1, "version": 1}
