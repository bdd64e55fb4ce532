"""One round: the batches in hand are read, folded, stored and told; then they may be acked.

Every step can be done again from the start without changing the outcome, so a
round that meets a competitor or a store that was away begins again.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import structlog

from backbone.mongo import Collection, Document, PyMongoError, UpdateOne
from services.analytics import ledger
from services.analytics.books import Books
from services.analytics.domain.days import Days
from services.analytics.folding import (
    ActivityRules,
    Batch,
    Folded,
    Rule,
    customer_rules,
    duplicate_of,
    fold,
    lead_rules,
)
from services.analytics.ledger import UNMARKED, Contended
from services.analytics.readers import LogRecord, Reader, Refused
from services.analytics.store import Store

TRIES: Final = 8
FIRST_PAUSE_SECONDS: Final = 0.05

log = structlog.get_logger(__name__)


class Fetched(msgspec.Struct):
    """What the transport brought of one partition: its label and records, in the order of the log."""

    label: str
    records: Sequence[LogRecord]


class Told(msgspec.Struct):
    """What changed for those who watch: documents by id."""

    standings: set[str]
    pipelines: set[str]


class Rounds:
    """Folds batches into the store.

    Args:
        store: the worker's collections.
        days: of the organisation.
        currency: the organisation's, ISO 4217.
        topics: the topics that are folded.
    """

    def __init__(self, store: Store, days: Days, currency: str, topics: Iterable[str]) -> None:
        self._store = store
        self._days = days
        self._currency = currency
        self._readers = {topic: Reader(topic) for topic in topics}
        self._books: dict[str, Books] = {}

    def forget(self, labels: Iterable[str]) -> None:
        """Drop what is remembered of partitions."""
        for label in labels:
            self._books.pop(label, None)

    async def fold(self, fetched: Sequence[Fetched]) -> None:
        """Read, fold and store.

        Raises:
            Contended: another worker kept moving the same documents.
            PyMongoError: the store did not come back in time.
        """
        read = [(one, *self._readers[topic_of(one.label)].read(one.records)) for one in fetched]
        pause = FIRST_PAUSE_SECONDS
        for tries_left in reversed(range(TRIES)):
            try:
                batches = [
                    Batch(self._book(one.label), entries, one.records[-1].offset, self._readers[topic_of(one.label)].types)
                    for one, entries, _ in read
                ]
                await self._settle([await self._fold(batch, set()) for batch in batches])
                return
            except Contended as contended:
                self.forget(contended.labels)
                if not tries_left:
                    raise
            await asyncio.sleep(pause)
            pause *= 2

    def _book(self, label: str) -> Books:
        if label not in self._books:
            self._books[label] = Books(label)
        return self._books[label]

    async def _fold(self, batch: Batch, seen: set[str]) -> Folded:
        rules: Mapping[str, Rule] = {}
        topic = batch.books.topic
        if topic == "activities":
            rules = ActivityRules(set(), {}, ()).rules
        elif topic == "leads":
            rules = lead_rules()
        elif topic == "customers":
            rules = customer_rules()
        return fold(batch, rules, self._days, seen)

    async def _settle(self, folded: Sequence[Folded]) -> Told:
        facts = [fact for one in folded for fact in one.facts]
        holding, duplicates = await ledger.record(self._store, facts)
        by_label: dict[str, list[Document]] = {}
        for fact in holding:
            by_label.setdefault(fact["tp"], []).append(fact)
        steps: list[tuple[Collection, str, str, UpdateOne]] = []
        for one in folded:
            books = one.batch.books
            mine = by_label.get(books.label, [])
            sums = ledger.sum_up(mine)
            names = {ledger.standing_id(m, t, on // 100) for m, t, on in sums.places}
            missing = [name for name in names if name not in books.marks]
            found = await self._store.by_ids(self._store.standings, missing, {f"at.{books.label}": 1})
            for name in missing:
                books.marks[name] = found.get(name, {}).get("at", {}).get(books.label, UNMARKED)
            first = one.batch.entries[0].offset if one.batch.entries else 0
            if any(books.marks[name] >= first for name in names):
                sums = ledger.sum_up(mine, lambda name, offset: offset <= books.marks.get(name, UNMARKED))
            for name, step in ledger.standing_steps(sums, books, one.batch.last).items():
                steps.append((self._store.standings, books.label, name, step))
        missed = await self._store.write_guarded(self._store.standings, [step for _, _, _, step in steps])
        if missed:
            raise Contended({steps[place][1] for place in missed}, [steps[place][2] for place in missed])
        for one in folded:
            for _, label, name, _ in steps:
                if label == one.batch.books.label:
                    one.batch.books.marks[name] = one.batch.last
        notes = [note for one in folded for note in one.left_out] + [duplicate_of(fact) for fact in duplicates]
        await self._store.insert_new(self._store.left_out, notes)
        return Told({name for _, _, name, _ in steps}, set())


def topic_of(label: str) -> str:
    """`activities` of `activities-3`."""
    return label.rpartition("-")[0]
