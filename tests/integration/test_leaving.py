"""A member leaves: his access ends at once, what was his goes over, also when a service is away for a while."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.ids import new_event_id
from backbone.idempotency import By
from backbone.settings import Settings
from backbone.siblings import Siblings
from backbone.testing import eventually
from tests.people import People, gather
from tests.serving import ADMIN_KEY, PLATFORM_KEY, Service, bearer, serving

Services = dict[str, Service]


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    names = ["directory", "leads", "customers", "activities", "gateway"]
    with serving(settings, tmp_path_factory.mktemp("logs"), names) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: Services) -> People:
    return gather(services["directory"])


async def asked(service: Service, method: str, path: str, key: dict[str, str], **body: Any) -> httpx.Response:
    headers = {**key, "Idempotency-Key": new_event_id()}
    async with service.client(None) as client:
        return await client.request(method, path, json=None if method == "GET" else body, headers=headers)


async def made(service: Service, path: str, **body: Any) -> dict[str, Any]:
    answer = await asked(service, "POST", path, bearer(ADMIN_KEY), **body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def read(service: Service, path: str, key: dict[str, str] | None = None) -> dict[str, Any]:
    answer = await asked(service, "GET", path, key or bearer(ADMIN_KEY))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def hired(services: Services, team_id: str) -> dict[str, Any]:
    return await made(services["directory"], "/members", name="Zhou", role="rep", team_id=team_id)


async def with_rows(services: Services, member_id: str, leads: int = 1) -> dict[str, list[str]]:
    """Let a member have a customer, a deal, a planned visit, a complaint, and leads; their addresses."""
    firm = new_event_id()[-8:]
    customer = await made(services["customers"], "/customers", name=f"Pump {firm}", owner_id=member_id)
    customer_id = customer["customer_id"]
    deal = await made(services["customers"], "/deals", customer_id=customer_id, owner_id=member_id)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    plan = await made(
        services["activities"], "/planned-visits", member_id=member_id, customer_id=customer_id, starts_at=tomorrow
    )
    complaint = await made(
        services["activities"], "/complaints", customer_id=customer_id, owner_id=member_id, channel="phone"
    )
    contacts = [{"name": f"{firm} {turn}"} for turn in range(leads)]
    bodies = [
        {"channel": "web", "company_name": one["name"], "contact": one, "owner_id": member_id} for one in contacts
    ]
    return {
        "leads": [f"/leads/{(await made(services['leads'], '/leads', **body))['lead_id']}" for body in bodies],
        "customers": [f"/customers/{customer_id}", f"/deals/{deal['deal_id']}"],
        "activities": [
            f"/planned-visits/{plan['planned_visit_id']}",
            f"/complaints/{complaint['complaint_id']}",
        ],
    }


async def owners(services: Services, rows: dict[str, list[str]]) -> set[str | None]:
    """Whose the rows are; a plan tells who is to go there."""
    told = [await read(services[service], path) for service, paths in rows.items() for path in paths]
    return {row["owner_id"] if "owner_id" in row else row["member_id"] for row in told}


async def done(services: Services, saga_id: str) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        return await read(services["directory"], f"/sagas/{saga_id}")

    return await eventually(ask, lambda saga: saga["state"] == "done")


async def test_the_preview_counts_what_is_there_and_one_command_hands_it_over(
    services: Services, people: People
) -> None:
    leaver = await hired(services, people.teams["north"])
    key = (await made(services["directory"], "/keys", role="rep", member_id=leaver["member_id"], label="phone"))["key"]
    rows = await with_rows(services, leaver["member_id"], leads=2)
    path = f"/members/{leaver['member_id']}"

    preview = await read(services["directory"], f"{path}/leaving?successor_id={people.ids['mei']}")
    left = await asked(
        services["directory"], "POST", f"{path}/leave", bearer(ADMIN_KEY), version=1, successor_id=people.ids["mei"]
    )

    assert preview["complete"]
    assert (preview["successor_id"], preview["leads"]) == (people.ids["mei"], "successor")
    assert preview["kinds"] == {
        "directory": {"teams": 0},
        "leads": {"leads": 2},
        "customers": {"customers": 1, "deals": 1},
        "activities": {"plans": 1, "follow-ups": 0, "complaints": 1},
    }
    assert (await asked(services["directory"], "GET", path, bearer(key))).status_code == 401
    told = left.json()
    assert (told["active"], told["successor_id"]) == (False, people.ids["mei"])
    await done(services, told["hand_over"]["saga_id"])
    assert await owners(services, rows) == {people.ids["mei"]}


async def test_without_a_successor_leads_go_to_the_pool_and_the_rest_to_the_leader_of_the_team(
    services: Services, people: People
) -> None:
    company = (await read(services["directory"], f"/teams/{people.teams['north']}"))["parent_id"]
    team = await made(services["directory"], "/teams", name="pumps", parent_id=company, lead_id=people.ids["chen"])
    leaver = await hired(services, team["team_id"])
    rows = await with_rows(services, leaver["member_id"])

    path = f"/members/{leaver['member_id']}/leave"
    left = await asked(services["directory"], "POST", path, bearer(ADMIN_KEY), version=1)

    await done(services, left.json()["hand_over"]["saga_id"])
    assert await owners(services, {"leads": rows.pop("leads")}) == {None}
    assert await owners(services, rows) == {people.ids["chen"]}


async def test_where_nobody_can_take_over_what_needs_an_owner_stays_and_is_told_and_goes_over_later(
    services: Services, people: People
) -> None:
    alone = await made(services["directory"], "/members", name="Alone", role="rep")
    rows = await with_rows(services, alone["member_id"])
    path = f"/members/{alone['member_id']}"

    left = await asked(services["directory"], "POST", f"{path}/leave", bearer(ADMIN_KEY), version=1)
    saga = await done(services, left.json()["hand_over"]["saga_id"])
    later = await asked(
        services["directory"], "POST", f"{path}/hand-over", bearer(ADMIN_KEY), successor_id=people.ids["wang"]
    )

    assert saga["results"]["rows"]["services"]["customers"]["kept"] == {"customers": 1, "deals": 1}
    await done(services, later.json()["saga_id"])
    rows.pop("leads")
    assert await owners(services, rows) == {people.ids["wang"]}


async def test_a_service_that_is_down_is_told_and_holds_nobody_else_up(services: Services, people: People) -> None:
    leaver = await hired(services, people.teams["north"])
    rows = await with_rows(services, leaver["member_id"])
    path = f"/members/{leaver['member_id']}"
    services["leads"].stop()

    preview = await read(services["directory"], f"{path}/leaving")
    left = await asked(
        services["directory"], "POST", f"{path}/leave", bearer(ADMIN_KEY), version=1, successor_id=people.ids["mei"]
    )

    assert (preview["complete"], preview["unavailable"]) == (False, ["leads"])
    assert preview["kinds"]["customers"] == {"customers": 1, "deals": 1}
    assert (left.status_code, left.json()["active"]) == (202, False)
    assert "leads service does not answer" in left.json()["hand_over"]["trouble"]
    others = {service: rows[service] for service in ("customers", "activities")}
    assert await owners(services, others) == {people.ids["mei"]}
    services["leads"].launch()
    services["leads"].wait()
    await done(services, left.json()["hand_over"]["saga_id"])
    assert await owners(services, rows) == {people.ids["mei"]}


async def test_who_left_cannot_leave_again_and_who_works_here_has_nothing_to_hand_over(
    services: Services, people: People
) -> None:
    leaver = await hired(services, people.teams["south"])
    path = f"/members/{leaver['member_id']}"

    too_soon = await asked(services["directory"], "POST", f"{path}/hand-over", bearer(ADMIN_KEY))
    own = await asked(
        services["directory"], "POST", f"{path}/leave", bearer(ADMIN_KEY), version=1, successor_id=leaver["member_id"]
    )
    first = await asked(services["directory"], "POST", f"{path}/leave", bearer(ADMIN_KEY), version=1)
    again = await asked(services["directory"], "POST", f"{path}/leave", bearer(ADMIN_KEY), version=2)

    assert (too_soon.status_code, too_soon.json()["type"]) == (422, "urn:drumbeat:problem:still-here")
    assert (own.status_code, own.json()["type"]) == (422, "urn:drumbeat:problem:own-successor")
    assert first.status_code == 200
    assert (again.status_code, again.json()["type"]) == (422, "urn:drumbeat:problem:member-left")


async def test_only_services_of_ours_hand_over_and_not_through_the_gateway(services: Services, people: People) -> None:
    by_admin = await asked(services["leads"], "GET", "/handovers/li", bearer(ADMIN_KEY))
    by_key = await asked(services["leads"], "GET", "/handovers/li", bearer(PLATFORM_KEY))
    outside = [
        await asked(services["gateway"], "GET", path, bearer(key))
        for path in ("/api/leads/handovers/li", "/api/leads/leads", "/session")
        for key in (PLATFORM_KEY, f"{PLATFORM_KEY}.leads")
    ]

    assert (by_admin.status_code, by_key.status_code) == (403, 200)
    assert {answer.status_code for answer in outside} == {401}
    assert (await asked(services["gateway"], "GET", "/api/leads/handovers/li", bearer(ADMIN_KEY))).status_code == 404


async def test_a_sibling_answers_in_the_name_of_who_asked(services: Services, people: People) -> None:

    async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
        siblings = Siblings("leads", services["directory"].settings, http)
        body = {"name": f"In his name {new_event_id()}"}
        by = By(actor=people.ids["li"], request_id="story-1")
        first = await siblings.post("customers", "/customers", body, by=by, key="once")
        again = await siblings.post("customers", "/customers", body, by=by, key="once")

    assert (first["customer_id"], first["owner_id"]) == (again["customer_id"], people.ids["li"])
