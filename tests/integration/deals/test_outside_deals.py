"""Deals and money of outside systems."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import httpx

from backbone.broker import Publisher
from backbone.contract.deals import DealOpened, DealWon, StageChanged
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.contract.ids import new_event_id
from backbone.contract.papers import ContractSigned, PaymentMatched, PaymentReceived
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import posted, read, tell
from tests.integration.deals.asked import House, Sent, signed, today
from tests.listening import Heard


def outside(*told: tuple[EventData, int | None]) -> Sequence[Envelope]:
    at = datetime.now(UTC) - timedelta(hours=3)
    return [
        seal(data, source="urn:erp", time=at + timedelta(minutes=place), sequence=sequence)
        for place, (data, sequence) in enumerate(told)
    ]


async def test_a_deal_of_an_outside_system_is_adopted_once_and_goes_on_here(
    customers: httpx.AsyncClient, house: House, log: Heard, publisher: Publisher
) -> None:
    people, deal_id = house.people, f"erp:{new_event_id()}"
    whose: Sent = {"deal_id": deal_id, "owner_id": people.ids["li"], "team_id": people.teams["north"]}
    worth: Sent = {**whose, "pipeline": "standard", "amount": 70_000, "currency": "CNY"}
    events = outside(
        (DealOpened(**worth, stage="lead-in", customer_id="erp:hefei"), 3),
        (StageChanged(**worth, from_stage="lead-in", to_stage="proposal"), 5),
        (StageChanged(**worth, from_stage="lead-in", to_stage="contacted"), 4),
        (
            ContractSigned(
                **whose, contract_id=f"HT-{deal_id}", amount=70_000, currency="CNY", signed_on=date(2026, 1, 5)
            ),
            6,
        ),
    )
    await tell(publisher, *events, *events)

    async def adopted() -> Sent:
        found: Sent = (await customers.get(f"/deals/{deal_id}", headers=people.as_("li"))).json()
        return found

    deal = await eventually(adopted, lambda found: found.get("version", 0) >= 6)
    won = await posted(customers, f"/deals/{deal_id}/win", people.as_("li"), 200, version=deal["version"])

    assert (deal["version"], deal["stage"], deal["customer_id"], won["state"]) == (6, "proposal", "erp:hefei", "won")
    told = await eventually(lambda: _ours(log, deal_id))
    assert [(type(one.data), one.sequence) for one in told] == [(DealWon, 7)]


async def _ours(log: Heard, deal_id: str) -> list[Envelope]:
    return [one for one in log if one.subject == deal_id and one.source == "/services/customers"]


async def test_money_from_outside_finds_its_deal_by_the_contracts_number_or_waits_to_be_matched_by_hand(
    customers: httpx.AsyncClient, house: House, log: Heard, publisher: Publisher, settings: Settings
) -> None:
    day = today(settings)
    deal = await signed(customers, house, day)
    own = new_event_id()[-6:]
    money: Sent = {"owner_id": None, "currency": "CNY", "received_on": day}
    by_number = PaymentReceived(**money, payment_id=f"n-{own}", contract_number=deal.number, amount=250_001)
    by_deal = PaymentReceived(**money, payment_id=f"d-{own}", deal_id=deal.deal_id, amount=50_000)
    by_nothing = PaymentReceived(**money, payment_id=f"x-{own}", amount=200_000)
    in_euro = PaymentReceived(**{**money, "currency": "EUR"}, payment_id=f"e-{own}", deal_id=deal.deal_id, amount=1)
    told = outside(*((one, None) for one in (by_number, by_deal, by_nothing, in_euro)))
    await tell(publisher, *told, *told)

    async def waiting() -> dict[str, Sent]:
        items = (await read(customers, "/payments/unmatched", house.finance, limit=200))["items"]
        return {one["payment_id"]: one for one in items if one["payment_id"].endswith(own)}

    kept = await eventually(waiting, lambda found: len(found) >= 2)
    assert {id_: one["reason"] for id_, one in kept.items()} == {
        f"x-{own}": "nothing-named",
        f"e-{own}": "other-currency",
    }
    assert (await read(customers, "/payments/unmatched", house.people.as_("li")))["items"] == []

    async def laid() -> list[str]:
        found = (await read(customers, f"/deals/{deal.deal_id}", house.finance))["payments"]
        return sorted(one["payment_id"] for one in found)

    await eventually(laid, lambda ids: ids == sorted([f"n-{own}", f"d-{own}"]))
    body: Sent = {"version": 1, "deal_id": deal.deal_id}
    once = {**house.finance, "Idempotency-Key": new_event_id()}
    matched = await posted(customers, f"/payments/x-{own}/match", once, 200, **body)
    await posted(customers, f"/payments/x-{own}/match", once, 200, **body)

    assert (matched["state"], matched["matched_deal_id"]) == ("matched", deal.deal_id)
    assert sorted(await laid()) == sorted([f"n-{own}", f"d-{own}", f"x-{own}"])
    assert set(await waiting()) == {f"e-{own}"}

    async def matches() -> set[tuple[str, str]]:
        return {(one.payment_id, one.matched_by) for one in log.of(deal.deal_id) if isinstance(one, PaymentMatched)}

    await eventually(matches, lambda found: found == {(f"n-{own}", "contract-number"), (f"x-{own}", "hand")})
    assert (await read(customers, f"/deals/{deal.deal_id}", house.finance))["owed_since"] is None


async def test_money_that_two_desks_match_at_once_goes_to_one_deal(
    customers: httpx.AsyncClient, house: House, publisher: Publisher, settings: Settings
) -> None:
    day, payment_id = today(settings), f"two-{new_event_id()}"
    deals = [(await signed(customers, house, day)).deal_id for _ in range(2)]
    money = PaymentReceived(owner_id=None, payment_id=payment_id, amount=7, currency="CNY", received_on=day)
    await tell(publisher, *outside((money, None)))

    async def waits() -> bool:
        items = (await read(customers, "/payments/unmatched", house.finance, limit=200))["items"]
        return payment_id in {one["payment_id"] for one in items}

    await eventually(waits)

    answers = await asyncio.gather(
        *(
            customers.post(
                f"/payments/{payment_id}/match", json={"version": 1, "deal_id": deal_id}, headers=house.finance
            )
            for deal_id in deals * 3
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    holding = [deal_id for deal_id in deals if (await read(customers, f"/deals/{deal_id}", house.finance))["payments"]]
    assert holding == [next(one.json()["matched_deal_id"] for one in answers if one.status_code == 200)]
