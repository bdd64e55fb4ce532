"""Keeping the facts of customers: what visits, follow-ups and deals say of them, for segments and grades.

Each visit and follow-up is kept once under its own id, so that an event that comes again, or is
taken back, changes nothing wrongly; the facts are counted from what is kept, never added to.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from backbone.contract.activities import FollowUpVoided, VisitVoided
from backbone.contract.deals import DealEvent
from backbone.contract.envelope import Envelope
from backbone.mongo import Document, insert_new
from services.customers.desk import Desk
from services.customers.domain.facts import Told, Touch, facts_of, touch_of
from services.customers.domain.query import Facts
from services.customers.handlers.fact_books import News, Overtaken, books_of

MOST_AT_ONCE: Final = 10
"""Customers that are counted together. The embedded store compares each of their deals with the whole list, and serves
nobody else meanwhile: with fifty at 7,000 deals for 0.8 s, with ten for 0.1 s."""
MOST_NEW_AT_ONCE: Final = 500
MERGES_FOLLOWED: Final = 8
PAUSE_SECONDS: Final = 0.05
"""At most, before those are counted again whom somebody else counted meanwhile."""


async def take_facts(desk: Desk, events: Sequence[Envelope]) -> None:
    """Take in what a batch of events says of customers."""
    touches: dict[str, Told[Touch]] = {}
    voided: list[str] = []
    news: defaultdict[str, News] = defaultdict(News)
    for envelope in events:
        said = envelope.data
        if (touch := touch_of(said, envelope.time)) is not None and touch.customer_id is not None:
            touches[touch.id] = touch
            news[touch.customer_id].touches.add(touch.id)
        elif isinstance(said, VisitVoided | FollowUpVoided):
            voided.append(_name(said))
        elif isinstance(said, DealEvent) and said.customer_id is not None:
            news[said.customer_id].deals.add(said.deal_id)
    kept = desk.store.touches
    new = [_document(touch) for touch in touches.values()]
    for first in range(0, len(new), MOST_NEW_AT_ONCE):
        await insert_new(kept, new[first : first + MOST_NEW_AT_ONCE])
    for name in voided:
        await kept.update_one({"_id": name}, {"$set": {"off": True}}, upsert=True)
        if (gone := await kept.find_one({"_id": name})) is not None and "c" in gone:
            news[gone["c"]].touches.add(name)
    await _count(desk, news, news)


async def take_deal(desk: Desk, deal_id: str, customer_ids: Iterable[str | None]) -> None:
    """Take in how a deal stands that is, or was, with some customers."""
    news = {id_: News(deals={deal_id}) for id_ in customer_ids if id_ is not None}
    await _count(desk, news, news)


async def refresh_all(desk: Desk, customer_ids: Iterable[str]) -> None:
    """Count the facts of some customers anew, from all there is; those of a merged one are the other's.

    For what comes with time: what is told, and what moves, is counted by whoever hears of it or moves it.
    """
    await _count(desk, customer_ids, None, only_changed=True)


async def refresh(desk: Desk, customer_id: str) -> None:
    """Count the facts of one to whom touches and deals came, or from whom they went, that nothing was told of."""
    await _count(desk, [customer_id], None)


async def is_counted(desk: Desk, customer_id: str) -> bool:
    """Whether the facts of a customer were ever written."""
    row = await desk.store.customers.collection.find_one({"_id": customer_id}, {"facts_number": 1})
    return row is not None and "facts_number" in row


async def _count(
    desk: Desk, customer_ids: Iterable[str], news: Mapping[str, News] | None, *, only_changed: bool = False
) -> None:
    ids = sorted(set(customer_ids))
    for first in range(0, len(ids), MOST_AT_ONCE):
        some = ids[first : first + MOST_AT_ONCE]
        told = None if news is None else _together(news[id_] for id_ in some)
        while True:
            try:
                await _count_some(desk, some, told, only_changed)
                break
            except Overtaken:
                await asyncio.sleep(random.random() * PAUSE_SECONDS)  # or two could overtake each other for long


async def _count_some(desk: Desk, customer_ids: Sequence[str], news: News | None, only_changed: bool) -> None:
    """Count some customers.

    Unless `only_changed`, facts are written also where they are what they were: somebody who is slow may be about to
    write what was before.

    Raises:
        Overtaken: somebody else counted one of them meanwhile.
    """
    kept = await _present(desk, customer_ids)
    now = desk.now()
    books = await books_of(desk, list(kept), news, now)
    facts = {id_: _plain(facts_of(book, desk.currency, now)) for id_, book in books.items()}
    if only_changed:
        facts = {id_: plain for id_, plain in facts.items() if plain != kept[id_].facts}
    if facts:
        step = _each_its(facts, [kept[id_].number for id_ in facts])
        done = await desk.store.customers.collection.update_many({"_id": {"$in": list(facts)}}, step)
        if done.modified_count < len(facts):
            raise Overtaken


class _Kept(NamedTuple):
    """The facts of a customer as they stand, and how often they were written."""

    facts: Any
    number: int


async def _present(desk: Desk, customer_ids: Sequence[str]) -> dict[str, _Kept]:
    """The customers these are now, by id, each with its facts as they stand; those nobody knows are left out."""
    present: dict[str, _Kept] = {}
    asked: set[str] = set(customer_ids)
    for _ in range(MERGES_FOLLOWED):
        fields = {"state.merged_into": 1, "facts": 1, "facts_number": 1}
        found = await desk.store.customers.collection.find({"_id": {"$in": list(asked)}}, fields).to_list(len(asked))
        into = {row["_id"]: row["state"].get("merged_into") for row in found}
        own = (row for row in found if into[row["_id"]] is None)
        present.update({row["_id"]: _Kept(row.get("facts"), row.get("facts_number", 0)) for row in own})
        asked = {other for other in into.values() if other is not None} - set(present)
        if not asked:
            break
    return present


def _together(news: Iterable[News]) -> News:
    some = list(news)
    return News(set().union(*(one.touches for one in some)), set().union(*(one.deals for one in some)))


def _each_its(facts: dict[str, Any], numbers: Sequence[int]) -> list[Document]:
    """The step that gives each customer its facts, unless somebody else gave it others since its number was read.

    One step for all costs the embedded store half of a step each.
    """
    place = {"$indexOfArray": [{"$literal": list(facts)}, "$_id"]}
    number = {"$ifNull": ["$facts_number", 0]}
    is_as_read = {"$eq": [number, {"$arrayElemAt": [list(numbers), place]}]}
    new = {"$arrayElemAt": [{"$literal": list(facts.values())}, place]}
    return [
        {
            "$set": {
                "facts": {"$cond": [is_as_read, new, "$facts"]},
                "facts_number": {"$cond": [is_as_read, {"$add": [number, 1]}, number]},
            }
        }
    ]


def _name(said: VisitVoided | FollowUpVoided) -> str:
    return f"visit|{said.visit_id}" if isinstance(said, VisitVoided) else f"follow-up|{said.follow_up_id}"


def _document(touch: Told[Touch]) -> Document:
    kind, at, reached = touch.fact
    return {"_id": touch.id, "c": touch.customer_id, "k": kind, "at": at, "r": reached}


def _plain(facts: Facts) -> Any:
    return msgspec.to_builtins(facts, builtin_types=(datetime,))
