"""What tests of deals ask."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from tests.conversation import posted
from tests.people import People
from tests.selling import deal_of
from tests.serving import Service

Sent = dict[str, Any]


@dataclass(frozen=True)
class House:
    """The services, the people, and a key of finance."""

    services: dict[str, Service]
    people: People
    finance: dict[str, str]


def today(settings: Settings) -> date:
    return datetime.now(ZoneInfo(settings.time_zone)).date()


async def changed(client: httpx.AsyncClient, path: str, headers: Any, status: int, **body: Any) -> Sent:
    answer = await client.put(path, json=body, headers=dict(headers))
    assert answer.status_code == status, answer.text
    found: Sent = answer.json()
    return found


@dataclass
class Signed:
    """A deal with a signed contract in two halves, the first overdue, the second due today."""

    deal_id: str
    customer_id: str
    contract_id: str
    number: str
    version: int


async def signed(client: httpx.AsyncClient, house: House, day: date) -> Signed:
    people = house.people
    deal = await deal_of(client, people)
    path, number = f"/deals/{deal['deal_id']}/contracts", f"HT-{new_event_id()[-8:]}"
    plan = [
        {"due_on": (day - timedelta(days=10)).isoformat(), "share": 0.5},
        {"due_on": day.isoformat(), "share": 0.5},
    ]
    drafted = await posted(client, path, people.as_("li"), version=1, number=number, amount=500_001, plan=plan)
    contract_id = drafted["contracts"][0]["contract_id"]
    one = f"{path}/{contract_id}"
    await posted(client, f"{one}/submit", people.as_("li"), 200, version=2)
    await posted(client, f"{one}/approve", house.finance, 200, version=3)
    told = await posted(client, f"{one}/sign", people.as_("li"), 200, version=4, signed_on=day.isoformat())
    assert [part["amount"] for part in told["contracts"][0]["plan"]] == [250_001, 250_000]
    return Signed(deal["deal_id"], deal["customer_id"], contract_id, number, told["version"])
