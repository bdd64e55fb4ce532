"""Sending what stands in an outbox."""

from collections import Counter
from collections.abc import Sequence

from backbone.broker import Publisher, Record
from backbone.telemetry import EVENTS_PUBLISHED


async def publish(publisher: Publisher, records: Sequence[Record]) -> None:
    """Publish records in their order, and count them.

    Raises:
        BrokerError: the broker did not take one.
    """
    await publisher.publish_many(records)
    for topic, count in Counter(record.topic for record in records).items():
        EVENTS_PUBLISHED.labels(topic).inc(count)
