"""The inbox: what outside systems say on a topic becomes objects of the service that owns it, once by event id.

An HR system or an import sends `member-joined` through the gateway; the directory reads it
from Kafka and makes the member. The events of the platform's own services are passed over,
an adopted event is not emitted again, and what nobody can use goes to the dead letters.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from backbone.broker import Consumer, Publisher, Received, Record, Rest
from backbone.clock import utc_now
from backbone.contract.codec import Rejected, check_record, check_time, decode
from backbone.contract.envelope import Envelope, EventData
from backbone.dead_letters import dead_letter
from backbone.idempotency import Attempt, By
from backbone.outbox import Aggregates, Saved
from backbone.patience import until_done
from backbone.problems import Conflict, NotFound, Refused
from backbone.settings import Settings
from backbone.telemetry import EVENTS_REJECTED

T = TypeVar("T")

Adopt = Callable[[Envelope], Awaitable[None]]
Routes = Mapping[type[EventData], Adopt]

OWN_SOURCES: Final = "/services/"
MOST_AT_ONCE: Final = 32
"""Objects written at the same time: what one key says keeps its order, and the store syncs many writes at once."""
GATHERING: Final = Rest(times=0, least_seconds=0.2)
"""After a batch, a service lets more come together: each batch costs the broker fetches and a commit, most of them for
events of the service's own. Never longer: whoever imports waits for what is adopted."""
READ_AT_ONCE: Final = 100
"""Records a follower reads before it lets others work: about 5 ms."""


@dataclass(frozen=True)
class Adoption:
    """The outside events one service takes in.

    Args:
        settings: where the broker is.
        service: its name; the consumer group is called like it.
        topics: catalogue names.
        routes: what to do with an event of each class; other classes are passed over.
        publisher: for the dead letters.
    """

    settings: Settings
    service: str
    topics: Sequence[str]
    routes: Routes
    publisher: Publisher

    async def run(self) -> None:
        """Take events in until cancelled; the service answers on while the broker is away."""

        async def read() -> None:
            await Consumer(self.settings, self.topics, self.service, rest=GATHERING).run(self.take)

        await until_done(read, "adoption")

    async def take(self, batch: Sequence[Received]) -> None:
        """Take one batch in.

        What took effect before a pause is met again after it and changes nothing then.
        """

        async def once() -> None:
            await self._take(batch)

        await until_done(once, "adoption")

    async def _take(self, batch: Sequence[Received]) -> None:
        strands: dict[tuple[str, bytes | None], list[Received]] = {}
        for received in batch:
            strands.setdefault((received.topic, received.key), []).append(received)
        room = asyncio.Semaphore(MOST_AT_ONCE)

        async def follow(strand: Sequence[Received]) -> list[Record]:
            async with room:
                return [letter for received in strand if (letter := await self._take_one(received))]

        # All are waited for, also after a trouble: none may still be at work when the batch is taken again.
        done = await asyncio.gather(*map(follow, strands.values()), return_exceptions=True)
        letters: list[Record] = []
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome
            letters.extend(outcome)
        await self.publisher.publish_many(letters)

    async def _take_one(self, received: Received) -> Record | None:
        """Let one record act; its dead letter when it cannot be used."""
        try:
            await self._adopted(received)
        except Rejected as rejected:
            EVENTS_REJECTED.labels(self.service, rejected.reason).inc()
            return dead_letter(received, rejected, f"{OWN_SOURCES}{self.service}")
        return None

    async def _adopted(self, received: Received) -> None:
        envelope = read_outside(received)
        if envelope is None or (adopt := self.routes.get(type(envelope.data))) is None:
            return
        try:
            await adopt(envelope)
        except Refused as refused:
            raise Rejected("bad-value", refused.detail, refused.field) from refused


@dataclass(frozen=True)
class Following:
    """What a service keeps an eye on: every event of some topics, whoever said it, some at a time.

    For views of what others tell, such as when a customer was seen last. A batch may come again after a
    crash, so `take` must change nothing the second time. What cannot be read is passed over: whoever
    owns the topic sends it to the dead letters. What is seen this way may be late by the longest rest; who
    writes does not wait for it.

    Args:
        settings: where the broker is.
        group: the consumer group, such as `customers-facts`.
        topics: catalogue names.
        take: what to do with the events of a batch, in the order of each partition.
        at_once: most events of a batch; so many are taken in at least a longest rest, or it falls ever further behind.
        rest: how long it leaves the store to others after each batch.
    """

    settings: Settings
    group: str
    topics: Sequence[str]
    take: Callable[[Sequence[Envelope]], Awaitable[None]]
    at_once: int = 10_000
    rest: Rest = field(default_factory=Rest)

    async def run(self) -> None:
        """Follow until cancelled; the service answers on while the broker or the store is away."""

        async def handle(batch: Sequence[Received]) -> None:
            events: list[Envelope] = []
            for first in range(0, len(batch), READ_AT_ONCE):
                some = map(_readable, batch[first : first + READ_AT_ONCE])
                events += [envelope for envelope in some if envelope is not None]
                await asyncio.sleep(0)  # whoever waits for an answer comes first

            async def once() -> None:
                await self.take(events)

            await until_done(once, "adoption")

        async def read() -> None:
            consumer = Consumer(self.settings, self.topics, self.group, max_records=self.at_once, rest=self.rest)
            await consumer.run(handle)

        await until_done(read, "adoption")


def _readable(received: Received) -> Envelope | None:
    try:
        return decode(received.value or b"", received.headers, unknown_fields="ignore")
    except Rejected:
        return None


def read_outside(received: Received) -> Envelope | None:
    """The event of an outside system in a record; None when one of our own services said it.

    Outside events may not hold unknown fields, as at the gateway: a misspelt name would be lost.
    Our own may, for a service that is a version ahead writes them.

    Raises:
        Rejected: the record holds no event that can be used.
    """
    value = received.value or b""
    envelope = decode(value, received.headers, unknown_fields="ignore")
    check_record(envelope, topic=received.topic, key=received.key)
    if envelope.source.startswith(OWN_SOURCES):
        return None
    check_time(envelope, utc_now())
    return decode(value, received.headers)


async def adopt(objects: Aggregates[T], id_: str, envelope: Envelope, decide: Callable[[T | None], T]) -> None:
    """Create or change the object an outside event is about, once per event id; nothing is emitted.

    Args:
        objects: where it lives.
        id_: of the object.
        envelope: the event.
        decide: pure; the object as it stands (None = there is none) to the object after the event.

    Raises:
        Refused: `decide` says no.
    """
    by = said_by(envelope)
    while True:
        try:
            found: Saved[T] | None = await objects.get(id_)
        except NotFound:
            found = None
        try:
            if found is None:
                await objects.create(id_, decide(None), [], at=envelope.time, by=by)
            elif objects.replay(found, by) is None:
                state = decide(found.state)
                if state != found.state:
                    await objects.change(found, state, [], at=envelope.time, by=by)
        except Conflict:
            continue  # somebody was faster: decide again on what he left
        return


def happened_at(envelope: Envelope) -> datetime:
    """When an event happened, in UTC and milliseconds, as the store keeps it."""
    at = envelope.time.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def said_by(envelope: Envelope) -> By:
    """Who says an event: an attempt of his under the event's id, so that it acts once."""
    # The same id is the same event, whatever else differs: one fingerprint for all.
    attempt = Attempt(envelope.id, "event")
    return By(envelope.actor or envelope.source, envelope.id, attempt=attempt, cause=envelope.id)
