"""What stands on the log, as a test reads it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from backbone.broker import Consumer, Received
from backbone.contract.codec import Rejected, decode
from backbone.contract.envelope import Envelope, EventData
from backbone.settings import Settings


class Heard(list[Envelope]):
    """Events in the order of their partitions; grows while they come in."""

    def of(self, subject: str) -> list[EventData]:
        """What was said of one subject, in its order."""
        return [envelope.data for envelope in self if envelope.subject == subject]


@asynccontextmanager
async def listening(settings: Settings, *topics: str) -> AsyncIterator[Heard]:
    """Every event of these topics from their beginning on; what tests sent to be refused is passed over."""
    consumer = Consumer(settings, topics, None)
    heard = Heard()

    async def take(batch: Sequence[Received]) -> None:
        for record in batch:
            try:
                heard.append(decode(record.value or b"", record.headers))
            except Rejected:
                continue

    reading = asyncio.create_task(consumer.run(take))
    try:
        yield heard
    finally:
        consumer.stop()
        await reading
