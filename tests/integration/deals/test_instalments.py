"""Instalments that fall due and are overdue."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx

from backbone.contract.envelope import Envelope
from backbone.contract.ids import derived_event_id
from backbone.contract.papers import PaymentDue
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import code, posted, read
from tests.integration.deals.asked import House, Sent, signed, today
from tests.listening import Heard


async def test_an_instalment_falls_due_once_also_when_the_service_is_killed_and_started_again(
    customers: httpx.AsyncClient, house: House, log: Heard, settings: Settings
) -> None:
    day = today(settings)
    deal = await signed(customers, house, day)
    service = house.services["customers"]
    service.kill()
    await asyncio.to_thread(service.launch)
    await asyncio.to_thread(service.wait)

    async def fallen() -> list[Envelope]:
        return [one for one in log if one.subject == deal.deal_id and isinstance(one.data, PaymentDue)]

    events = await eventually(fallen, lambda found: len({one.id for one in found}) >= 2)
    # Another deal's instalments come after: had these fallen due twice, it would show by then.
    later = await signed(customers, house, day)
    await eventually(lambda: _told(log, later.deal_id), lambda count: count >= 2)

    events = list({one.id: one for one in await fallen()}.values())
    begins = [
        datetime.combine(on, datetime.min.time(), ZoneInfo(settings.time_zone))
        for on in (day - timedelta(days=10), day)
    ]
    keys = [f"due|{deal.deal_id}|{deal.contract_id}|{place}" for place in (1, 2)]
    assert [one.id for one in events] == [
        derived_event_id("/services/customers", key, at) for key, at in zip(keys, begins, strict=True)
    ]
    assert [(one.data.amount, one.time) for one in events if isinstance(one.data, PaymentDue)] == [
        (250_001, begins[0]),
        (250_000, begins[1]),
    ]


async def _told(log: Heard, deal_id: str) -> int:
    return len({one.id for one in log if one.subject == deal_id and isinstance(one.data, PaymentDue)})


async def test_what_is_overdue_is_listed_by_customer_and_owner_until_it_is_paid(
    customers: httpx.AsyncClient, house: House, log: Heard, settings: Settings
) -> None:
    people, day = house.people, today(settings)
    deal = await signed(customers, house, day)
    asked = {"customer_id": deal.customer_id}

    (late,) = (await read(customers, "/receivables", house.finance, **asked))["items"]
    every = (await read(customers, "/receivables", people.as_("li"), overdue=False, **asked))["items"]
    others = (await read(customers, "/receivables", people.as_("wang"), **asked))["items"]
    debts = await read(customers, "/receivables/summary", house.finance)

    assert (late["days_overdue"], late["left"], late["contract_number"]) == (10, 250_001, deal.number)
    assert [one["days_overdue"] for one in every] == [10, 0]
    assert others == []
    (debt,) = [one for one in debts if one["id"] == deal.customer_id]
    assert (debt["left"], debt["days_overdue"], debt["instalments"]) == (250_001, 10, 1)
    by_owner = await read(customers, "/receivables/summary", people.as_("li"), by="owner")
    assert [one["id"] for one in by_owner] == [people.ids["li"]]

    async def version() -> int:
        await eventually(lambda: _told(log, deal.deal_id), lambda count: count >= 2)
        return int((await read(customers, f"/deals/{deal.deal_id}", house.finance))["version"])

    money: Sent = {"payment_id": "p-1", "amount": 300_000, "received_on": day.isoformat()}
    path = f"/deals/{deal.deal_id}/payments"
    assert code(await posted(customers, path, people.as_("li"), 403, version=1, **money)) == "wrong-role"
    paid = await posted(customers, path, house.finance, version=await version(), **money)

    assert paid["owed_since"] == day.isoformat()
    assert (await read(customers, "/receivables", house.finance, **asked))["items"] == []
    (contract,) = (await read(customers, f"/deals/{deal.deal_id}/contracts", people.as_("li")))["contracts"]
    assert [(part["paid"], part["left"]) for part in contract["plan"]] == [(250_001, 0), (49_999, 200_001)]
