"""What takes several steps is killed by -9 at every one of them; started again, it ends complete or untouched.

A test arms a fail point (`backbone.failpoints`), asks for the work, waits until the service that came to the
point is dead, starts it again, and then looks: everything is there once, and the log tells it once.
To add another piece of work: its fail points, how it is asked for, and what must hold in the end.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from backbone.contract.envelope import Envelope
from backbone.contract.ids import new_event_id
from backbone.mongo import Client, Document, connect, database
from backbone.saga import fail_points
from backbone.settings import Settings
from backbone.testing import eventually
from services.customers.domain.merge import MERGE, MERGE_STEPS, UNMERGE, UNMERGE_STEPS
from services.directory.domain import leaving
from services.leads.domain import conversion
from tests.cutting import SECONDS, Armed, armed_in
from tests.listening import Heard, listening
from tests.nursery import nursery
from tests.people import People, gather
from tests.serving import Service, serving

SERVICES: Final = ("directory", "leads", "customers", "activities")
ANN: Final = {"name": "Ann Zhao", "phone": "+86 21 5555 0000", "mail": "ann@example.com"}

# One loop for the module: the log is read by one consumer from the first test to the last.
pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Stage:
    """Four services that can be cut off, and what they leave in the store and on the log."""

    services: dict[str, Service]
    people: People
    armed: Armed
    store: Client
    settings: Settings
    heard: Heard = field(default_factory=Heard)

    def client(self, service: str) -> httpx.AsyncClient:
        return self.services[service].client(None)

    async def post(self, service: str, path: str, who: str, once: str | None = None, **body: Any) -> httpx.Response:
        async with self.client(service) as client:
            return await client.post(path, json=body, headers=self.people.as_(who, once=once))

    async def made(self, service: str, path: str, who: str, **body: Any) -> dict[str, Any]:
        answer = await self.post(service, path, who, **body)
        assert answer.status_code in (200, 201), answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def rows(self, service: str, collection: str, wanted: Document) -> list[Document]:
        found = database(self.store, self.settings, service)[collection].find(wanted)
        return [row["state"] for row in await found.to_list(None)]

    async def killed_at(self, point: str, ask: Callable[[], Awaitable[object]]) -> None:
        """Ask for something; return when a service has died at the point and runs again."""
        await self.armed.killed_at(point, ask, *self.services.values())

    async def told(self, subject: str, number: int) -> list[str]:
        """Types of the events of one subject, each event once; waits until there are so many."""

        async def events() -> dict[str, Envelope]:
            return {envelope.id: envelope for envelope in self.heard if envelope.subject == subject}

        found = await eventually(events, lambda known: len(known) >= number, seconds=SECONDS)
        return [envelope.type for envelope in sorted(found.values(), key=lambda one: one.sequence or 0)]


@pytest.fixture(scope="module")
def armed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Armed]:
    """What every service can be cut off by."""
    with armed_in(tmp_path_factory.mktemp("fail")) as armed:
        yield armed


@pytest.fixture(scope="module")
def running(
    settings: Settings, armed: Armed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Service], People]]:
    with (
        nursery([f"services.{name}.main" for name in SERVICES]) as forked,
        serving(settings, tmp_path_factory.mktemp("logs"), SERVICES, forked) as services,
    ):
        yield services, gather(services["directory"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(running: tuple[dict[str, Service], People], armed: Armed, settings: Settings) -> AsyncIterator[Stage]:
    services, people = running
    async with _opened(settings) as store, listening(settings, "leads", "customers", "deals", "directory") as heard:
        yield Stage(services, people, armed, store, settings, heard)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Client]:
    client = connect(settings)
    yield client
    client.close()


async def ended(stage: Stage, service: str, subject: str) -> dict[str, Any]:
    """The latest saga about something, when it has ended."""

    async def latest() -> dict[str, Any]:
        found = await stage.rows(service, "sagas", {"state.subject": subject})
        return max(found, key=lambda saga: saga["started_at"], default={"state": "none"})

    return await eventually(latest, lambda saga: saga["state"] in ("done", "refused"), seconds=SECONDS)


# A lead becomes a customer.


async def a_lead(stage: Stage) -> dict[str, Any]:
    firm = f"Hefei Pumps {new_event_id()[-6:]}"
    body = {"channel": "fair", "company_name": firm, "contact": {"name": f"Ann {firm[-6:]}"}, "value_estimate": 120_000}
    return await stage.made("leads", "/leads", "li", **body)


@pytest.mark.parametrize("point", fail_points(conversion.CONVERSION, conversion.STEPS))
async def test_a_conversion_that_is_killed_ends_complete(stage: Stage, point: str) -> None:
    lead = await a_lead(stage)
    lead_id, once = lead["lead_id"], new_event_id()
    wish = {"version": lead["version"], "deal": {"pipeline": "standard"}}

    await stage.killed_at(point, lambda: stage.post("leads", f"/leads/{lead_id}/convert", "li", once, **wish))

    assert (await ended(stage, "leads", lead_id))["state"] == "done"
    again = await stage.post("leads", f"/leads/{lead_id}/convert", "li", once, **wish)
    assert (again.status_code, again.json()["state"]) == (200, "done")
    [customer] = await stage.rows("customers", "customers", {"state.lead_id": lead_id})
    [deal] = await stage.rows("customers", "deals", {"state.customer_id": customer["customer_id"]})
    [converted] = await stage.rows("leads", "leads", {"_id": lead_id})
    assert [contact["name"] for contact in customer["contacts"]] == [lead["contact"]["name"]]
    assert (deal["amount"], deal["owner_id"], customer["owner_id"]) == (120_000, lead["owner_id"], lead["owner_id"])
    assert (converted["state"], converted["customer_id"]) == ("converted", customer["customer_id"])
    assert (await stage.told(lead_id, 2)).count("lead-converted") == 1
    assert await stage.told(customer["customer_id"], 2) == ["customer-created", "contact-added"]
    assert await stage.told(deal["deal_id"], 1) == ["deal-opened"]
    assert len(await stage.rows("leads", "sagas", {"state.subject": lead_id})) == 1


@pytest.mark.parametrize("point", ["conversion:reserve-noted", "conversion:refused", "conversion:undone"])
async def test_a_refused_conversion_that_is_killed_leaves_the_lead_as_it_was(stage: Stage, point: str) -> None:
    lead = await a_lead(stage)
    lead_id = lead["lead_id"]
    known = {"name": lead["company_name"], "duplicates": "refuse"}
    await stage.made("customers", "/customers", "li", **known)
    wish = {"version": lead["version"], "duplicates": "refuse"}

    await stage.killed_at(point, lambda: stage.post("leads", f"/leads/{lead_id}/convert", "li", **wish))

    saga = await ended(stage, "leads", lead_id)
    assert (saga["state"], saga["step"]) == ("refused", "customer")
    [now] = await stage.rows("leads", "leads", {"_id": lead_id})
    assert (now["state"], now["conversion"], now["customer_id"]) == (lead["state"], None, None)
    assert await stage.rows("customers", "customers", {"state.lead_id": lead_id}) == []
    async with stage.client("leads") as client:
        version = (await client.get(f"/leads/{lead_id}", headers=stage.people.as_("li"))).json()["version"]
    again = await stage.post("leads", f"/leads/{lead_id}/convert", "li", version=version, duplicates="allow")
    assert (again.status_code, again.json()["state"]) == (200, "done")


# A member leaves.


@dataclass(frozen=True)
class Leaver:
    """A rep with something of every kind."""

    member_id: str
    version: int
    team_id: str
    rows: dict[tuple[str, str], list[str]]
    """Ids by service and collection."""


async def a_leaver(stage: Stage) -> Leaver:
    north = stage.people.teams["north"]
    member = await stage.made("directory", "/members", "admin", name="Zhou", role="rep", team_id=north)
    member_id = member["member_id"]
    team = await stage.made("directory", "/teams", "admin", name="pumps", parent_id=north, lead_id=member_id)
    firm = new_event_id()[-8:]

    async def made(service: str, path: str, id_: str, **body: Any) -> str:
        return str((await stage.made(service, path, "admin", **body))[id_])

    customer_id = await made("customers", "/customers", "customer_id", name=f"Pump {firm}", owner_id=member_id)
    lead_ids = [
        await made(
            "leads", "/leads", "lead_id", channel="web", company_name=f"{n} {firm}", contact={"name": f"{n} {firm}"},
            owner_id=member_id,
        )
        for n in ("One", "Two")
    ]  # fmt: skip
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    whom = {"member_id": member_id, "customer_id": customer_id}
    rows = {
        ("leads", "leads"): lead_ids,
        ("customers", "customers"): [customer_id],
        ("customers", "deals"): [
            await made("customers", "/deals", "deal_id", customer_id=customer_id, owner_id=member_id)
        ],
        ("activities", "planned_visits"): [
            await made(
                "activities", "/planned-visits", "planned_visit_id", starts_at=tomorrow.isoformat(), **whom
            )
        ],
        ("activities", "planned_follow_ups"): [
            await made(
                "activities", "/planned-follow-ups", "planned_follow_up_id", kind="call",
                due_on=tomorrow.date().isoformat(), **whom,
            )
        ],
        ("activities", "complaints"): [
            await made(
                "activities", "/complaints", "complaint_id", customer_id=customer_id, channel="phone",
                owner_id=member_id,
            )
        ],
    }  # fmt: skip
    return Leaver(member_id, member["version"], team["team_id"], rows)


KINDS: Final = ("leads", "customers", "deals", "plans", "follow-ups", "complaints")
CUTS: Final = [
    *fail_points(leaving.LEAVING, leaving.LEAVING_STEPS),
    "leaving:team-passed-on",
    # Each service is counted first, then asked to move rows.
    *(f"leaving:{service}-moved#{turn}" for service in leaving.OWNERS for turn in (1, 2)),
    *(f"leaving:rows-noted#{turn}" for turn in (2, 4)),
    *(f"handover:{kind}-moved" for kind in KINDS),
]


@pytest.mark.parametrize("point", CUTS)
async def test_a_hand_over_that_is_killed_ends_complete(stage: Stage, point: str) -> None:
    leaver = await a_leaver(stage)
    heir = stage.people.ids["mei"]
    path = f"/members/{leaver.member_id}/leave"
    wish = {"version": leaver.version, "successor_id": heir}
    once = new_event_id()

    await stage.killed_at(point, lambda: stage.post("directory", path, "admin", once, **wish))

    saga = await ended(stage, "directory", leaver.member_id)
    again = await stage.post("directory", path, "admin", once, **wish)
    assert (again.status_code, again.json()["hand_over"]["state"], saga["state"]) == (200, "done", "done")
    for (service, collection), ids in leaver.rows.items():
        found = await stage.rows(service, collection, {"_id": {"$in": ids}})
        assert [row["owner_id"] for row in found] == [heir] * len(ids), collection
    [team] = await stage.rows("directory", "teams", {"_id": leaver.team_id})
    assert (team["lead_id"], saga["results"]["teams"]["teams"]) == (heir, [leaver.team_id])
    services = saga["results"]["rows"]["services"].values()
    moved = {kind: rows for service in services for kind, rows in service["moved"].items()}
    assert moved == {"leads": 2, "customers": 1, "deals": 1, "plans": 1, "follow-ups": 1, "complaints": 1}
    assert await stage.told(leaver.member_id, 2) == ["member-joined", "member-left"]
    assert await stage.told(leaver.team_id, 2) == ["team-changed", "team-changed"]
    for lead_id in leaver.rows["leads", "leads"]:
        assert await stage.told(lead_id, 2) == ["lead-created", "lead-assigned"]
    for customer_id in leaver.rows["customers", "customers"]:
        assert await stage.told(customer_id, 2) == ["customer-created", "customer-owner-changed"]
    for deal_id in leaver.rows["customers", "deals"]:
        assert await stage.told(deal_id, 2) == ["deal-opened", "deal-owner-changed"]


# Two customers are one, and then two again.


@dataclass(frozen=True)
class Pair:
    """A customer that goes into another one, with one of everything that follows it."""

    gone: str
    kept: str
    child: str
    deal: str


async def a_pair(stage: Stage) -> Pair:
    async def customer(name: str, **body: Any) -> str:
        named = {"name": f"{name} {new_event_id()[-8:]}", **body}
        return str((await stage.made("customers", "/customers", "li", **named))["customer_id"])

    gone, kept = await customer("Gone"), await customer("Kept")
    await stage.made("customers", f"/customers/{gone}/contacts", "li", version=1, name="Ann")
    child = await customer("Child", parent_customer_id=gone)
    deal = await stage.made("customers", "/deals", "li", customer_id=gone, amount=5)
    return Pair(gone, kept, child, deal["deal_id"])


async def standing(stage: Stage, pair: Pair) -> dict[str, Any]:
    """Who is where."""
    rows = {row["customer_id"]: row for row in await stage.rows("customers", "customers", {})}
    [deal] = await stage.rows("customers", "deals", {"_id": pair.deal})
    return {
        "merged_into": rows[pair.gone]["merged_into"],
        "contacts": [len(rows[id_]["contacts"]) for id_ in (pair.gone, pair.kept)],
        "parent": rows[pair.child]["parent_customer_id"],
        "deal": deal["customer_id"],
    }


async def merged(stage: Stage, pair: Pair, once: str) -> httpx.Response:
    body = {"version": 2, "into_customer_id": pair.kept}
    return await stage.post("customers", f"/customers/{pair.gone}/merge", "li", once, **body)


@pytest.mark.parametrize("point", fail_points(MERGE, MERGE_STEPS))
async def test_a_merge_that_is_killed_ends_complete(stage: Stage, point: str) -> None:
    pair, once = await a_pair(stage), new_event_id()

    await stage.killed_at(point, lambda: merged(stage, pair, once))

    assert (await ended(stage, "customers", pair.gone))["state"] == "done"
    again = await merged(stage, pair, once)
    assert (again.status_code, again.json()["state"]) == (200, "done")
    assert await standing(stage, pair) == {
        "merged_into": pair.kept,
        "contacts": [0, 1],
        "parent": pair.kept,
        "deal": pair.kept,
    }
    told = await stage.told(pair.gone, 4)
    assert told == ["customer-created", "contact-added", "customer-merged", "contact-removed"]
    assert await stage.told(pair.kept, 2) == ["customer-created", "contact-added"]


@pytest.mark.parametrize("point", fail_points(UNMERGE, UNMERGE_STEPS))
async def test_an_unmerge_that_is_killed_leaves_all_as_it_was_before_the_merge(stage: Stage, point: str) -> None:
    pair = await a_pair(stage)
    before = await standing(stage, pair)
    await merged(stage, pair, new_event_id())
    assert (await ended(stage, "customers", pair.gone))["state"] == "done"
    body, once = {"version": 4}, new_event_id()

    await stage.killed_at(point, lambda: stage.post("customers", f"/customers/{pair.gone}/unmerge", "li", once, **body))

    saga = await ended(stage, "customers", pair.gone)
    assert (saga["kind"], saga["state"]) == (UNMERGE, "done")
    assert await standing(stage, pair) == before
    assert (await stage.told(pair.gone, 6))[-2:] == ["contact-added", "customer-unmerged"]
    assert await stage.told(pair.kept, 3) == ["customer-created", "contact-added", "contact-removed"]
