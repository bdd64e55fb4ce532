"""Reading the log: onwards from a start fixed once, and again from a moment of the past."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


def not_before(starts: Starts, records: Sequence[Received]) -> list[Received]:
    """Those of the records that do not lie before their partition's start."""
    return [record for record in records if record.offset >= starts.get((record.topic, record.partition), 0)]


@dataclass
class Again(Consumer):
    """Reads every partition from a moment to where it ends now; commits nothing.

    Whoever uses it still looks at each record's time: producers' clocks differ, so later records may be older.
    """

    since: datetime | None = None

    async def _begin(self, client: Any) -> None:
        await super()._begin(client)
        if self.since is None:
            return
        wanted = dict.fromkeys(client.assignment(), epoch_ms(self.since))
        for partition, found in (await client.offsets_for_times(wanted)).items():
            place = self._place(partition.topic, partition.partition)
            self.positions[place] = self.ends[place] if found is None else found.offset
            client.seek(partition, self.positions[place])


def body_of(envelope: Envelope) -> bytes:
    """The event as structured JSON, as channels send it.

    Without the log's bound: what a binary event carried in its headers counted for nothing there.
    """
    return envelope.model_dump_json(exclude_defaults=True).encode()
