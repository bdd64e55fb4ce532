"""Where the batched consumer goes back to, what it hands over, and what it commits."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from services.analytics.transport import Batch, Consumer

A, B, C, D = (TP("activities", number) for number in range(4))


class Wired(Consumer):
    """The consumer with its neighbours cut off: what Faust would ask the broker is told to it."""

    def __init__(self, committed: Mapping[TP, int], stored: Mapping[TP, int]) -> None:
        async def told(_: Collection[TP]) -> Mapping[TP, int]:
            return stored

        self.sought: dict[TP, int] = {}
        self.fetched: list[dict[TP, list[Any]]] = []
        self.transport = SimpleNamespace(stored=told)  # type: ignore[assignment]
        self.app = SimpleNamespace(  # type: ignore[assignment]
            consumer_generation_id=1,
            monitor=SimpleNamespace(track_tp_end_offset=lambda *_: None),
            topics=SimpleNamespace(acks_enabled_for=lambda _: True),
        )
        self.flow_active = True
        self.committed = committed
        self._committed_offset = defaultdict(lambda: None)
        self._acked = defaultdict(list)
        self._acked_index = defaultdict(set)
        self._buffered_partitions = set()
        self._handed_over = {}
        self._epoch = 0
        self._broken = False

    @property
    def should_stop(self) -> bool:
        return False

    def assignment(self) -> set[TP]:
        return {A, B, C, D}

    def highwater(self, tp: TP) -> int:
        return 0

    async def seek_to_committed(self) -> Mapping[TP, int]:
        return self.committed

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        self.sought.update(partitions)

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's name
        return self.fetched.pop(0), {A, B, C, D}


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver.Consumer, "stop_flow", lambda _: None)


def records(*offsets: int) -> list[Any]:
    return [
        SimpleNamespace(topic="activities", partition=0, offset=offset, timestamp=0, timestamp_type=0)
        for offset in offsets
    ]


async def batches(consumer: Consumer) -> AsyncIterator[Batch]:
    async for _, message in consumer.getmany(1.0):
        batch: Any = message.value
        yield batch


async def test_it_goes_back_to_what_the_store_holds_and_to_the_beginning_where_nothing_is_committed() -> None:
    consumer = Wired(committed={B: 10, C: 10, D: 10}, stored={A: 3, B: 4, C: 12})

    for _ in range(2):
        consumer.sought.clear()
        await consumer.perform_seek()

        # Each partition has its place every time: a second seek right after the first one must not rest on it.
        assert consumer.sought == {A: 3, B: 4, C: 10, D: 0}


async def test_batches_of_a_partition_name_the_offset_they_follow() -> None:
    consumer = Wired({}, {})
    consumer.fetched = [{A: records(1, 2, 5)}, {A: records(6)}]

    handed = [(batch.after, batch.last) for _ in range(2) async for batch in batches(consumer)]

    assert handed == [(None, 5), (5, 6)]


async def test_what_was_fetched_and_not_handed_over_is_read_again() -> None:
    consumer = Wired({}, {})
    consumer.fetched = [{A: records(1), B: records(7)}, {A: records(1)}]
    async for _ in batches(consumer):
        consumer.stop_flow()  # as a rebalance does, while the first batch is on its way

    consumer.flow_active = True
    handed = [batch.after async for batch in batches(consumer)]

    assert consumer.sought == {A: 0, B: 0, C: 0, D: 0}
    assert handed == [None]


async def test_only_what_is_stored_is_acknowledged_and_the_highest_is_committed() -> None:
    consumer = Wired({}, {})
    consumer.fetched = [{A: records(1, 2)}, {A: records(3, 9)}]
    messages = [message for _ in range(2) async for _, message in consumer.getmany(1.0)]
    consumer._unacked_messages = set(messages)
    consumer._n_acked = 0
    consumer._waiting_for_ack = None

    first = consumer.ack(messages[0])
    for message in messages:
        batch: Any = message.value
        batch.folded = True
    later = [consumer.ack(message) for message in messages]

    assert (first, later) == (False, [True, True])
    assert consumer._new_offset(A) == 10
    assert consumer._new_offset(A) is None
