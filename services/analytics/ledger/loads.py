"""Reading what a batch depends on: once per batch, and only what is not remembered."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from backbone.mongo import Collection as Documents
from backbone.mongo import Document
from services.analytics.domain.credits import Credit
from services.analytics.domain.entries import Entry, Event
from services.analytics.domain.sla import FIRST_REPLY
from services.analytics.folds.clocks import KINDS
from services.analytics.folds.funnel import MOVES
from services.analytics.folds.pipelines import KIND
from services.analytics.folds.routing import (
    ActivityRules,
    ComplaintRules,
    DealRules,
    Known,
    clock_id,
    pipeline_name,
    voidable_name,
)
from services.analytics.ledger.books import REMEMBERED, Books, missing
from services.analytics.ledger.facts import figures_in
from services.analytics.ledger.sums import ABSENT, UNMARKED
from services.analytics.ledger.wholes import read_clock, read_deal, read_pipeline
from services.analytics.store import Store, chunks

VOIDING: Final = frozenset({"visit-voided", "follow-up-voided"})
VOIDABLE: Final = frozenset({*VOIDING, "visit-logged", "follow-up-logged"})
SUBJECTS_TOGETHER: Final = 100


async def load_marks(store: Store, documents: Documents, books: Books, names: Collection[str]) -> None:
    """Learn the partition's marks in standings or funnels."""
    unknown = missing(names, books.marks)
    found = await store.by_ids(documents, unknown, {f"at.{books.label}": 1})
    for name in unknown:
        document = found.get(name)
        books.marks[name] = ABSENT if document is None else document.get("at", {}).get(books.label, UNMARKED)


async def activity_rules(
    store: Store, books: Books, entries: Sequence[Entry], types: Mapping[type[Event], str]
) -> ActivityRules:
    """The rules of a batch of activities, knowing what its voids are about."""
    voiding = _of_kinds(entries, types, VOIDING)
    voids = await _voids(store, books, entries, types)
    if not voiding:
        return ActivityRules(books.label, {}, voids, {}, ())
    names = {voidable_name(entry.event) for entry in voiding}
    concerned = [entry for entry in _of_kinds(entries, types, VOIDABLE) if voidable_name(entry.event) in names]
    earlier = await _earlier(store, books.label, entries[0].offset, voiding)
    return ActivityRules(books.label, await _counted(store, concerned), voids, earlier, names)


async def _voids(
    store: Store, books: Books, entries: Iterable[Entry], types: Mapping[type[Event], str]
) -> Collection[str]:
    """Names of what was voided, as far as it concerns the entries."""
    if books.voids is None:
        rows = await store.voids.find({"tp": books.label}, {"_id": 1}).limit(REMEMBERED + 1).to_list(None)
        books.voids = {row["_id"] for row in rows}
    if len(books.voids) <= REMEMBERED:
        return books.voids
    # Too many to remember: then each batch asks.
    names = [voidable_name(entry.event) for entry in _of_kinds(entries, types, VOIDABLE)]
    return await store.by_ids(store.voids, names, {"_id": 1})


async def _earlier(store: Store, label: str, first_offset: int, voiding: Iterable[Entry]) -> dict[str, list[Credit]]:
    """By name of what is voided: the figures that facts before this batch moved for it."""
    names: dict[tuple[str, str], str] = {}
    by_member: dict[str, set[str]] = {}
    for entry in voiding:
        name = voidable_name(entry.event)
        names[name.partition("|")[0], entry.event.subject] = name
        by_member.setdefault(entry.event.partitionkey, set()).add(entry.event.subject)
    ids: list[str] = []
    for member, subjects in by_member.items():
        ids.extend(await _ids_about(store, member, subjects))
    figures: dict[str, list[Credit]] = {}
    for fact in (await store.by_ids(store.facts, ids)).values():
        kind = "visit" if fact["ty"].startswith("visit") else "follow-up"
        name = names.get((kind, fact["s"]), "")
        # In a replay the facts of later events are there already; they are none of the past.
        if name and (fact["tp"] != label or fact["o"] < first_offset):
            figures.setdefault(name, []).extend(figures_in(fact))
    return figures


async def _ids_about(store: Store, member: str, subjects: set[str]) -> list[str]:
    """Ids of a member's facts about subjects, found along the member's trails."""
    ids: list[str] = []
    for some in chunks(sorted(subjects), SUBJECTS_TOGETHER):
        # Ids hold no bar, so that everything of the member lies between these two.
        span = {"$gte": f"{member}|", "$lt": f"{member}}}"}
        async for trail in store.trails.find({"_id": span, "s": {"$in": list(some)}}):
            ids.extend(id_ for id_, subject in zip(trail["e"], trail["s"], strict=True) if subject in subjects)
    return ids


async def deal_rules(
    store: Store, books: Books, entries: Sequence[Entry], types: Mapping[type[Event], str], currency: str
) -> DealRules:
    """The rules of a batch of deals, knowing the deals and which events were counted before."""
    mine = _of_kinds(entries, types, MOVES)
    await _load_whole(
        store,
        store.deals,
        books,
        [entry.event.subject for entry in mine],
        lambda document: read_deal(document, books.label),
    )
    changed = _of_kinds(entries, types, {KIND})
    named = {pipeline_name(entry.event.subject): entry.event.subject for entry in changed}
    await _load_pipelines(store, books, named)
    return DealRules(books.label, await _counted(store, [*mine, *changed]), books.whole, currency)


async def _load_pipelines(store: Store, books: Books, named: Mapping[str, str]) -> None:
    """Learn pipelines by the names they are remembered as, which are not their ids."""
    unknown = missing(named, books.whole)
    found = await store.by_ids(store.pipelines, [named[name] for name in unknown])
    for name in unknown:
        document = found.get(named[name])
        books.whole[name] = Known(None, UNMARKED, 0) if document is None else read_pipeline(document, books.label)


async def complaint_rules(
    store: Store, books: Books, entries: Sequence[Entry], types: Mapping[type[Event], str]
) -> ComplaintRules:
    """The rules of a batch of complaints, knowing their clocks and which events were counted before."""
    mine = _of_kinds(entries, types, KINDS)
    names = [clock_id(FIRST_REPLY, entry.event.subject) for entry in mine]
    await _load_whole(store, store.clocks, books, names, read_clock)
    return ComplaintRules(books.label, await _counted(store, mine), books.whole)


def _of_kinds(entries: Iterable[Entry], types: Mapping[type[Event], str], kinds: Collection[str]) -> list[Entry]:
    classes = {event for event, kind in types.items() if kind in kinds}
    return [entry for entry in entries if type(entry.event) in classes]


async def _counted(store: Store, entries: Iterable[Entry]) -> dict[str, tuple[str, int]]:
    """Where the events were counted from, for those that were."""
    ids = list(dict.fromkeys(entry.event.id for entry in entries))
    found = await store.by_ids(store.facts, ids, {"tp": 1, "o": 1})
    return {id_: (fact["tp"], fact["o"]) for id_, fact in found.items()}


async def _load_whole(
    store: Store, documents: Documents, books: Books, names: Collection[str], read: Callable[[Document], Known]
) -> None:
    unknown = missing(names, books.whole)
    found = await store.by_ids(documents, unknown)
    for name in unknown:
        document = found.get(name)
        books.whole[name] = Known(None, UNMARKED, 0) if document is None else read(document)
