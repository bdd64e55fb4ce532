"""What takes several writes about deals and money, killed by -9 between any two of them, ends complete and once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from backbone.broker import Publisher, Record
from backbone.contract.codec import encode
from backbone.contract.deals import StageChanged
from backbone.contract.envelope import Envelope, seal
from backbone.contract.ids import new_event_id
from backbone.contract.papers import PaymentDue, PaymentMatched, PaymentReceived
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import posted
from tests.cutting import SECONDS, Armed, armed_in
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, bearer, serving

pytestmark = pytest.mark.timeout(180)


@dataclass
class Desk:
    """The customers service, the file that arms it, the people, finance's key."""

    service: Service
    armed: Armed
    people: People
    finance: dict[str, str]

    async def killed_at(self, point: str, ask: Callable[[], Awaitable[object]]) -> None:
        """Ask for something; return when the service has died at the point and runs again."""
        await self.armed.killed_at(point, ask, self.service)


@pytest.fixture(scope="module")
def desk(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with (
        armed_in(tmp_path_factory.mktemp("fail")) as armed,
        serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "customers"]) as services,
    ):
        people = gather(services["directory"])
        headers = dict(people.keys["admin"])
        url = services["directory"].url
        with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
            made = client.post("/keys", json={"role": "finance", "label": "the bank desk"}).json()
        yield Desk(services["customers"], armed, people, bearer(made["key"]))


@pytest.fixture
async def customers(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with desk.service.client(None) as client:
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "deals") as heard:
        yield heard


async def deal_of(client: httpx.AsyncClient, desk: Desk, **body: Any) -> str:
    made = await posted(client, "/deals", desk.people.as_("li"), lead_id=new_event_id(), amount=500, **body)
    return str(made["deal_id"])


async def read(client: httpx.AsyncClient, path: str, headers: Any) -> Any:
    answer = await client.get(path, headers=dict(headers))
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(log: Heard, deal_id: str, kind: type[Any]) -> list[Envelope]:
    """The events of a kind about a deal, each once however often it was published."""
    return list({one.id: one for one in log if one.subject == deal_id and isinstance(one.data, kind)}.values())


@pytest.mark.parametrize("point", ["pipeline:changed", "pipeline:deal-moved"])
async def test_the_deals_of_a_stage_that_went_all_follow_once(
    desk: Desk, customers: httpx.AsyncClient, log: Heard, point: str
) -> None:
    name = f"p-{new_event_id()[-6:]}"
    stages = [{"stage": stage, "name": stage, "probability": 0.5} for stage in ("first", "second")]
    admin = desk.people.as_("admin")
    await posted(customers, "/pipelines", admin, pipeline_id=name, name=name, stages=stages)
    deals = [await deal_of(customers, desk, pipeline=name, stage="second") for _ in range(3)]
    fewer = {"version": 1, "name": name, "stages": stages[:1], "moved": {"second": "first"}}

    await desk.killed_at(
        point, lambda: customers.put(f"/pipelines/{name}", json=fewer, headers=desk.people.as_("admin"))
    )

    async def settled() -> bool:
        return bool((await read(customers, f"/pipelines/{name}", desk.people.as_("li")))["settled"])

    await eventually(settled, seconds=SECONDS)
    for deal_id in deals:
        assert (await read(customers, f"/deals/{deal_id}", desk.people.as_("li")))["stage"] == "first"
        moves = await eventually(partial(_once, log, deal_id, StageChanged))
        assert [one.data.direction for one in moves if isinstance(one.data, StageChanged)] == ["mapped"]


async def _once(log: Heard, deal_id: str, kind: type[Any]) -> list[Envelope]:
    return told(log, deal_id, kind)


async def signed(client: httpx.AsyncClient, desk: Desk, plan: list[dict[str, Any]]) -> tuple[str, int]:
    """A deal with a signed contract and the version it has then."""
    deal_id = await deal_of(client, desk)
    path = f"/deals/{deal_id}/contracts"
    number = f"HT-{new_event_id()[-8:]}"
    li, today = desk.people.keys["li"], datetime.now(UTC).date().isoformat()
    drafted = await posted(client, path, li, version=1, number=number, amount=500, plan=plan)
    one = f"{path}/{drafted['contracts'][0]['contract_id']}"
    await posted(client, f"{one}/submit", li, 200, version=2)
    await posted(client, f"{one}/approve", desk.finance, 200, version=3)
    last = await client.post(f"{one}/sign", json={"version": 4, "signed_on": today}, headers=dict(li))
    return deal_id, last.json()["version"]


async def test_an_instalment_that_fell_due_when_the_power_went_is_told_once(
    desk: Desk, customers: httpx.AsyncClient, log: Heard
) -> None:
    day = datetime.now(UTC).date()
    plan = [{"due_on": (day - timedelta(days=back)).isoformat(), "amount": 250} for back in (9, 4)]
    deals: list[str] = []

    async def sign() -> None:
        deal_id, _ = await signed(customers, desk, plan)
        deals.append(deal_id)

    await desk.killed_at("deal:fell-due", sign)

    (deal_id,) = deals
    due = await eventually(lambda: _once(log, deal_id, PaymentDue), lambda found: len(found) >= 2)
    assert [one.data.amount for one in due if isinstance(one.data, PaymentDue)] == [250, 250]
    deal = await read(customers, f"/deals/{deal_id}", desk.finance)
    assert deal["version"] == max(one.sequence or 0 for one in due)


@pytest.mark.parametrize("point", ["payment:claimed", "payment:laid"])
async def test_money_matched_by_hand_is_laid_to_its_deal_once(
    desk: Desk, customers: httpx.AsyncClient, log: Heard, settings: Settings, point: str
) -> None:
    deal_id, _ = await signed(customers, desk, [])
    payment_id = f"bank-{new_event_id()}"
    day = datetime.now(UTC).date()
    money = PaymentReceived(owner_id=None, payment_id=payment_id, amount=7, currency="CNY", received_on=day)
    envelope = seal(money, source="urn:bank", time=datetime.now(UTC) - timedelta(hours=1))
    publisher = Publisher(settings)
    await publisher.publish_many([Record("deals", envelope.partitionkey.encode(), encode(envelope))])
    await publisher.close()

    async def listed(state: str) -> list[dict[str, Any]]:
        found = await read(customers, f"/payments/unmatched?state={state}&limit=200", desk.finance)
        return [one for one in found["items"] if one["payment_id"] == payment_id]

    await eventually(lambda: listed("unmatched"))
    body = {"version": 1, "deal_id": deal_id}

    await desk.killed_at(
        point, lambda: customers.post(f"/payments/{payment_id}/match", json=body, headers=desk.finance)
    )

    (matched,) = await eventually(lambda: listed("matched"), seconds=SECONDS)
    assert matched["matched_deal_id"] == deal_id
    deal = await read(customers, f"/deals/{deal_id}", desk.finance)
    assert [one["payment_id"] for one in deal["payments"]] == [payment_id]
    assert len(await eventually(lambda: _once(log, deal_id, PaymentMatched))) == 1


async def test_a_number_whose_contract_was_never_written_is_still_the_deals_own(
    desk: Desk, customers: httpx.AsyncClient
) -> None:
    deal_id, number = await deal_of(customers, desk), f"HT-{new_event_id()[-8:]}"
    path, body = f"/deals/{deal_id}/contracts", {"version": 1, "number": number, "amount": 1}
    headers = desk.people.as_("li")

    await desk.killed_at("contract:number-taken", lambda: customers.post(path, json=body, headers=headers))

    again = await customers.post(path, json=body, headers=headers)
    assert again.status_code == 201, again.text
    assert [one["number"] for one in again.json()["contracts"]] == [number]
