"""Reading records."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from kafka import KafkaConsumer, TopicPartition

from backbone.broker.records import Headers, Received
from backbone.settings import Settings

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
    """

    settings: Settings
    topics: Sequence[str]
    group: str | None
    start: Literal["earliest", "latest"] = "earliest"
    tail: int | None = None
    begin: Mapping[tuple[str, int], int] = field(default_factory=dict)
    max_records: int = 1_000
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    """Next offset to read per topic and partition, as far as handed over."""
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    """End of each partition when the reading began (without a group)."""

    def __post_init__(self) -> None:
        self._stopping = False
        self._ready = asyncio.Event()
        self._prefix = len(self.settings.topic("")) if self.settings.namespace else 0

    async def run(self, handle: Handle) -> None:
        """Read until `stop`; an exception of the coroutine ends the reading and is raised.

        Raises:
            BrokerError: the broker refused, or was away for longer than the client waits.
        """
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="consumer") as thread:
            consumer = await loop.run_in_executor(thread, self._open)
            try:
                while not self._stopping:
                    batch = await loop.run_in_executor(thread, self._poll, consumer)
                    if batch:
                        await handle(batch)
                        self._note(batch)
                    if all(self.positions.get(place, 0) >= end for place, end in self.ends.items()):
                        self._ready.set()
                    if not batch:
                        continue
                    if self.group is not None:
                        await loop.run_in_executor(thread, consumer.commit)
            finally:
                await asyncio.shield(loop.run_in_executor(thread, consumer.close))

    async def ready(self) -> None:
        """Return once everything that was on the log at the start has been handed over."""
        await self._ready.wait()

    def stop(self) -> None:
        """Let `run` return after the batch in hand."""
        self._stopping = True

    def _open(self) -> KafkaConsumer:
        consumer = KafkaConsumer(
            bootstrap_servers=self.settings.kafka_servers,
            group_id=self.settings.group(self.group) if self.group is not None else None,
            auto_offset_reset=self.start,
            enable_auto_commit=False,
            max_poll_records=self.max_records,
            fetch_max_wait_ms=100,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
        )
        names = [self.settings.topic(topic) for topic in self.topics]
        if self.group is not None:
            consumer.subscribe(names)
            return consumer
        partitions = [
            TopicPartition(name, number)
            for name in names
            for number in sorted(consumer.partitions_for_topic(name) or ())
        ]
        consumer.assign(partitions)
        # Fix the starting point now: with a lazy "latest" a record written
        # between opening and the first fetch would be missed.
        ends = consumer.end_offsets(partitions)
        begins = consumer.beginning_offsets(partitions)
        for partition in partitions:
            behind = self.tail if self.tail is not None else 0
            earliest = self.tail is None and self.start == "earliest"
            first = begins[partition] if earliest else max(ends[partition] - behind, begins[partition])
            first = self.begin.get((partition.topic[self._prefix :], partition.partition), first)
            consumer.seek(partition, first)
            self.positions[partition.topic[self._prefix :], partition.partition] = first
            self.ends[partition.topic[self._prefix :], partition.partition] = ends[partition]
        return consumer

    def _poll(self, consumer: KafkaConsumer) -> list[Received]:
        fetched: Mapping[TopicPartition, Sequence[_Fetched]] = consumer.poll(timeout_ms=200)
        return [
            Received(
                topic=record.topic[self._prefix :],
                partition=record.partition,
                offset=record.offset,
                timestamp_ms=record.timestamp,
                key=record.key,
                value=record.value,
                headers=tuple(record.headers),
            )
            for records in fetched.values()
            for record in records
        ]

    def _note(self, batch: Sequence[Received]) -> None:
        for record in batch:
            self.positions[record.topic, record.partition] = record.offset + 1


@dataclass(frozen=True)
class _Fetched:
    """The fields read from kafka-python's record; named here for the type checker."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers
