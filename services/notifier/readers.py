"""Reading the log: onwards from a start fixed once, and again from a moment of the past."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backbone.broker import Consumer, Received
from backbone.clock import epoch_ms
from backbone.contract.codec import Rejected, check_record, decode
from backbone.contract.envelope import Envelope
from backbone.settings import Settings
from backbone.telemetry import EVENTS_REJECTED

Starts = Mapping[tuple[str, int], int]
"""First offset to read, by topic and partition; 0 where nothing is said."""


def read_event(record: Received) -> Envelope | None:
    """The event of a record; None for one that cannot be used, which analytics puts among the dead letters."""
    try:
        envelope = decode(record.value or b"", record.headers, unknown_fields="ignore")
        check_record(envelope, topic=record.topic, key=record.key)
    except Rejected as rejected:
        EVENTS_REJECTED.labels("notifier", rejected.reason).inc()
        return None
    return envelope


async def ends_of(settings: Settings, topics: Sequence[str]) -> Starts:
    """The end of every partition of these topics at this moment.

    Raises:
        BrokerError: the broker does not answer.
    """
    reader = Consumer(settings, topics, None, start="latest")

    async def pass_over(_: Sequence[Received]) -> None:
        """What comes after the ends is nobody's business here."""

    reading = asyncio.ensure_future(reader.run(pass_over))
    known = asyncio.ensure_future(reader.ready())
    await asyncio.wait({reading, known}, return_when=asyncio.FIRST_COMPLETED)
    known.cancel()
    reader.stop()
    await reading
    return dict(reader.ends)


@dataclass
class Onwards(Consumer):
    """Reads as a member of a group, and nothing that lies before `starts`.

    A group that begins at "latest" would lose what is written while it has read nothing yet and its process
    dies; so the start is fixed once, outside, and the group itself begins at "earliest".
    """

    starts: Starts = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._begun: set[Any] = set()

    def _poll(self, consumer: Any) -> list[Received]:
        batch = super()._poll(consumer)
        assigned: set[Any] = set(consumer.assignment())
        for place in assigned - self._begun:
            start = self.starts.get((place.topic[self._prefix :], place.partition), 0)
            position = consumer.position(place)
            if position is not None and position < start:
                consumer.seek(place, start)
        self._begun = assigned
        return [record for record in batch if record.offset >= self.starts.get((record.topic, record.partition), 0)]


@dataclass
class Again(Consumer):
    """Reads every partition from the first record of a moment to where it ends now; commits nothing."""

    since: datetime | None = None

    def _open(self) -> Any:
        consumer = super()._open()
        if self.since is None:
            return consumer
        wanted = dict.fromkeys(consumer.assignment(), epoch_ms(self.since))
        for place, found in consumer.offsets_for_times(wanted).items():
            known = (place.topic[self._prefix :], place.partition)
            self.positions[known] = self.ends[known] if found is None else found.offset
            consumer.seek(place, self.positions[known])
        return consumer


def body_of(envelope: Envelope) -> bytes:
    """The event as structured JSON, as channels send it.

    Without the log's bound: what a binary event carried in its headers counted for nothing there.
    """
    return envelope.model_dump_json(exclude_defaults=True).encode()
