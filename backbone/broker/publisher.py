"""Writing records."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from kafka import KafkaProducer

from backbone.broker.records import MAX_RECORD_BYTES, Placed, Record
from backbone.settings import Settings

DELIVERY_SECONDS: Final = 120


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
