"""What counts of customers of whom much is known, kept together: one more deal of a thousand costs a look at one.

A book is opened when all of a customer was read and it was much, and all is read once more before anything is written
in it: who counted without a book meanwhile has told nobody what he found. From then on only what is told of is looked
at: always at how it stands in the store, so that events may come again and out of order. Whoever writes a book renews
its `token`, and has read all he writes after the token he found; of two who count at once the later one is `Overtaken`
and counts again. So a book says what the collections say, whichever process was slow.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

import msgspec

from backbone.contract.ids import new_event_id
from backbone.mongo import Document, UpdateOne, insert_new, latest_of_each
from services.customers.desk import Desk
from services.customers.domain.facts import MOST_TOUCHES, Book, DealFact, Told, Touch, brought_up_to_date

MANY: Final = 30
"""Touches and deals of a customer from which on it has a book: reading so many costs the store about a millisecond."""
LOOKED_AT_ONCE: Final = 50
"""The embedded store compares each document it finds with the whole list of ids, and serves nobody else meanwhile."""
DEAL_FIELDS: Final = {f"state.{name}": 1 for name in ("customer_id", "state", "amount", "currency", "decided_at")}


class Overtaken(Exception):
    """Somebody else counted the same customer meanwhile: count it again."""


@dataclass(frozen=True, slots=True)
class News:
    """The ids of the touches and deals that something was told of."""

    touches: set[str] = field(default_factory=set)
    deals: set[str] = field(default_factory=set)


async def books_of(desk: Desk, customer_ids: Sequence[str], news: News | None, now: datetime) -> dict[str, Book]:
    """What counts of some customers now.

    Args:
        desk: where it is kept.
        customer_ids: of customers that are not merged into others.
        news: what was told of them, and of those merged into them; None looks at all there is.
        now: the present instant.

    Raises:
        Overtaken: somebody else counted one of them meanwhile.
    """
    ids = list(customer_ids)
    found = await desk.store.fact_books.find({"_id": {"$in": ids}}).to_list(len(ids))
    kept = {row["_id"]: row for row in found}
    books = {id_: _read(row) for id_, row in kept.items() if "book" in row and news is not None}
    if news is not None and books:
        touches, deals = await _touches_named(desk, news.touches), await _deals_named(desk, news.deals)
        books = {id_: brought_up_to_date(book, id_, touches, deals, now) for id_, book in books.items()}
    if unread := [id_ for id_ in ids if id_ not in books]:
        touches, deals = await _touches_of(desk, unread), await _deals_of(desk, unread)
        read = Counter(told.customer_id for told in touches) + Counter(told.customer_id for told in deals)
        await _open_large(desk, [id_ for id_ in unread if id_ not in kept and read[id_] > MANY])
        books |= {id_: brought_up_to_date(Book(), id_, touches, deals, now) for id_ in unread}
    await _keep(desk, books, kept)
    return books


async def _open_large(desk: Desk, customer_ids: Sequence[str]) -> None:
    """Open books for those of whom much had to be read, whatever of it counts; nothing is written in them yet."""
    if customer_ids:
        await insert_new(desk.store.fact_books, [{"_id": id_, "token": new_event_id()} for id_ in customer_ids])
        raise Overtaken  # perhaps, by somebody who counts without a book


async def _keep(desk: Desk, books: Mapping[str, Book], kept: Mapping[str, Document]) -> None:
    """Write books also where they say what they said: somebody who is slow may be about to write what was before."""
    if not kept:
        return
    steps = [
        UpdateOne({"_id": id_, "token": row["token"]}, {"$set": _written(books[id_])}) for id_, row in kept.items()
    ]
    done = await desk.store.fact_books.bulk_write(steps, ordered=False)
    if done.matched_count < len(steps):
        raise Overtaken


async def _touches_of(desk: Desk, customer_ids: Sequence[str]) -> list[Told[Touch]]:
    wanted = {"off": {"$ne": True}}
    rows = await latest_of_each(desk.store.touches, "c", customer_ids, wanted, by="at", most=MOST_TOUCHES)
    return [_touch(row) for row in rows]


async def _touches_named(desk: Desk, ids: Iterable[str]) -> list[Told[Touch]]:
    return [
        _touch(row) for lot in _lots(ids) async for row in desk.store.touches.find({"_id": {"$in": lot}}) if "c" in row
    ]


async def _deals_of(desk: Desk, customer_ids: Sequence[str]) -> list[Told[DealFact]]:
    rows = desk.store.deals.collection.find({"state.customer_id": {"$in": list(customer_ids)}}, DEAL_FIELDS)
    return [_deal(row) async for row in rows]


async def _deals_named(desk: Desk, ids: Iterable[str]) -> list[Told[DealFact]]:
    kept = desk.store.deals.collection
    return [_deal(row) for lot in _lots(ids) async for row in kept.find({"_id": {"$in": lot}}, DEAL_FIELDS)]


def _lots(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(sorted(ids))
    while lot := list(islice(rest, LOOKED_AT_ONCE)):
        yield lot


def _touch(row: Document) -> Told[Touch]:
    return Told(row["_id"], None if row.get("off") else row["c"], Touch(row["k"], row["at"], row["r"]))


def _deal(row: Document) -> Told[DealFact]:
    state: dict[str, Any] = row["state"]
    fact = DealFact(state["state"], state["amount"], state["currency"], state["decided_at"])
    return Told(row["_id"], state["customer_id"], fact)


def _written(book: Book) -> Document:
    return {"token": new_event_id(), "book": msgspec.msgpack.encode(book)}


def _read(row: Document) -> Book:
    return msgspec.msgpack.decode(row["book"], type=Book)
