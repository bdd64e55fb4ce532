"""The facts of customers on the real store: whoever counts at the same time, they end as what the store says."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from backbone.clock import utc_now
from backbone.contract.activities import VisitLogged, VisitVoided
from backbone.contract.deals import DealOpened, StageChanged
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.contract.ids import new_event_id
from backbone.idempotency import By
from backbone.mongo import Document
from backbone.saga.rules import Origin, Saga
from backbone.service import opened
from backbone.settings import Settings
from services.customers.desk import Desk
from services.customers.domain.merge import MERGE
from services.customers.domain.query import Facts
from services.customers.handlers import adoption, fact_books
from services.customers.handlers import facts as counting
from services.customers.handlers.adoption import adopt_deal
from services.customers.handlers.fact_books import MANY, Overtaken
from services.customers.handlers.facts import refresh, refresh_all, take_deal, take_facts
from services.customers.handlers.merging import Merging
from services.customers.queries.facts import read_facts
from services.customers.store import Store
from tests.customers import customer

SLOW_SECONDS = 0.05
NOW = utc_now().replace(microsecond=0)
WHOSE: dict[str, Any] = {"member_id": "li", "owner_id": "li", "team_id": None}


class Died(Exception):
    """What kills the process in a test."""


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    async with opened("customers", settings) as backbone:
        store = Store(backbone)
        await store.ensure_indexes()
        yield Desk(store, backbone.members, utc_now, "CNY", settings.zone)


async def stored(desk: Desk, customer_id: str, deals: int) -> list[str]:
    """A customer and its open deals, as the store has them, whom nobody has counted yet."""
    await desk.store.customers.collection.insert_one(
        {"_id": customer_id, "stamp": customer_id, "state": {"merged_into": None}}
    )
    ids = [f"{customer_id}-deal-{place}" for place in range(deals)]
    rows = [{"_id": id_, "stamp": id_, "state": deal_state(customer_id)} for id_ in ids]
    if rows:
        await desk.store.deals.collection.insert_many(rows)
    return ids


def deal_state(customer_id: str, **other: Any) -> Document:
    return {
        "customer_id": customer_id,
        "state": "open",
        "amount": 5,
        "currency": "CNY",
        "decided_at": None,
        "owner_id": "li",
        **other,
    }


async def said_of(desk: Desk, customer_id: str) -> Facts:
    document = await desk.store.customers.collection.find_one({"_id": customer_id})
    assert document is not None
    return read_facts(document)


async def meant(desk: Desk, customer_id: str) -> Facts:
    """What the facts must be, told by all that is stored and by nothing that was counted before."""
    touches = [row async for row in desk.store.touches.find({"c": customer_id}) if not row.get("off")]
    deals = [row["state"] async for row in desk.store.deals.collection.find({"state.customer_id": customer_id})]
    latest: datetime | None = max((row["at"] for row in touches), default=None)
    won = [deal for deal in deals if deal["state"] == "won"]
    return Facts(
        last_visit_at=latest,
        last_contact_at=latest,
        visits=len(touches),
        open_deals=sum(deal["state"] == "open" for deal in deals),
        deals_won=len(won),
        turnover=sum(deal["amount"] for deal in won),
    )


def told(data: EventData) -> Envelope:
    return seal(data, source="urn:crm", time=NOW)


def visit(customer_id: str, visit_id: str) -> VisitLogged:
    at = NOW - timedelta(hours=len(visit_id))
    return VisitLogged(**WHOSE, visit_id=visit_id, customer_id=customer_id, started_at=at, ended_at=at)


async def test_one_more_deal_of_many_is_counted_without_reading_the_others(desk: Desk) -> None:
    ids = await stored(desk, "great", MANY + 1)
    await refresh_all(desk, ["great"])
    await desk.store.deals.collection.update_one(
        {"_id": ids[0]}, {"$set": {"state": deal_state("great", state="lost")}}
    )
    # Nothing is told of this one: were all of them read, it would be missed.
    await desk.store.deals.collection.update_one({"_id": ids[1]}, {"$set": {"state.state": "lost"}})

    await take_deal(desk, ids[0], ["great"])
    after_one = (await said_of(desk, "great")).open_deals
    await refresh_all(desk, ["great"])

    assert after_one == MANY
    assert (await said_of(desk, "great")).open_deals == MANY - 1


async def test_a_deal_that_goes_to_another_customer_counts_there_alone(desk: Desk) -> None:
    ids = await stored(desk, "from", MANY + 1)
    await stored(desk, "to", 0)
    await refresh_all(desk, ["from", "to"])
    await desk.store.deals.collection.update_one({"_id": ids[0]}, {"$set": {"state.customer_id": "to"}})

    await take_deal(desk, ids[0], ["from", "to", None])

    assert [(await said_of(desk, id_)).open_deals for id_ in ("from", "to")] == [MANY, 1]


async def test_whoever_counts_at_once_the_facts_are_what_is_stored(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six at a time change deals, log visits, take them back and merge; each is slow between reading and writing."""
    ids = ("north", "south", "small")
    deals = [deal for id_, many in zip(ids, (2 * MANY, MANY, 2), strict=True) for deal in await stored(desk, id_, many)]
    await refresh_all(desk, ids)
    dice = random.Random(4)
    overtaken = []
    once, keep = counting._count_some, fact_books._keep

    async def noting(*asked: Any) -> None:
        try:
            await once(*asked)
        except Overtaken:
            overtaken.append(asked[1])
            raise

    async def slowly(*asked: Any) -> None:
        await asyncio.sleep(dice.random() * SLOW_SECONDS)
        await keep(*asked)
        await asyncio.sleep(dice.random() * SLOW_SECONDS)

    monkeypatch.setattr(counting, "_count_some", noting)
    monkeypatch.setattr(fact_books, "_keep", slowly)
    for turn in range(30):
        works = [_work(desk, dice, f"visit-{turn}-{worker}", ids, deals) for worker in range(6)]
        await asyncio.gather(*works)
        assert [await said_of(desk, id_) for id_ in ids] == [await meant(desk, id_) for id_ in ids], turn
    assert overtaken, "nobody met anybody: this proved nothing"


async def _work(desk: Desk, dice: random.Random, visit_id: str, ids: Sequence[str], deals: Sequence[str]) -> None:
    whose, deal, kept = dice.choice(ids), dice.choice(deals), desk.store.deals.collection
    match dice.randrange(6):
        case 0 | 1:
            how = dice.choice(("open", "won", "lost"))
            decided = {"state.state": how, "state.decided_at": None if how == "open" else NOW}
            row = await kept.find_one_and_update({"_id": deal}, {"$set": decided})
            await take_deal(desk, deal, [row["state"]["customer_id"]])
        case 2:
            row = await kept.find_one_and_update({"_id": deal}, {"$set": {"state.customer_id": whose}})
            await take_deal(desk, deal, [row["state"]["customer_id"], whose])
        case 3:
            await take_facts(desk, [told(visit(whose, visit_id)), told(visit(whose, visit_id))])
        case 4:
            await take_facts(desk, [told(visit(whose, visit_id))])
            await take_facts(desk, [told(VisitVoided(**WHOSE, visit_id=visit_id, reason="mistake"))])
        case _:
            # A merge moves deals and says nothing of it; whoever merges counts both anew.
            row = await kept.find_one_and_update({"_id": deal}, {"$set": {"state.customer_id": whose}})
            for id_ in (row["state"]["customer_id"], whose):
                await refresh(desk, id_)


@pytest.mark.parametrize("many", [1, MANY + 1])
async def test_a_slow_count_of_what_was_does_not_outlast_one_that_found_nothing_new(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    id_ = f"slow-{many}"
    deal = (await stored(desk, id_, many))[0]
    await refresh_all(desk, [id_])
    read, go_on, keep = asyncio.Event(), asyncio.Event(), fact_books._keep

    async def waiting(*asked: Any) -> None:
        read.set()
        await go_on.wait()
        await keep(*asked)

    kept = desk.store.deals.collection
    await kept.update_one({"_id": deal}, {"$set": {"state.state": "lost"}})
    with monkeypatch.context() as slowly:
        slowly.setattr(fact_books, "_keep", waiting)
        slow = asyncio.create_task(take_deal(desk, deal, [id_]))
        await read.wait()
    await kept.update_one({"_id": deal}, {"$set": {"state.state": "open"}})
    await take_deal(desk, deal, [id_])
    go_on.set()
    await slow

    assert (await said_of(desk, id_)).open_deals == many


async def test_what_was_half_done_when_the_process_died_is_done_when_the_events_come_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await stored(desk, "half", MANY + 1)
    await refresh_all(desk, ["half"])
    await desk.store.deals.collection.update_one({"_id": ids[0]}, {"$set": {"state.state": "lost"}})

    def die(*_: Any) -> Facts:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(counting, "facts_of", die)
        with pytest.raises(Died):
            await take_deal(desk, ids[0], ["half"])
    before = (await said_of(desk, "half")).open_deals
    await take_deal(desk, ids[0], ["half"])

    assert (before, (await said_of(desk, "half")).open_deals) == (MANY + 1, MANY)


async def test_a_deal_an_outside_system_gives_to_another_customer_leaves_the_first_also_after_a_crash(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id_ in ("told-from", "told-to"):
        await stored(desk, id_, 0)
    worth: dict[str, Any] = {"owner_id": "li", "team_id": None, "pipeline": "erp", "amount": 7, "currency": "CNY"}
    begun = DealOpened(**worth, deal_id="told", customer_id="told-from", stage="lead-in")
    await adopt_deal(desk, told(begun), begun)
    given = StageChanged(**worth, deal_id="told", customer_id="told-to", from_stage="lead-in", to_stage="offer")
    event = told(given)

    async def die(*_: Any) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(adoption, "take_deal", die)
        with pytest.raises(Died):
            await adopt_deal(desk, event, given)
    await adopt_deal(desk, event, given)

    assert [(await said_of(desk, id_)).open_deals for id_ in ("told-from", "told-to")] == [0, 1]


async def test_what_was_told_while_a_merge_was_tried_counts_when_it_is_taken_back(desk: Desk) -> None:
    merging, by = Merging(desk), By("test", new_event_id())
    for id_ in ("tried", "goal"):
        await desk.store.customers.create(id_, customer(id_, name=id_), [], at=NOW, by=by)
    rows = [{"_id": f"tried-{n}", "stamp": f"tried-{n}", "state": deal_state("tried")} for n in range(MANY + 1)]
    await desk.store.deals.collection.insert_many(rows)
    await refresh_all(desk, ["tried", "goal"])
    saga = Saga(
        saga_id=new_event_id(),
        kind=MERGE,
        subject="tried",
        owner_id="li",
        team_id="north",
        said={"into_customer_id": "goal", "reason": "same"},
        origin=Origin(actor="test", request_id="r"),
        step="check",
        next_at=None,
        started_at=NOW,
    )

    await merging.freeze(saga)
    await desk.store.deals.collection.update_one({"_id": "tried-0"}, {"$set": {"state.state": "lost"}})
    await take_deal(desk, "tried-0", ["tried"])
    await merging.undo(saga)

    assert [(await said_of(desk, id_)).open_deals for id_ in ("tried", "goal")] == [MANY, 0]


async def test_deals_that_count_no_more_are_not_read_again_and_again(desk: Desk) -> None:
    ids = await stored(desk, "past", MANY + 2)
    await desk.store.deals.collection.update_many(
        {"state.customer_id": "past", "_id": {"$ne": ids[0]}}, {"$set": {"state.state": "lost"}}
    )

    await refresh_all(desk, ["past"])

    assert await desk.store.fact_books.count_documents({"_id": "past", "book": {"$exists": True}}) == 1
    assert (await said_of(desk, "past")).open_deals == 1


async def test_a_visit_that_was_taken_back_before_it_came_is_not_counted(desk: Desk) -> None:
    await stored(desk, "strict", MANY + 1)
    await refresh_all(desk, ["strict"])
    await take_facts(desk, [told(VisitVoided(**WHOSE, visit_id="v", reason="mistake"))])
    await take_facts(desk, [told(visit("strict", "v"))])

    assert msgspec.to_builtins(await said_of(desk, "strict")) == msgspec.to_builtins(Facts(open_deals=MANY + 1))
