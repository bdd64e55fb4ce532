"""One round: the batches in hand are folded, stored and told; then they may be acked.

Every step can be done again from the start without changing the outcome, so a
round that met a competitor, or a store that was away, begins again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

import structlog

from backbone.broker import Record
from backbone.clock import utc_now
from backbone.mongo import Collection as Documents
from backbone.mongo import Document, PyMongoError, insert_new
from services.analytics.domain.days import Days
from services.analytics.folds import routing
from services.analytics.folds.pipelines import KIND
from services.analytics.folds.routing import ActivityRules, ComplaintRules, DealRules, Folded, Rule
from services.analytics.handlers import measures, notices
from services.analytics.handlers.parts import (
    Fetched,
    Part,
    Step,
    alert_rows,
    clock_writes,
    deal_writes,
    pipeline_writes,
)
from services.analytics.ledger import facts, loads, sums
from services.analytics.ledger.books import Books, topic_of
from services.analytics.readers import LogRecord, Reader
from services.analytics.store import Store

PATIENCE_SECONDS: Final = 60.0
"""How long a round is tried again before the process gives up and is started anew."""
PAUSE_SECONDS: Final = (0.02, 0.1, 0.5, 1.0, 2.0)

log = structlog.get_logger(__name__)


class Contended(Exception):
    """Documents were moved by somebody else since they were read."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"moved by another worker: {', '.join(names[:5])} ({len(names)} in all)")


class Publishes(Protocol):
    """What a round needs of the publisher."""

    async def publish_many(self, records: Sequence[Record]) -> object:
        """Write records; returns when all are acknowledged."""
        ...


class Rounds:
    """Folds rounds of batches into the store.

    Args:
        store: the worker's collections.
        publisher: where boards and dead letters go.
        days: of the organisation.
        currency: the organisation's, ISO 4217.
        topics: what is folded.
        wake_alerts: called when an alert stands in an outbox.
    """

    def __init__(
        self,
        store: Store,
        publisher: Publishes,
        days: Days,
        currency: str,
        topics: Iterable[str],
        wake_alerts: Callable[[], None],
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._days = days
        self._currency = currency
        self._wake_alerts = wake_alerts
        self._readers = {topic: Reader(topic) for topic in topics}
        self._books: dict[str, Books] = {}

    def read(self, label: str, records: Sequence[LogRecord]) -> Fetched:
        """Decode a partition's records; touches nothing else, so it may run while a round waits for the store."""
        entries, refused = self._readers[topic_of(label)].read(records)
        return Fetched(label, records[-1].offset, entries, refused)

    def books(self, label: str) -> Books:
        """What is remembered of a partition."""
        if label not in self._books:
            self._books[label] = Books(label)
        return self._books[label]

    def forget(self, labels: Iterable[str]) -> None:
        """Drop what is remembered of partitions."""
        for label in labels:
            self._books.pop(label, None)

    async def fold(self, fetched: Sequence[Fetched]) -> None:
        """Fold, store and tell, beginning again where something was in the way; each partition stands there once.

        Raises:
            Contended: another worker kept moving the same documents.
            PyMongoError: the store did not come back in time.
        """
        began = time.monotonic()
        tried = 0
        while True:
            try:
                await self._once(fetched)
                break
            except (Contended, PyMongoError) as trouble:
                # Whatever was remembered may be what is wrong.
                self.forget([one.label for one in fetched])
                (measures.GUARDS_MISSED if isinstance(trouble, Contended) else measures.STORE_AWAY).inc()
                if time.monotonic() - began > PATIENCE_SECONDS:
                    raise
                log.warning("round begins again", tried=tried, trouble=str(trouble)[:300])
            await asyncio.sleep(PAUSE_SECONDS[min(tried, len(PAUSE_SECONDS) - 1)])
            tried += 1
        _count(fetched)

    async def _once(self, fetched: Sequence[Fetched]) -> None:
        with _timed("load"):
            parts = await _all([self._prepared(one) for one in fetched])
        with _timed("fold"):
            seen: set[str] = set()
            for part in parts:
                part.folded = self._folded(part, seen)
        with _timed("facts"):
            duplicates = await self._record(parts)
        with _timed("marks"):
            await _all([self._sum_up(part) for part in parts])
        with _timed("totals"):
            await self._write(parts, duplicates)
        with _timed("tell"):
            await self._tell(parts)
        for part in parts:
            part.books.shrink()

    async def _prepared(self, one: Fetched) -> Part:
        """The part, with the rules that know all its events depend on."""
        books = self.books(one.label)
        types = self._readers[books.topic].types
        rules: ActivityRules | DealRules | ComplaintRules | None = None
        if not one.entries:
            pass
        elif books.topic == "activities":
            rules = await loads.activity_rules(self._store, books, one.entries, types)
        elif books.topic == "deals":
            rules = await loads.deal_rules(self._store, books, one.entries, types, self._currency)
        elif books.topic == "complaints":
            rules = await loads.complaint_rules(self._store, books, one.entries, types)
        return Part(one, books, rules, Folded())

    def _folded(self, part: Part, seen: set[str]) -> Folded:
        rules: Mapping[str, Rule] = PLAIN_RULES.get(part.books.topic, {}) if part.rules is None else part.rules.rules
        types = self._readers[part.books.topic].types
        return routing.fold(part.fetched.entries, types, rules, self._days, seen)

    async def _record(self, parts: Sequence[Part]) -> list[Document]:
        """Store the facts; give each part those that hold, and return the duplicates."""
        new = [facts.fact_of(one, part.books.label) for part in parts for one in part.folded.decided]
        holding, duplicates = await facts.record(self._store, new)
        by_label = {part.books.label: part for part in parts}
        for fact in holding:
            by_label[fact["tp"]].holding.append(fact)
        return duplicates

    async def _sum_up(self, part: Part) -> None:
        books = part.books
        part.added = sums.sum_up(part.holding)
        standings, funnels = sums.names_of(part.added)
        part.standings = standings
        await loads.load_marks(self._store, self._store.standings, books, standings)
        await loads.load_marks(self._store, self._store.funnels, books, funnels)
        first = part.holding[0]["o"] if part.holding else 0
        if any(books.marks[name] >= first for name in (*standings, *funnels)):
            part.added = sums.sum_up(part.holding, lambda name, offset: offset <= books.marks[name])

    async def _write(self, parts: Sequence[Part], duplicates: Sequence[Document]) -> None:
        store = self._store
        rows = alert_rows(parts, utc_now())
        shares = [sums.Share(part.added, part.books.label, part.books.marks, part.fetched.last) for part in parts]
        notes = [note for part in parts for note in facts.notes_of(part.folded, part.holding, part.books.label)]
        notes.extend(facts.duplicate_of(fact) for fact in duplicates)
        trails = [trail for part in parts for trail in facts.trails_of(part.holding, part.books.label)]
        voids = [
            {"_id": name, "tp": part.books.label}
            for part in parts
            if isinstance(part.rules, ActivityRules)
            for name in part.rules.voided
        ]
        await _all(
            [
                self._add(store.standings, sums.standing_totals(shares), parts),
                self._add(store.funnels, sums.funnel_totals(shares), parts),
                self._set(store.deals, list(deal_writes(parts))),
                self._set(store.pipelines, list(pipeline_writes(parts))),
                self._set(store.clocks, list(clock_writes(parts, rows))),
                insert_new(store.trails, trails),
                insert_new(store.left_out, notes),
                insert_new(store.voids, voids),
            ]
        )
        for part in parts:
            if isinstance(part.rules, ActivityRules) and part.books.voids is not None:
                part.books.voids |= part.rules.voided
        if rows:
            self._wake_alerts()

    async def _add(self, documents: Documents, totals: Mapping[str, sums.Total], parts: Sequence[Part]) -> None:
        """Add to documents that many partitions share, and note the marks that moved.

        Raises:
            Contended: some had been moved by somebody else.
        """
        names = list(totals)
        writes = [total.document(name) if total.is_new else total.update(name) for name, total in totals.items()]
        missed = await self._store.write_guarded(documents, writes)
        if missed:
            raise Contended([names[place] for place in missed])
        by_label = {part.books.label: part.books for part in parts}
        for name, total in totals.items():
            for label, (_, last) in total.marks.items():
                by_label[label].marks[name] = last

    async def _set(self, documents: Documents, steps: Sequence[Step]) -> None:
        """Set documents of one partition, and note that they were.

        Raises:
            Contended: some had been moved by somebody else.
        """
        missed = await self._store.write_guarded(documents, [step.write for step in steps])
        if missed:
            raise Contended([steps[place].name for place in missed])
        for step in steps:
            step.known.mark = step.last
            step.known.version += 1

    async def _tell(self, parts: Sequence[Part]) -> None:
        """Publish the boards and funnels that the batches touched, also where a replay changed nothing."""
        now = utc_now()
        touched = {name for part in parts for name in part.standings}
        pipelines = {step[0] for part in parts for fact in part.holding for step in fact.get("f", ())}
        pipelines |= {fact["s"] for part in parts for fact in part.holding if fact["ty"] == KIND}
        standings = await self._store.by_ids(self._store.standings, sorted(touched))
        records = [notices.board_record(standing, now) for standing in standings.values()]
        records.extend(notices.funnel_record(pipeline, now) for pipeline in sorted(pipelines))
        for part in parts:
            topic, _, partition = part.books.label.rpartition("-")
            records.extend(notices.refused_records(topic, int(partition), part.fetched.refused))
        if records:
            await self._publisher.publish_many(records)


PLAIN_RULES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "leads": routing.lead_rules(),
    "customers": routing.customer_rules(),
}


async def _all(calls: Collection[Awaitable[Any]]) -> list[Any]:
    """Await all; a failure is raised when none is under way any more, so that a new try has no ghost beside it."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


@contextmanager
def _timed(step: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    measures.STEP_SECONDS.labels(step).observe(time.perf_counter() - began)


def _count(fetched: Iterable[Fetched]) -> None:
    total = 0
    for one in fetched:
        topic = topic_of(one.label)
        measures.EVENTS_FOLDED.labels(topic, "folded").inc(len(one.entries))
        measures.EVENTS_FOLDED.labels(topic, "refused").inc(len(one.refused))
        total += len(one.entries) + len(one.refused)
    measures.ROUND_EVENTS.observe(total)
