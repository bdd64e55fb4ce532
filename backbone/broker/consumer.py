"""Reading records, by aiokafka.

kafka-python's own consumer was tried first: one that stood idle after a load
polled without a pause and took 45 % of a core (3.0.12, a done fetch that stays
among those it waits for). aiokafka is here for Faust anyway.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, RebalanceInProgressError
from aiokafka.errors import KafkaError as AIOKafkaError
from kafka.errors import KafkaError

from backbone.broker.records import Received
from backbone.broker.rest import Rest
from backbone.settings import Settings

log = logging.getLogger(__name__)

POLL_MS: Final = 200
FETCH_WAIT_MS: Final = 100
SESSION_MS: Final = 10_000
METADATA_MS: Final = 30_000
"""A group hears of new topics and partitions within this time."""
LEAST_FETCH_BYTES: Final = 1024 * 1024
USUAL_RECORD_BYTES: Final = 1024

Handle = Callable[[Sequence[Received]], Awaitable[None]]


@dataclass
class Consumer:
    """Reads topics and hands batches to a coroutine, at least once.

    With a `group` the partitions are shared with the group's other members and
    offsets are committed after the coroutine returned. Without one every
    partition is read, nothing is committed, and `start` says from where.

    Args:
        settings: where the broker is.
        topics: catalogue names.
        group: catalogue-style group name, or None.
        start: where a reader without committed offsets begins.
        tail: without a group, begin this many records before the end of each
            partition instead.
        begin: without a group, the first offset to read of a topic's partition,
            for those named.
        max_records: most records of one batch.
        rest: how long it leaves others alone after each batch; None = not at all.
    """

    settings: Settings
    topics: Sequence[str]
    group: str | None
    start: Literal["earliest", "latest"] = "earliest"
    tail: int | None = None
    begin: Mapping[tuple[str, int], int] = field(default_factory=dict)
    max_records: int = 1_000
    rest: Rest | None = None
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    """Next offset to read per topic and partition, as far as handed over."""
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    """End of each partition when the reading began (without a group)."""

    def __post_init__(self) -> None:
        self._stopping = asyncio.Event()
        self._ready = asyncio.Event()
        self._prefix = len(self.settings.topic("")) if self.settings.namespace else 0

    async def run(self, handle: Handle) -> None:
        """Read until `stop`; an exception of the coroutine ends the reading and is raised.

        Raises:
            BrokerError: the broker refused, or was away for longer than the client waits.
        """
        client = self._client()
        try:
            await client.start()
            if self.group is None:
                await self._begin(client)
            while not self._stopping.is_set():
                if batch := await self._poll(client):
                    began = time.monotonic()
                    await handle(batch)
                    self._note(batch)
                    await self._commit(client)
                    await self._rest(client, time.monotonic() - began)
                if all(self.positions.get(place, 0) >= end for place, end in self.ends.items()):
                    self._ready.set()
        except AIOKafkaError as trouble:
            # One family of errors for callers, whichever client stands behind.
            raise KafkaError(f"{type(trouble).__name__}: {trouble}") from trouble
        finally:
            await asyncio.shield(client.stop())

    async def ready(self) -> None:
        """Return once everything that was on the log at the start has been handed over."""
        await self._ready.wait()

    def stop(self) -> None:
        """Let `run` return after the batch in hand, without a rest."""
        self._stopping.set()

    def _client(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            *map(self.settings.topic, self.topics),
            bootstrap_servers=self.settings.kafka_servers,
            client_id="drumbeat",
            group_id=None if self.group is None else self.settings.group(self.group),
            auto_offset_reset=self.start,
            enable_auto_commit=False,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 4,
            metadata_max_age_ms=METADATA_MS,
            # One fetch is to bring a whole batch, also when all of it stands in one partition.
            max_partition_fetch_bytes=max(LEAST_FETCH_BYTES, self.max_records * USUAL_RECORD_BYTES),
        )

    async def _begin(self, client: AIOKafkaConsumer) -> None:
        # Without a group the client gives itself every partition of its topics.
        partitions: list[TopicPartition] = sorted(client.assignment())
        # The starting point is fixed now: with a lazy "latest", a record written
        # between opening and the first fetch would be missed.
        ends = await client.end_offsets(partitions)
        begins = await client.beginning_offsets(partitions)
        for partition in partitions:
            place = self._place(partition.topic, partition.partition)
            first = self._first(place, begins[partition], ends[partition])
            client.seek(partition, first)
            self.positions[place] = first
            self.ends[place] = ends[partition]

    def _first(self, place: tuple[str, int], begin: int, end: int) -> int:
        if place in self.begin:
            return max(self.begin[place], begin)
        if self.tail is not None:
            return max(end - self.tail, begin)
        return begin if self.start == "earliest" else end

    async def _poll(self, client: AIOKafkaConsumer) -> list[Received]:
        fetched = await client.getmany(timeout_ms=POLL_MS, max_records=self.max_records)
        if fetched and self.rest is not None:
            # Fetched ahead would be what comes first in the rest, and the batch after it would hold no more than that.
            client.pause(*client.assignment())
        return [self._received(record) for records in fetched.values() for record in records]

    async def _rest(self, client: AIOKafkaConsumer, worked_seconds: float) -> None:
        if self.rest is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), self.rest.after(worked_seconds))
        client.resume(*client.paused())  # those it still has

    async def _commit(self, client: AIOKafkaConsumer) -> None:
        if self.group is None:
            return
        try:
            await client.commit()
        except (CommitFailedError, IllegalStateError, RebalanceInProgressError) as lost:
            # Another member has the partition now and gets the batch again: handlers are idempotent.
            log.info("a batch was not committed: %s", lost)

    def _place(self, name: str, partition: int) -> tuple[str, int]:
        return name[self._prefix :], partition

    def _received(self, record: ConsumerRecord[bytes, bytes]) -> Received:
        return Received(
            topic=record.topic[self._prefix :],
            partition=record.partition,
            offset=record.offset,
            timestamp_ms=record.timestamp,
            key=record.key,
            value=record.value,
            headers=tuple(record.headers),
        )

    def _note(self, batch: Sequence[Received]) -> None:
        for record in batch:
            self.positions[record.topic, record.partition] = record.offset + 1
