import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from backbone.auth import ANSWER_SECONDS
from backbone.broker import Publisher, Record
from backbone.contract.codec import encode
from backbone.contract.envelope import EventData, seal
from backbone.contract.ids import new_event_id
from backbone.contract.leads import LeadCreated
from backbone.settings import Settings
from backbone.testing import eventually
from tests.listening import listening
from tests.serving import Service, bearer, serving

ANN = {"name": "Ann Zhao", "phone": "+86 21 5555 0000", "mail": "ann@example.com"}


@dataclass(frozen=True)
class Rep:
    """A member with a key of his own."""

    member_id: str
    team_id: str
    key_id: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "leads"]) as services:
        yield services


@pytest.fixture
async def directory(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["directory"].client() as client:
        yield client


@pytest.fixture
async def leads(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["leads"].client() as client:
        yield client


async def team(directory: httpx.AsyncClient, parent_id: str | None = None) -> str:
    return str((await directory.post("/teams", json={"name": "North", "parent_id": parent_id})).json()["team_id"])


async def hired(directory: httpx.AsyncClient, team_id: str, role: str = "rep") -> Rep:
    person = {"name": "Lin", "role": role, "team_id": team_id}
    member_id = (await directory.post("/members", json=person)).json()["member_id"]
    key = (await directory.post("/keys", json={"role": role, "member_id": member_id, "label": "phone"})).json()
    return Rep(member_id, team_id, key["key_id"], bearer(key["key"]))


async def lead(leads: httpx.AsyncClient, rep: Rep, **body: Any) -> dict[str, Any]:
    person = {"name": "Bo Li"}
    answer = await leads.post("/leads", json={"channel": "web", "contact": person, **body}, headers=rep.headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def listed(leads: httpx.AsyncClient, headers: dict[str, str], **wanted: str) -> list[str]:
    answer = await leads.get("/leads", params={"limit": "200", **wanted}, headers=headers)
    return [row["lead_id"] for row in answer.json()["items"]]


async def test_a_lead_sent_twice_is_one_lead_and_one_event_without_the_person(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient, settings: Settings
) -> None:
    lin = await hired(directory, await team(directory))
    body = {"channel": "fair", "contact": ANN, "product_ids": ["pump"], "value_estimate": 120_000}
    headers = {**lin.headers, "Idempotency-Key": new_event_id()}

    first, again = [await leads.post("/leads", json=body, headers=headers) for _ in range(2)]
    other = await lead(leads, lin)

    assert (first.status_code, again.json(), again.headers["Idempotent-Replayed"]) == (201, first.json(), "true")
    assert {name: first.json()["contact"][name] for name in ANN} == ANN
    async with listening(settings, "leads") as heard:

        async def of_lin() -> list[EventData]:
            return [e.data for e in heard if e.data.model_dump().get("owner_id") == lin.member_id]

        told = await eventually(of_lin, lambda said: len(said) >= 2)
        assert sorted(told, key=lambda data: data.subject_id()) == [
            LeadCreated(
                lead_id=first.json()["lead_id"],
                owner_id=lin.member_id,
                team_id=lin.team_id,
                channel="fair",
                product_ids=("pump",),
                value_estimate=120_000,
                currency="CNY",
            ),
            LeadCreated(lead_id=other["lead_id"], owner_id=lin.member_id, team_id=lin.team_id, channel="web"),
        ]
        written = json.dumps([envelope.model_dump(mode="json") for envelope in heard])
    assert not [word for word in ANN.values() if word in written]


async def test_an_idempotency_key_taken_for_another_lead_is_refused(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    lin = await hired(directory, await team(directory))
    headers = {**lin.headers, "Idempotency-Key": new_event_id()}
    await leads.post("/leads", json={"channel": "web", "contact": {"name": "Bo Li"}}, headers=headers)

    answer = await leads.post("/leads", json={"channel": "fair", "contact": {"name": "Bo Li"}}, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:drumbeat:problem:idempotency-key-reused")


async def test_a_lead_is_seen_by_its_owner_and_those_above_him(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    top = await team(directory)
    low, elsewhere = await team(directory, top), await team(directory)
    lin, mate = await hired(directory, low), await hired(directory, low)
    boss, stranger = await hired(directory, top, "manager"), await hired(directory, elsewhere, "manager")

    made = (await lead(leads, lin))["lead_id"]

    statuses = [
        (await leads.get(f"/leads/{made}", headers=who.headers)).status_code for who in (lin, boss, mate, stranger)
    ]
    assert statuses == [200, 200, 404, 404]
    assert [await listed(leads, who.headers) for who in (lin, boss, mate, stranger)] == [[made], [made], [], []]


async def test_leads_are_listed_newest_first_by_owner_team_channel_and_state(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    north = await team(directory)
    lin, wang = await hired(directory, north), await hired(directory, north)
    boss = await hired(directory, north, "manager")
    web, fair = (await lead(leads, lin))["lead_id"], (await lead(leads, lin, channel="fair"))["lead_id"]
    other = (await lead(leads, wang))["lead_id"]

    assert await listed(leads, boss.headers) == [other, fair, web]
    assert await listed(leads, boss.headers, owner_id=lin.member_id) == [fair, web]
    assert await listed(leads, boss.headers, team_id=north, channel="web") == [other, web]
    assert await listed(leads, boss.headers, state="new", owner_id=wang.member_id) == [other]
    assert await listed(leads, boss.headers, state="converted") == []
    assert await listed(leads, lin.headers, owner_id=wang.member_id) == []


async def test_a_page_leads_on_to_the_next(directory: httpx.AsyncClient, leads: httpx.AsyncClient) -> None:
    lin = await hired(directory, await team(directory))
    made = [(await lead(leads, lin))["lead_id"] for _ in range(3)]

    first = (await leads.get("/leads", params={"limit": 2}, headers=lin.headers)).json()
    rest = (await leads.get("/leads", params={"limit": 2, "cursor": first["next"]}, headers=lin.headers)).json()

    assert [row["lead_id"] for row in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None


async def test_a_manager_gives_a_lead_to_a_member_of_his_and_to_nobody_elses(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    top = await team(directory)
    boss = await hired(directory, top, "manager")
    lin, stranger = await hired(directory, await team(directory, top)), await hired(directory, await team(directory))

    given = await lead(leads, boss, owner_id=lin.member_id)
    refused = await leads.post(
        "/leads", json={"channel": "web", "contact": ANN, "owner_id": stranger.member_id}, headers=boss.headers
    )

    assert (given["owner_id"], given["team_id"]) == (lin.member_id, lin.team_id)
    assert refused.status_code == 403


async def test_a_lead_without_an_owner_lies_in_the_pool(directory: httpx.AsyncClient, leads: httpx.AsyncClient) -> None:
    lin = await hired(directory, await team(directory))

    pooled = await lead(leads, lin, owner_id=None)

    assert (pooled["owner_id"], pooled["team_id"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "we b"}, "/channel"),
        ({"value_estimate": -1}, "/value_estimate"),
        ({"value_estimate": "120"}, "/value_estimate"),
        ({"contact": {"name": "Ann", "mail": "nowhere"}}, "/contact/mail"),
        ({"contact": {"name": "Ann", "phone": "call me"}}, "/contact/phone"),
        ({"created_at": "2017-03-06T09:00:00"}, "/created_at"),
        ({"created_at": "2100-01-01T00:00:00Z"}, "/created_at"),
        ({"owner_id": "nobody"}, "/owner_id"),
        ({"salary": 1}, "/salary"),
    ],
)
async def test_a_wrong_field_is_named(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await leads.post("/leads", json={"channel": "web", "contact": ANN, **body})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("role", ["viewer", "clock", "publisher"])
async def test_a_key_that_only_reads_or_publishes_makes_no_lead(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient, role: str
) -> None:
    key = (await directory.post("/keys", json={"role": role, "label": "test"})).json()["key"]

    answer = await leads.post("/leads", json={"channel": "web", "contact": ANN}, headers=bearer(key))

    assert answer.status_code == 403


async def test_a_withdrawn_key_stops_within_five_seconds(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    lin = await hired(directory, await team(directory))
    await lead(leads, lin)

    await directory.post(f"/keys/{lin.key_id}/withdraw")
    withdrawn = time.monotonic()

    async def status() -> int:
        return (await leads.get("/leads", headers=lin.headers)).status_code

    await eventually(status, lambda code: code == 401, seconds=ANSWER_SECONDS + 5)
    assert time.monotonic() - withdrawn < ANSWER_SECONDS + 0.5


async def test_leads_told_by_an_outside_system_are_adopted_once_and_as_they_were_told(
    leads: httpx.AsyncClient, settings: Settings
) -> None:
    told = LeadCreated(lead_id=new_event_id(), owner_id="darcel", team_id="central", channel="import")
    told_again = LeadCreated(lead_id=told.lead_id, owner_id="somebody-else", team_id=None, channel="web")
    sealed = [seal(data, source="urn:crm", time=datetime(2017, 3, 6, 9, tzinfo=UTC)) for data in (told, told_again)]
    publisher = Publisher(settings)

    records = [Record("leads", told.lead_id.encode(), encode(envelope)) for envelope in sealed]
    await publisher.publish_many([records[0], records[0], records[1], Record("leads", told.lead_id.encode(), b"{")])
    await publisher.close()

    async with listening(settings, "dead-letters") as letters:

        async def refused() -> bool:
            return any(envelope.source == "/services/leads" for envelope in letters)

        await eventually(refused, seconds=30)
    adopted = (await leads.get(f"/leads/{told.lead_id}")).json()
    told_of = {
        "lead_id": told.lead_id,
        "version": 1,
        "state": "new",
        "owner_id": "darcel",
        "team_id": "central",
        "channel": "import",
        "campaign": None,
        "territory": None,
        "industry": None,
        "product_ids": [],
        "value_estimate": None,
        "currency": None,
        "contact": None,
        "created_at": "2017-03-06T09:00:00Z",
    }
    assert {name: adopted[name] for name in told_of} == told_of
    assert adopted["recorded_at"] > adopted["created_at"]
