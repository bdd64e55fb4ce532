"""A Faust transport that hands over what one fetch brought of a partition as ONE message.

Faust spends about 60 us of its own on a message. Here a message is a `Batch`:
its value is the list of records, its offset the last one, so that cost is paid
once for thousands of events. Written against faust-streaming 0.15.3
(`faust/transport/consumer.py`); docs/decisions tells the measurements.

Three promises the worker builds on:

- The batches of a partition follow each other without a hole. Whatever was
  fetched and could not be handed over makes the consumer go back to the
  committed offsets before it reads on; `Batch.after` lets the worker check it.
- Reading begins where the store says, never after it.
- An offset is committed only when the worker set `Batch.folded`: Faust itself
  acks messages that it skips, and those must be read again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, cast

from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, ConsumerMessage, Message
from faust.types.transports import ConsumerT

__all__ = ["Batch", "Transport"]


class Batch:
    """The records of one partition that came with one fetch, in the order of the log.

    Args:
        tp: topic (the broker's name) and partition.
        records: aiokafka's records, at least one.
        after: offset of the last record of the batch before it, None for the
            first one after the consumer sought to the committed offset.
    """

    __slots__ = ("after", "folded", "records", "tp")

    def __init__(self, tp: TP, records: Sequence[Any], after: int | None) -> None:
        self.tp = tp
        self.records = records
        self.after = after
        self.folded = False
        """Set by the worker when everything the batch says is stored."""

    @property
    def last(self) -> int:
        """Offset of the last record."""
        offset: int = self.records[-1].offset
        return offset


class Consumer(driver.Consumer):
    """Faust's aiokafka consumer, batch-wise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # An epoch is the time between two seeks. Within one, every record that
        # aiokafka gave out has been handed on.
        self._epoch = 0
        self._broken = False
        self._handed_over: dict[TP, int] = {}
        super().__init__(*args, **kwargs)

    # The name of the parameter is Faust's.
    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109
        """Fetch once; yield a message per partition that had records."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        if self._broken and not self.should_stop:
            try:
                await self.perform_seek()
            except IllegalStateError:
                # A rebalance took a partition meanwhile; it seeks itself when it ends.
                return
        epoch = self._epoch
        # Until all was handed over the epoch counts as broken: an exception or
        # a cancellation anywhere below leaves it so.
        self._broken = True
        records, active = await self._wait_next_records(timeout)
        if records is None or self.should_stop:
            return
        for tp, batch in records.items():
            wanted = active is None or tp in active or tp in self._buffered_partitions
            if not wanted or not self.flow_active or epoch != self._epoch:
                # These records are gone from the fetcher, whatever a seek in
                # between may have set right: the next round begins with one.
                self._broken = True
                return
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            yield tp, self._message_of(tp, batch)
        self._broken = epoch != self._epoch

    def _message_of(self, tp: TP, records: Sequence[Any]) -> ConsumerMessage:
        last = records[-1]
        batch = Batch(tp, records, self._handed_over.get(tp))
        self._handed_over[tp] = last.offset
        return ConsumerMessage(
            topic=last.topic,
            partition=last.partition,
            offset=last.offset,
            timestamp=last.timestamp / 1000.0,
            timestamp_type=last.timestamp_type,
            headers=None,
            key=None,
            # Typed as bytes by Faust; the worker's topics decode nothing.
            value=cast("bytes", batch),
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """Go back to the committed offsets, or further where the store holds less; a new epoch begins.

        Every partition is sought to a place of its own: Faust leaves one of which nothing is committed where the
        fetcher is, past what was fetched and not handed over. And the store may be a restored or an emptied one:
        what the broker thinks done is to be done again then.
        """
        self._epoch += 1
        committed = await self.seek_to_committed()
        assigned = self.assignment()
        stored = await cast("Transport", self.transport).stored(assigned)
        places = {tp: min(stored.get(tp, 0), committed.get(tp) or stored.get(tp, 0)) for tp in assigned}
        self._committed_offset.update(places)
        await self.seek_wait(places)
        # Again after the seek: a fetch that ended during it may hold records of before.
        self._epoch += 1
        self._handed_over.clear()
        self._broken = False

    def stop_flow(self) -> None:
        """Block the flow; what is on its way does not reach the worker."""
        self._broken = True
        self._epoch += 1
        super().stop_flow()

    def ack(self, message: Message) -> bool:
        """Take an acknowledgement, unless the batch is not stored yet."""
        batch: object = message.value
        if isinstance(batch, Batch) and not batch.folded:
            return False
        return bool(super().ack(message))

    def _new_offset(self, tp: TP) -> int | None:
        # Batches are folded in their order, one after the other, so the
        # highest acknowledged offset covers all below it. Faust's own rule
        # looks for consecutive offsets, which batches do not have.
        acked = self._acked[tp]
        if not acked:
            return None
        highest = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return highest + 1

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Keep no list of the offsets between two messages: they lie inside the batch."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Leave the watching to our own metrics: Faust's takes an idle partition for a hang."""


Stored = Callable[[Collection[TP]], Awaitable[Mapping[TP, int]]]
"""By partition: the offset up to which the store surely holds the log; where it is not named, from 0 on."""


class Transport(driver.Transport):
    """Faust's aiokafka transport with the batched consumer.

    Args:
        url: of the brokers, as Faust gives it.
        app: the Faust app.
        stored: asks the store how far it is.
    """

    Consumer: ClassVar[type[ConsumerT]] = Consumer

    def __init__(self, url: Any, app: AppT, stored: Stored) -> None:
        super().__init__(url, app)
        self.stored = stored
