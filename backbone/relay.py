"""The relay: publishes what writes leave, in the order of each object, and moves the audit's entries.

A write hands what it left to the relay of its own process once the store has acknowledged it: nothing is read again
or written again for an event to go out. What a crash left stands in the documents, stamped with the run and the number
of the write (`backbone.parcels`), above the mark up to which that run had published (`backbone.runs`): the next run
publishes it under the same ids.

An entry of the audit goes to the collection beside that of the objects, `<objects>_audit` (`_id` = `<id of the
object>|<version>`, so moving twice is moving once).
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from backbone.books import Book, entries_of
from backbone.broker import Publisher
from backbone.failpoints import reached
from backbone.mongo import ASCENDING, Collection, Document, WriteError, insert_new
from backbone.outgoing import MOST_AT_HAND, Outgoing, Ready
from backbone.parcels import FIELDS, Leaves, Left, after, read_stamp, stamp_of
from backbone.patience import over_and_over
from backbone.runs import Run, Runs
from backbone.sending import publish
from backbone.telemetry import WRITES_WAITING

AT_ONCE: Final = 100
"""Writes in a round: an embedded store does one bulk write after the other, and everybody waits so long."""
GATHERING_SECONDS: Final = 0.05
"""How long a relay at work lets more come together: a round for many costs the store hardly more than one for one."""
LOOK_SECONDS: Final = 1.0
RUNS_SECONDS: Final = 5.0


class Unwritten(Exception):
    """Raised where a write turns out to have changed nothing."""


@dataclass(slots=True)
class _Met:
    """What this process did for another run: where it looked, which numbers it sent, as of when it settled the run."""

    looked: set[str] = field(default_factory=set)
    sent: set[int] = field(default_factory=set)
    settled: datetime | None = None


class Relay:
    """Publishes what the writes of its process leave, and what other runs of its service left behind.

    Args:
        publisher: writes to the broker.
        runs: of this service.
        most_at_hand: writes kept in memory while the broker is away.
    """

    def __init__(self, publisher: Publisher, runs: Runs, *, most_at_hand: int = MOST_AT_HAND) -> None:
        self._publisher = publisher
        self._runs = runs
        self._collections: list[Collection] = []
        self._outgoing = Outgoing(most_at_hand)
        WRITES_WAITING.set_function(lambda: len(self._outgoing))
        self._met: dict[str, _Met] = {}
        self._sending: asyncio.Future[None] | None = None
        self._handed = asyncio.Event()
        self.books: list[Book] = []
        """The audit of every kind of objects of this service."""

    def watch(self, collection: Collection) -> None:
        """Take a collection into the look for what crashed runs left."""
        self._collections.append(collection)

    @contextlib.asynccontextmanager
    async def writing(
        self, collection: Collection, id_: str, leaves: Leaves, before: Left | None = None
    ) -> AsyncIterator[Left]:
        """Write an object inside the block, together with what it is given; what the write leaves goes out after it.

        Args:
            collection: where the object lives.
            id_: of the object.
            leaves: what the change leaves.
            before: what stood in the document before; what of it may not be out yet is taken over.

        Raises:
            PyMongoError: the store did not answer before the block began.
            Unwritten: the block raised it: nothing was written.
        """
        await self._runs.hold(self._outgoing.mark)
        carried = () if before is None or await self._is_out(before.stamp) else before.parcels
        number = self._outgoing.begin(collection)
        try:
            yield Left(stamp_of(self._runs.id, number), (*carried, leaves.packed()))
        except (WriteError, Unwritten):
            self._outgoing.refused(number)
            raise
        except BaseException:
            self._outgoing.doubt(number, time.monotonic())
            raise
        reached("write:stored")
        if before is not None and carried:
            leaves = self._taken_over(before) + leaves
        if self._outgoing.written(Ready(number, collection, id_, leaves)):
            self._handed.set()

    async def _is_out(self, stamp: str) -> bool:
        run, number = read_stamp(stamp)
        if run == self._runs.id:
            return self._outgoing.is_out(number)
        return await self._runs.is_out(run, number)

    def _taken_over(self, before: Left) -> Leaves:
        """What an earlier write of the object left that nothing in this process sends before this one."""
        run, number = read_stamp(before.stamp)
        if run == self._runs.id and not self._outgoing.take_over(number):
            return Leaves()
        return Leaves.of(before.parcels)

    async def run(self) -> None:
        """Publish until cancelled; an unreachable broker or store is tried again with growing pauses."""
        looked = recovered = float("-inf")

        async def step() -> None:
            nonlocal looked, recovered
            self._handed.clear()
            now = time.monotonic()
            if now - recovered >= RUNS_SECONDS:
                await self.recover()
                await self._runs.stay(self._outgoing.mark)
                recovered = now
            if now - looked >= LOOK_SECONDS or not self._outgoing.at_hand(1):
                await self._look_on_disk()
                looked = now
            sent = await self._round()
            if sent > 1:
                await asyncio.sleep(GATHERING_SECONDS)
            elif not self._outgoing.at_hand(1):
                await self._rest()

        await over_and_over(step, "relay")

    async def flush(self) -> None:
        """Publish all that is at hand or on disk by now.

        Raises:
            BrokerError: the broker did not take an event; it stays where it is.
            PyMongoError: the store did not answer.
        """
        await self._look_on_disk()
        while await self._round():
            await self._look_on_disk()

    async def close(self) -> None:
        """Publish what is left and end the run; what cannot go out now, the next run finds.

        Raises:
            BrokerError: the broker did not take an event.
            PyMongoError: the store did not answer.
        """
        if self._sending is not None:
            await asyncio.gather(self._sending, return_exceptions=True)
        await self.flush()
        if not self._outgoing:
            await self._runs.end()

    async def recover(self) -> None:
        """Publish what other runs left: once when they are met, and once more when they are silent.

        A run that lives publishes for itself; what it has under way when it is met goes out twice, under the same ids.

        Raises:
            BrokerError: the broker did not take an event.
            PyMongoError: the store did not answer.
        """
        others = await self._runs.others()
        self._met = {run.id: self._met.get(run.id) or _Met(sent=set(run.sent)) for run in others}
        for run in others:
            met = self._met[run.id]
            silent = self._runs.is_silent(run)
            once_more = silent and met.settled != run.at
            for collection in self._collections:
                if once_more or collection.name not in met.looked:
                    await self._send_left_by(run, collection, met.sent)
                    met.looked.add(collection.name)
            if silent:
                await self._runs.settle(run, max(met.sent, default=run.done))
                met.settled = run.at

    async def _send_left_by(self, run: Run, collection: Collection, sent: set[int]) -> None:
        left = collection.find({"stamp": after(run.id, run.done)}, FIELDS).sort("stamp", ASCENDING)
        while some := await left.to_list(AT_ONCE):
            fresh = [ready for ready in _read(collection, some) if ready.number not in sent]
            if fresh:
                await self._send(fresh)
                numbers = [ready.number for ready in fresh]
                await self._runs.sent_for(run, numbers)
                sent.update(numbers)
                reached("relay:recovered")

    async def _look_on_disk(self) -> None:
        """Take to hand some of what this run's writes left on disk only."""
        wanted = self._outgoing.on_disk(AT_ONCE)
        found: list[Ready] = []
        for collection in self._collections:
            stamps = [stamp_of(self._runs.id, number) for number, where in wanted if where.name == collection.name]
            if stamps:
                found += _read(collection, await collection.find({"stamp": {"$in": stamps}}, FIELDS).to_list(None))
        self._outgoing.looked([number for number, _ in wanted], found, time.monotonic())

    async def _round(self) -> int:
        """Publish the next writes at hand; how many there were."""
        some = self._outgoing.at_hand(AT_ONCE)
        if some:
            # To its end, also when the service stops meanwhile: cut off half way it would go out twice.
            self._sending = asyncio.ensure_future(self._send_at_hand(some))
            await asyncio.shield(self._sending)
        return len(some)

    async def _send_at_hand(self, some: Sequence[Ready]) -> None:
        await self._send(some)
        reached("relay:kept")
        self._outgoing.sent(some)
        await self._runs.tell(self._outgoing.mark)

    async def _send(self, some: Sequence[Ready]) -> None:
        await publish(self._publisher, [record for ready in some for record in ready.leaves.records()])
        reached("relay:published")
        for collection in {ready.collection.name: ready.collection for ready in some}.values():
            mine = (ready for ready in some if ready.collection.name == collection.name)
            await insert_new(entries_of(collection), [row for ready in mine for row in ready.leaves.entries(ready.id)])

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._handed.wait(), LOOK_SECONDS)


def _read(collection: Collection, documents: Sequence[Document]) -> list[Ready]:
    """What stands in documents for the relay."""
    read = []
    for document in documents:
        left = Left.of(document)
        read.append(Ready(read_stamp(left.stamp)[1], collection, document["_id"], Leaves.of(left.parcels)))
    return read
