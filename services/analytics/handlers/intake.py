"""Between Faust's agent and the rounds: batches wait here, read and not yet folded."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

import msgspec

from services.analytics.handlers.parts import Fetched
from services.analytics.handlers.rounds import Rounds
from services.analytics.transport import Batch

WAITING_BATCHES: Final = 24


class Waiting(msgspec.Struct):
    """A batch in waiting: the Faust event to ack, its records' count, and what was read from them."""

    event: Any
    batch: Batch
    fetched: Fetched


class Intake:
    """Takes batches in order, and gives out as many as one round should have.

    Args:
        rounds: reads the records.
        most_records: of one round, give or take a batch.
        generation: the consumer group's present generation.
    """

    def __init__(self, rounds: Rounds, most_records: int, generation: Callable[[], int]) -> None:
        self._rounds = rounds
        self._most_records = most_records
        self._generation = generation
        self._waiting: asyncio.Queue[Waiting] = asyncio.Queue(WAITING_BATCHES)
        self._held: Waiting | None = None
        self._taken: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self.folded: dict[str, int] = {}
        """By partition (`activities-3`): the next offset to fold, since the partition came."""

    async def take(self, label: str, event: Any) -> None:
        """Read a batch and let it wait for the next round.

        While a round waits for the store this reads ahead, so the processor
        is not idle.

        Raises:
            RuntimeError: records between this batch and the one before it are missing.
        """
        batch: Batch = event.message.value
        before = self._taken.get(label)
        if batch.after is not None and before != batch.after:
            raise RuntimeError(f"{label}: a batch follows offset {batch.after}, but the last one seen is {before}")
        self._taken[label] = batch.last
        await self._waiting.put(Waiting(event, batch, self._rounds.read(label, batch.records)))

    async def next_round(self, seconds: float) -> list[Waiting]:
        """What waits, as much as one round takes; empty when nothing came for so long."""
        if self._held is None:
            try:
                self._held = await asyncio.wait_for(self._waiting.get(), seconds)
            except TimeoutError:
                return []
        batches: list[Waiting] = []
        labels: set[str] = set()
        records = 0
        generation = self._generation()
        while self._held is not None and records < self._most_records:
            one = self._held
            # What was fetched before a rebalance is fetched again after it.
            if one.event.message.generation_id == generation:
                if one.batch.after is None and one.fetched.label in labels:
                    # Read again after a seek: it may repeat what is in this round already, and is for the next one.
                    break
                batches.append(one)
                labels.add(one.fetched.label)
                records += len(one.batch.records)
            self._held = None if self._waiting.empty() else self._waiting.get_nowait()
        return batches

    def done(self, batches: Iterable[Waiting]) -> None:
        """Ack what is stored."""
        for one in batches:
            one.batch.folded = True
            one.event.ack()
            self.folded[one.fetched.label] = one.fetched.last + 1

    def moved(self) -> dict[str, int]:
        """By partition: how far it is folded, for those that moved since this was asked last."""
        moved = {label: next_ for label, next_ in self.folded.items() if self._kept.get(label) != next_}
        self._kept.update(moved)
        return moved

    def forget(self, labels: Collection[str]) -> None:
        """Drop what is remembered of partitions that left."""
        self._rounds.forget(labels)
        for label in labels:
            self.folded.pop(label, None)
            self._kept.pop(label, None)


def merged(batches: Iterable[Waiting]) -> list[Fetched]:
    """One share per partition, in the order of the log."""
    by_label: dict[str, Fetched] = {}
    for one in (waiting.fetched for waiting in batches):
        known = by_label.get(one.label)
        by_label[one.label] = (
            one
            if known is None
            else Fetched(one.label, one.last, [*known.entries, *one.entries], [*known.refused, *one.refused])
        )
    return list(by_label.values())
