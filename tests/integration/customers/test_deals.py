"""The life of a deal on the log, once, however often it is sent."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import httpx

from backbone.contract import deals as contract
from backbone.contract.deals import (
    DealLost,
    DealOpened,
    DealReopened,
    DealRevised,
    DealWon,
    StageChanged,
)
from backbone.contract.papers import PaymentReceived
from tests.conversation import code, posted, said
from tests.integration.customers.asked import LAST_WEEK, Sent
from tests.listening import Heard
from tests.people import People
from tests.selling import customer_of, deal_of


async def test_a_deal_leaves_its_whole_life_on_the_log_in_order(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    def at(days: int) -> str:
        return (LAST_WEEK + timedelta(days=days)).isoformat()

    customer_id = await customer_of(customers, people, "li", created_at=at(0))
    li, wang = people.ids["li"], people.ids["wang"]
    opened = await posted(
        customers,
        "/deals",
        people.as_("li"),
        customer_id=customer_id,
        amount=500_000,
        product_ids=["pump"],
        opened_at=at(0),
    )
    path = f"/deals/{opened['deal_id']}"
    told = opened
    lines = [{"product_id": "pump", "quantity": 2, "amount": 600_000}]
    credits_ = [{"member_id": li, "share": 0.75}, {"member_id": wang, "share": 0.25}]
    today = datetime.now(UTC).date().isoformat()
    life: list[tuple[str, int, Sent]] = [
        ("stage", 200, {"to_stage": "proposal", "at": at(1)}),
        ("stage", 200, {"to_stage": "contacted", "reason": "needs-demo", "at": at(2)}),
        ("stage", 200, {"to_stage": "negotiation", "reason": "framework", "at": at(3)}),
        ("revise", 200, {"amount": 600_000, "expected_close_on": "2030-06-30", "at": at(4)}),
        ("win", 200, {"lines": lines, "credits": credits_, "at": at(5)}),
        ("payments", 201, {"payment_id": "payment-1", "amount": 200_000, "received_on": today}),
        ("reopen", 200, {"reason": "not-signed", "at": at(6)}),
        ("lose", 200, {"reason": "price"}),
    ]
    for version, (move, status, body) in enumerate(life, start=1):
        # Money is noted by finance, or an admin.
        who = "admin" if move == "payments" else "li"
        told = await posted(customers, f"{path}/{move}", people.as_(who), status, version=version, **body)

    assert (told["state"], told["stage"], told["version"], told["probability"]) == ("lost", "negotiation", 9, 0)
    whose: Sent = {
        "deal_id": opened["deal_id"],
        "customer_id": customer_id,
        "owner_id": li,
        "team_id": people.teams["north"],
    }
    worth: Sent = {"amount": 500_000, "currency": "CNY"}
    later: Sent = {"amount": 600_000, "currency": "CNY"}
    standard: Sent = {**whose, "pipeline": "standard"}
    assert await said(log, opened["deal_id"], 9) == [
        DealOpened(**standard, **worth, stage="lead-in", probability=0.1, product_ids=("pump",)),
        StageChanged(
            **standard,
            **worth,
            from_stage="lead-in",
            to_stage="proposal",
            probability=0.5,
            seconds_in_from_stage=86_400,
            direction="forward",
        ),
        StageChanged(
            **standard,
            **worth,
            from_stage="proposal",
            to_stage="contacted",
            probability=0.25,
            seconds_in_from_stage=86_400,
            direction="back",
            reason="needs-demo",
        ),
        StageChanged(
            **standard,
            **worth,
            from_stage="contacted",
            to_stage="negotiation",
            probability=0.75,
            seconds_in_from_stage=86_400,
            direction="skip",
            reason="framework",
        ),
        DealRevised(**standard, **later, stage="negotiation", from_amount=500_000, expected_close_on=date(2030, 6, 30)),
        DealWon(
            **standard,
            **later,
            stage="negotiation",
            lines=(contract.Line(product_id="pump", quantity=2, amount=600_000),),
            credits=(contract.Credit(member_id=li, share=0.75), contract.Credit(member_id=wang, share=0.25)),
        ),
        PaymentReceived(
            **whose,
            payment_id="payment-1",
            amount=200_000,
            currency="CNY",
            received_on=date.fromisoformat(today),
        ),
        DealReopened(**standard, **later, from_outcome="won", stage="negotiation", reason="not-signed"),
        DealLost(**standard, **later, stage="negotiation", reason="price"),
    ]
    envelopes = [envelope for envelope in log if envelope.subject == opened["deal_id"]]
    assert [envelope.sequence for envelope in envelopes] == list(range(1, 10))
    assert {envelope.partitionkey for envelope in envelopes} == {opened["deal_id"]}


async def test_a_deal_opened_several_times_under_one_key_is_one_deal_with_one_event(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    customer_id = await customer_of(customers, people, "li")
    headers = people.as_("li")
    body = {"customer_id": customer_id, "amount": 1}

    answers = await asyncio.gather(*(customers.post("/deals", json=body, headers=headers) for _ in range(4)))
    other = await customers.post("/deals", json={**body, "amount": 2}, headers=headers)

    asked = {"customer_id": customer_id}
    (only,) = (await customers.get("/deals", headers=people.as_("li"), params=asked)).json()["items"]
    assert [answer.json() for answer in answers] == [only] * 4
    assert sorted("Idempotent-Replayed" in answer.headers for answer in answers) == [False, True, True, True]
    assert (other.status_code, code(other.json())) == (422, "idempotency-key-reused")
    await posted(customers, f"/deals/{only['deal_id']}/lose", people.as_("li"), 200, version=1, reason="price")
    assert [type(event) for event in await said(log, only["deal_id"], 2)] == [DealOpened, DealLost]


async def test_a_deal_is_won_once_however_often_the_request_comes(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    deal_id = (await deal_of(customers, people))["deal_id"]
    headers = people.as_("li")

    first = await posted(customers, f"/deals/{deal_id}/win", headers, 200, version=1)
    await posted(customers, f"/deals/{deal_id}/reopen", people.as_("li"), 200, version=2)
    late = await customers.post(f"/deals/{deal_id}/win", json={"version": 1}, headers=headers)

    assert first["state"] == "won"
    assert (late.status_code, late.headers["Idempotent-Replayed"], late.json()["state"]) == (200, "true", "open")
    assert [type(event) for event in await said(log, deal_id, 3)] == [DealOpened, DealWon, DealReopened]


async def test_of_several_stage_moves_at_once_one_is_made_and_the_others_hear_of_the_conflict(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    deal_id = (await deal_of(customers, people))["deal_id"]

    answers = await asyncio.gather(
        *(
            customers.post(
                f"/deals/{deal_id}/stage", json={"version": 1, "to_stage": to_stage}, headers=people.as_("li")
            )
            for to_stage in ("contacted", "proposal") * 3
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await customers.get(f"/deals/{deal_id}", headers=people.as_("li"))).json() == won
    await posted(customers, f"/deals/{deal_id}/win", people.as_("li"), 200, version=2)
    assert [type(event) for event in await said(log, deal_id, 3)] == [DealOpened, StageChanged, DealWon]
