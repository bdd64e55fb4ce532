"""Sending what stands in an outbox, and doing so until it works."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from backbone.broker import BrokerError, Publisher, Record
from backbone.mongo import PyMongoError
from backbone.telemetry import EVENTS_PUBLISHED

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 10.0


async def publish(publisher: Publisher, records: Sequence[Record]) -> None:
    """Publish records in their order, and count them.

    Raises:
        BrokerError: the broker did not take one.
    """
    await publisher.publish_many(records)
    for topic, count in Counter(record.topic for record in records).items():
        EVENTS_PUBLISHED.labels(topic).inc(count)


async def patiently(step: Callable[[], Awaitable[None]], who: str) -> None:
    """Take a step over and over until cancelled; when the broker or the store is away, with growing pauses.

    Args:
        step: what to do.
        who: does it, for the log.
    """
    pause = FIRST_RETRY_SECONDS
    while True:
        try:
            await step()
            pause = FIRST_RETRY_SECONDS
        except (BrokerError, PyMongoError, OSError) as trouble:
            log.warning("%s waits %.1f s: %s", who, pause, trouble)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_RETRY_SECONDS)
