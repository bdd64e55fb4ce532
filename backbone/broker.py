"""Kafka access: the only module that knows kafka-python.

`ensure_topics` makes the catalogue's topics, `Publisher` writes with every
acknowledgement the broker can give, `Consumer` reads at least once. Names
given here are the catalogue's; the namespace of the settings is added inside.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Literal

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, TopicAlreadyExistsError

from backbone.contract.catalogue import TOPICS
from backbone.settings import Settings

__all__ = [
    "STRUCTURED",
    "BrokerError",
    "Consumer",
    "GroupWatch",
    "Placed",
    "Publisher",
    "Received",
    "Record",
    "ensure_topics",
    "topic_ids",
]

log = logging.getLogger(__name__)

BrokerError = KafkaError
STRUCTURED: Final = ("content-type", b"application/cloudevents+json")
MAX_RECORD_BYTES: Final = 3 * 1024 * 1024
"""A dead letter holds a whole record of the broker's usual limit in base64."""
DELIVERY_SECONDS: Final = 120
KEEP_FOREVER: Final = "-1"

Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record to write: the catalogue's topic name, key, value (None = tombstone), headers."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = (STRUCTURED,)


@dataclass(frozen=True, slots=True)
class Received:
    """One record read: where it stands on the log and what it holds."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the broker put a record."""

    topic: str
    partition: int
    offset: int


def ensure_topics(settings: Settings) -> None:
    """Create the catalogue's topics that do not exist yet; leave the others as they are.

    Raises:
        BrokerError: the broker does not answer or refuses a topic.
    """
    with _admin(settings) as admin:
        present = set(admin.list_topics())
        missing = {
            settings.topic(spec.name): {
                "num_partitions": settings.partitions,
                "replication_factor": settings.replication,
                "configs": {
                    "retention.ms": KEEP_FOREVER,
                    "max.message.bytes": str(MAX_RECORD_BYTES),
                    "cleanup.policy": "compact" if spec.compacted else "delete",
                },
            }
            for spec in TOPICS.values()
            if settings.topic(spec.name) not in present
        }
        if not missing:
            return
        try:
            admin.create_topics(missing)
        except TopicAlreadyExistsError:
            # Every service does this at its start: another one was first.
            log.debug("topics are being made by another process")
        admin.wait_for_topics(list(missing))


def topic_ids(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    """The broker's id of each topic: a topic that was deleted and made again has another one.

    Raises:
        BrokerError: the broker does not answer.
        LookupError: a topic does not exist.
    """
    wanted = {settings.topic(name): name for name in names}
    with _admin(settings) as admin:
        found = {
            wanted[described["name"]]: str(described["topic_id"])
            for described in admin.describe_topics(list(wanted))
            if not described["error_code"]
        }
    missing = sorted(set(wanted.values()) - set(found))
    if missing:
        raise LookupError(f"topics do not exist: {', '.join(missing)}; start the stack first")
    return found


class _admin:  # noqa: N801 - a context manager used like a function
    """An admin client that is closed again."""

    def __init__(self, settings: Settings) -> None:
        self._client = KafkaAdminClient(bootstrap_servers=settings.kafka_servers, client_id="drumbeat-admin")

    def __enter__(self) -> KafkaAdminClient:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._client.close()


class Publisher:
    """Writes records; a call returns when every one is on all in-sync replicas.

    The producer is idempotent (its own retries leave no second copy) and keeps
    the order of one caller's records per key. Safe to share between tasks.
    """

    def __init__(self, settings: Settings, *, linger_ms: int = 2) -> None:
        self._settings = settings
        self._producer = KafkaProducer(
            bootstrap_servers=settings.kafka_servers,
            client_id="drumbeat",
            acks="all",
            enable_idempotence=True,
            linger_ms=linger_ms,
            batch_size=256 * 1024,
            max_request_size=MAX_RECORD_BYTES,
            compression_type=None,
            delivery_timeout_ms=DELIVERY_SECONDS * 1000,
        )
        # One thread: records of two calls with the same key keep the order of the calls.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="publisher")

    async def publish(self, record: Record) -> Placed:
        """Write one record.

        Raises:
            BrokerError: the broker did not take it.
        """
        return (await self.publish_many([record]))[0]

    async def publish_many(self, records: Sequence[Record]) -> list[Placed]:
        """Write records in their order and wait for all acknowledgements.

        Raises:
            BrokerError: one was not acknowledged; others may have been written.
        """
        if not records:
            return []
        loop = asyncio.get_running_loop()
        acks = await loop.run_in_executor(self._thread, self._send, records)
        return [
            Placed(record.topic, ack.partition, ack.offset)
            for record, ack in zip(records, await _gathered(acks), strict=True)
        ]

    def _send(self, records: Sequence[Record]) -> list["Future[_Ack]"]:
        sent: list[Future[_Ack]] = []
        for record in records:
            ack: Future[_Ack] = Future()
            self._producer.send(
                self._settings.topic(record.topic),
                key=record.key,
                value=record.value,
                headers=list(record.headers),
            ).add_callback(ack.set_result).add_errback(ack.set_exception)
            sent.append(ack)
        return sent

    async def close(self) -> None:
        """Send what is left and close the connections."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._producer.close, 10)
        self._thread.shutdown(wait=False)


@dataclass(frozen=True, slots=True)
class _Ack:
    """What kafka-python's record metadata gives; named here for the type checker."""

    partition: int
    offset: int


async def _gathered(acks: "Sequence[Future[_Ack]]") -> list[_Ack]:
    # The last record is acknowledged last in nearly every case: waiting for it
    # first spares thousands of wake-ups of the loop in a large batch.
    last = await asyncio.wrap_future(acks[-1])
    return [*[ack.result() if ack.done() else await asyncio.wrap_future(ack) for ack in acks[:-1]], last]


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


class GroupWatch:
    """Watches how far a consumer group is behind the end of its topics.

    Not safe to share between threads.
    """

    def __init__(self, settings: Settings, group: str, topics: Sequence[str]) -> None:
        self._group = settings.group(group)
        self._prefix = len(settings.topic("")) if settings.namespace else 0
        self._admin = KafkaAdminClient(bootstrap_servers=settings.kafka_servers, client_id="drumbeat-watch")
        self._consumer = KafkaConsumer(bootstrap_servers=settings.kafka_servers, enable_auto_commit=False)
        self._partitions = [
            TopicPartition(name, number)
            for name in map(settings.topic, topics)
            for number in sorted(self._consumer.partitions_for_topic(name) or ())
        ]

    def look(self) -> dict[tuple[str, int], tuple[int, int]]:
        """By topic and partition: the group's committed offset and the end of the log.

        Raises:
            BrokerError: the broker does not answer.
        """
        # The committed offsets first: an end that is read later can only be
        # higher, so the group never seems further on than it is.
        offsets = self._admin.list_group_offsets([self._group]).get(self._group, {})
        ends = self._consumer.end_offsets(self._partitions)
        begins = self._consumer.beginning_offsets(self._partitions)
        found = {}
        for partition, end in ends.items():
            committed = offsets.get(partition)
            place = (partition.topic[self._prefix :], partition.partition)
            known = committed is not None and committed.offset >= 0
            found[place] = (committed.offset if known else begins[partition], end)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()
        self._admin.close()


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
