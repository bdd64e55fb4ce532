"""The relay: publishes what the outboxes hold, in the order of each aggregate, and takes off what the broker took.

What an outbox is and how a document looks: `backbone.outbox`.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from backbone.broker import BrokerError, Publisher, Record
from backbone.mongo import Collection, PyMongoError, UpdateOne
from backbone.telemetry import EVENTS_PUBLISHED

log = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 1.0
SWEEP_LIMIT: Final = 500
FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 10.0


class Relay:
    """Publishes the pending events of the watched collections.

    It starts at once when woken and looks by itself every second for what a
    crash left. An event is taken off only after the broker acknowledged it, so
    a crash in between publishes it again under the same id.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._collections: list[Collection] = []
        self._wakened = asyncio.Event()
        self._stopping = False
        self.published = 0
        """Events the broker acknowledged since the start."""

    def watch(self, collection: Collection) -> None:
        """Take a collection into the sweep."""
        self._collections.append(collection)

    def wake(self) -> None:
        """Say that something is pending."""
        self._wakened.set()

    def stop(self) -> None:
        """Let `run` return after the sweep in hand."""
        self._stopping = True
        self._wakened.set()

    async def run(self) -> None:
        """Sweep until stopped; an unreachable broker or store is tried again with growing pauses."""
        pause = FIRST_RETRY_SECONDS
        while not self._stopping:
            try:
                self._wakened.clear()
                more = False
                for collection in self._collections:
                    more |= await self.sweep(collection)
                pause = FIRST_RETRY_SECONDS
            except (BrokerError, PyMongoError, OSError) as trouble:
                log.warning("relay waits %.1f s: %s", pause, trouble)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LAST_RETRY_SECONDS)
                continue
            if not more:
                await self._rest()

    async def sweep(self, collection: Collection) -> bool:
        """Publish one round of a collection; True when there may be more.

        Raises:
            BrokerError: the broker did not take an event; it stays pending.
            PyMongoError: the store did not answer.
        """
        waiting = await collection.find({"pending": True}, {"outbox": 1, "version": 1}).to_list(SWEEP_LIMIT)
        records = [
            Record(row["topic"], row["key"].encode(), bytes(row["value"]))
            for document in waiting
            for row in document["outbox"]
        ]
        if not waiting:
            return False
        await self._publisher.publish_many(records)
        self.published += len(records)
        for topic, count in Counter(record.topic for record in records).items():
            EVENTS_PUBLISHED.labels(topic).inc(count)
        await collection.bulk_write([step for document in waiting for step in _taken_off(document)], ordered=False)
        return len(waiting) == SWEEP_LIMIT

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wakened.wait(), SWEEP_SECONDS)
        except TimeoutError:
            return


def _taken_off(document: Mapping[str, Any]) -> list[UpdateOne]:
    """The steps that take acknowledged events off, whatever was added meanwhile."""
    ids = [row["id"] for row in document["outbox"]]
    unchanged = {"_id": document["_id"], "version": document["version"]}
    added_to = {"_id": document["_id"], "version": {"$ne": document["version"]}}
    return [
        UpdateOne(unchanged, {"$unset": {"pending": "", "outbox": ""}}),
        UpdateOne(added_to, {"$pull": {"outbox": {"id": {"$in": ids}}}}),
    ]
