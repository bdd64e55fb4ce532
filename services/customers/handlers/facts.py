"""Keeping the facts of customers: what visits, follow-ups and deals say of them, for segments and grades.

Each visit and follow-up is kept once under its own id, so that an event that comes again, or is
taken back, changes nothing wrongly; the facts are counted anew from what is kept, never added to.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from backbone.contract.activities import FollowUpVoided, VisitVoided
from backbone.contract.deals import DealEvent
from backbone.contract.envelope import Envelope
from backbone.mongo import DESCENDING, Document, insert_new
from services.customers.desk import Desk
from services.customers.domain.facts import DealFact, Touch, facts_of, touch_of
from services.customers.domain.query import Facts

MOST_TOUCHES: Final = 2_000
"""Of one customer, the latest; more in a year is no customer but a mistake."""
MOST_AT_ONCE: Final = 8
PAUSE_SECONDS: Final = 0.5
"""Between two batches: many events of one customer then cost one count."""


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
    await insert_new(kept, [_document(touch) for touch in touches.values()])
    for name in voided:
        await kept.update_one({"_id": name}, {"$set": {"off": True}}, upsert=True)
        if (gone := await kept.find_one({"_id": name})) is not None and "c" in gone:
            customers.add(gone["c"])
    await refresh_all(desk, customers)
    await asyncio.sleep(PAUSE_SECONDS)


async def refresh_all(desk: Desk, customer_ids: Iterable[str]) -> None:
    """Count the facts of some customers anew."""
    room = asyncio.Semaphore(MOST_AT_ONCE)

    async def one(customer_id: str) -> None:
        async with room:
            await refresh(desk, customer_id)

    await asyncio.gather(*(one(customer_id) for customer_id in sorted(customer_ids)))


async def refresh(desk: Desk, customer_id: str) -> Facts | None:
    """Count the facts of one customer anew; those of a merged one are the other's. None when there is no such one."""
    customers = desk.store.customers.collection
    found = await customers.find_one({"_id": customer_id}, {"state.merged_into": 1})
    steps = 0
    while found is not None and (into := found["state"].get("merged_into")) is not None and steps < MOST_AT_ONCE:
        steps += 1
        customer_id = into
        found = await customers.find_one({"_id": customer_id}, {"state.merged_into": 1})
    if found is None:
        return None
    facts = await counted(desk, customer_id, desk.now())
    await customers.update_one({"_id": customer_id}, {"$set": {"facts": _plain(facts)}})
    return facts


async def counted(desk: Desk, customer_id: str, now: datetime) -> Facts:
    """The facts of one customer, from what is kept."""
    rows = desk.store.touches.find({"c": customer_id, "off": {"$ne": True}}).sort("at", DESCENDING)
    touches = [_touch(row) for row in await rows.limit(MOST_TOUCHES).to_list(MOST_TOUCHES)]
    fields = {"state.state": 1, "state.amount": 1, "state.currency": 1, "state.decided_at": 1}
    deals = [
        msgspec.convert(row["state"], DealFact)
        async for row in desk.store.deals.collection.find({"state.customer_id": customer_id}, fields)
    ]
    return facts_of(touches, deals, desk.currency, now)


def _name(said: VisitVoided | FollowUpVoided) -> str:
    return f"visit|{said.visit_id}" if isinstance(said, VisitVoided) else f"follow-up|{said.follow_up_id}"


def _document(touch: Touch) -> Document:
    return {"_id": touch.touch_id, "c": touch.customer_id, "k": touch.kind, "at": touch.at, "r": touch.reached}


def _touch(row: Document) -> Touch:
    return Touch(touch_id=row["_id"], customer_id=row["c"], kind=row["k"], at=row["at"], reached=row["r"])


def _plain(facts: Facts) -> Any:
    return msgspec.to_builtins(facts, builtin_types=(datetime,))
