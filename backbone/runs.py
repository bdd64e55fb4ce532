"""Runs of a service's processes: up to which of its writes each has published.

One document a run: `{_id, done, at, sent?}`. Every write of a run carries its number (`backbone.parcels`). `done` says
that whatever has this number or a lower one is out, `sent` which higher ones others have sent for it since. A run that
ends in peace takes its document along. Who finds one looks for documents stamped with higher numbers: they are what a
crash left. A run without a document is over, and all of its writes are out.

A run may write for `LEASE_SECONDS` after it was last heard of; it says something before it writes on, also when its
process was stopped for a while. So a run that was not heard of for `SILENT_SECONDS` has nothing under way.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from backbone.clock import utc_now
from backbone.contract.ids import new_event_id
from backbone.mongo import Collection, Document

LEASE_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 60.0
STAY_SECONDS: Final = 3_600.0
KEPT: Final = timedelta(days=1)
"""How long the document of a run that crashed is kept after it was last heard of."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its document tells of it."""

    id: str
    done: int
    at: datetime
    sent: frozenset[int]


class Runs:
    """The runs of one service, and this process's own.

    Args:
        collection: where they are.
        monotonic: seconds, for tests.
    """

    def __init__(self, collection: Collection, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._collection = collection
        self._monotonic = monotonic
        self.id: Final = new_event_id()
        """Of this process's run."""
        self._heard: float | None = None
        self._telling = asyncio.Lock()
        self._known: dict[str, int | None] = {}
        self._watched: dict[str, tuple[datetime, float]] = {}

    async def hold(self, done: int) -> None:
        """Return when this run may write.

        Raises:
            PyMongoError: the store did not answer.
        """
        if self._silent_for(LEASE_SECONDS):
            async with self._telling:  # the first writes of a run come together, and only one of them can begin it
                if self._silent_for(LEASE_SECONDS):
                    await self._tell(done)

    async def tell(self, done: int) -> None:
        """Say that this run lives, and how far it is.

        Raises:
            PyMongoError: the store did not answer.
        """
        async with self._telling:
            await self._tell(done)

    async def _tell(self, done: int) -> None:
        asked = self._monotonic()
        steps = {"$max": {"done": done}, "$set": {"at": utc_now()}}
        await self._collection.update_one({"_id": self.id}, steps, upsert=True)
        self._heard = asked

    async def stay(self, done: int) -> None:
        """Let an idle run not be taken for one that is over.

        Raises:
            PyMongoError: the store did not answer.
        """
        if self._heard is not None and self._silent_for(STAY_SECONDS):
            await self.tell(done)

    def _silent_for(self, seconds: float) -> bool:
        return self._heard is None or self._monotonic() - self._heard > seconds

    async def end(self) -> None:
        """Take this run's document along: all it wrote is out.

        Raises:
            PyMongoError: the store did not answer.
        """
        if self._heard is not None:
            await self._collection.delete_one({"_id": self.id})
            self._heard = None

    async def is_out(self, run: str, number: int) -> bool:
        """Whether a write of another run is surely out.

        Raises:
            PyMongoError: the store did not answer.
        """
        if run not in self._known:
            found = await self._collection.find_one({"_id": run})
            self._known[run] = None if found is None else found["done"]
        done = self._known[run]
        return done is None or number <= done

    async def others(self) -> list[Run]:
        """The other runs there are.

        Raises:
            PyMongoError: the store did not answer.
        """
        found = await self._collection.find({"_id": {"$gt": ""}}).to_list(None)
        runs = [_read(row) for row in found if row["_id"] != self.id]
        self._known.update((run.id, run.done) for run in runs)
        return runs

    def is_silent(self, run: Run) -> bool:
        """Whether nothing was heard of a run for so long that it has nothing under way.

        By this process's own clock, from when it first saw the run as it is.
        """
        at, since = self._watched.get(run.id, (None, 0.0))
        if at != run.at:
            self._watched[run.id] = (run.at, self._monotonic())
            return False
        return self._monotonic() - since >= SILENT_SECONDS

    async def sent_for(self, run: Run, numbers: Sequence[int]) -> None:
        """Note what was sent for another run, for those who meet it later.

        Raises:
            PyMongoError: the store did not answer.
        """
        await self._collection.update_one({"_id": run.id}, {"$push": {"sent": {"$each": list(numbers)}}})

    async def settle(self, run: Run, done: int) -> None:
        """Note that all a silent run left is out, up to a number; forget a run that was silent for a day.

        Raises:
            PyMongoError: the store did not answer.
        """
        if utc_now() - run.at >= KEPT:
            await self._collection.delete_one({"_id": run.id, "at": run.at})
        elif done > run.done:
            await self._collection.update_one({"_id": run.id}, {"$max": {"done": done}, "$unset": {"sent": ""}})


def _read(row: Document) -> Run:
    return Run(row["_id"], row["done"], row["at"], frozenset(row.get("sent", ())))
