"""Keeping the facts of customers: what visits, follow-ups and deals say of them, for segments and grades.

Each visit and follow-up is kept once under its own id, so that an event that comes again, or is
taken back, changes nothing wrongly; the facts are counted anew from what is kept, never added to.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from backbone.contract.activities import FollowUpVoided, VisitVoided
from backbone.contract.deals import DealEvent
from backbone.contract.envelope import Envelope
from backbone.mongo import Document, insert_new, latest_of_each
from services.customers.desk import Desk
from services.customers.domain.facts import DealFact, Touch, facts_of, touch_of
from services.customers.domain.query import Facts

MOST_TOUCHES: Final = 2_000
"""Of one customer, the latest; more in a year is no customer but a mistake."""
MOST_AT_ONCE: Final = 10
"""Customers that are counted together. The embedded store compares each of their deals with the whole list, and serves
nobody else meanwhile: with fifty at 7,000 deals for 0.8 s, with ten for 0.1 s."""
MOST_NEW_AT_ONCE: Final = 500
MERGES_FOLLOWED: Final = 8


async def take_facts(desk: Desk, events: Sequence[Envelope]) -> None:
    """Take in what a batch of events says of customers."""
    touches: dict[str, Touch] = {}
    voided: list[str] = []
    customers: set[str] = set()
    for envelope in events:
        said = envelope.data
        if (touch := touch_of(said, envelope.time)) is not None:
            touches[touch.touch_id] = touch
            customers.add(touch.customer_id)
        elif isinstance(said, VisitVoided | FollowUpVoided):
            voided.append(_name(said))
        elif isinstance(said, DealEvent) and said.customer_id is not None:
            customers.add(said.customer_id)
    kept = desk.store.touches
    new = [_document(touch) for touch in touches.values()]
    for first in range(0, len(new), MOST_NEW_AT_ONCE):
        await insert_new(kept, new[first : first + MOST_NEW_AT_ONCE])
    for name in voided:
        await kept.update_one({"_id": name}, {"$set": {"off": True}}, upsert=True)
        if (gone := await kept.find_one({"_id": name})) is not None and "c" in gone:
            customers.add(gone["c"])
    await refresh_all(desk, customers)


async def refresh_all(desk: Desk, customer_ids: Iterable[str]) -> None:
    """Count the facts of some customers anew; those of a merged one are the other's."""
    ids = sorted(set(customer_ids))
    for first in range(0, len(ids), MOST_AT_ONCE):
        kept = await _present(desk, ids[first : first + MOST_AT_ONCE])
        facts = await counted(desk, list(kept), desk.now())
        changed = {one: plain for one, known in facts.items() if (plain := _plain(known)) != kept[one]}
        if changed:
            await desk.store.customers.collection.update_many({"_id": {"$in": list(changed)}}, _each_its(changed))


async def refresh(desk: Desk, customer_id: str) -> None:
    """Count the facts of one customer anew; those of a merged one are the other's."""
    await refresh_all(desk, [customer_id])


async def counted(desk: Desk, customer_ids: Sequence[str], now: datetime) -> dict[str, Facts]:
    """The facts of some customers, from what is kept."""
    touches: dict[str, list[Touch]] = {one: [] for one in customer_ids}
    deals: dict[str, list[DealFact]] = {one: [] for one in customer_ids}
    wanted = {"$in": list(customer_ids)}
    kept = {"off": {"$ne": True}}
    for row in await latest_of_each(desk.store.touches, "c", customer_ids, kept, by="at", most=MOST_TOUCHES):
        touches[row["c"]].append(_touch(row))
    fields = {f"state.{name}": 1 for name in ("customer_id", "state", "amount", "currency", "decided_at")}
    async for row in desk.store.deals.collection.find({"state.customer_id": wanted}, fields):
        deals[row["state"]["customer_id"]].append(msgspec.convert(row["state"], DealFact))
    return {one: facts_of(touches[one], deals[one], desk.currency, now) for one in customer_ids}


async def _present(desk: Desk, customer_ids: Sequence[str]) -> dict[str, Any]:
    """The customers these are now, by id, each with its facts as they stand; those nobody knows are left out."""
    present: dict[str, Any] = {}
    asked: set[str] = set(customer_ids)
    for _ in range(MERGES_FOLLOWED):
        fields = {"state.merged_into": 1, "facts": 1}
        found = await desk.store.customers.collection.find({"_id": {"$in": list(asked)}}, fields).to_list(len(asked))
        into = {row["_id"]: row["state"].get("merged_into") for row in found}
        present.update({row["_id"]: row.get("facts") for row in found if into[row["_id"]] is None})
        asked = {other for other in into.values() if other is not None} - set(present)
        if not asked:
            break
    return present


def _each_its(facts: dict[str, Any]) -> list[Document]:
    """The step that gives each customer its facts: one for all costs the embedded store half of a step each."""
    place = {"$indexOfArray": [{"$literal": list(facts)}, "$_id"]}
    return [{"$set": {"facts": {"$arrayElemAt": [{"$literal": list(facts.values())}, place]}}}]


def _name(said: VisitVoided | FollowUpVoided) -> str:
    return f"visit|{said.visit_id}" if isinstance(said, VisitVoided) else f"follow-up|{said.follow_up_id}"


def _document(touch: Touch) -> Document:
    return {"_id": touch.touch_id, "c": touch.customer_id, "k": touch.kind, "at": touch.at, "r": touch.reached}


def _touch(row: Document) -> Touch:
    return Touch(touch_id=row["_id"], customer_id=row["c"], kind=row["k"], at=row["at"], reached=row["r"])


def _plain(facts: Facts) -> Any:
    return msgspec.to_builtins(facts, builtin_types=(datetime,))
