"""Who may see and do what: row scopes, work groups, deputies, duty, territories, who leaves and comes back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from backbone.callers import FOR_HEADER
from backbone.clock import utc_now
from backbone.contract.directory import DelegationEnded, DelegationStarted
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.listening import listening
from tests.people import People, gather
from tests.serving import Service, bearer, serving

Sent = dict[str, Any]
SOON = timedelta(seconds=2)


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "gateway", "analytics"]) as services:
        yield services


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def directory(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["directory"].client() as client:
        yield client


@pytest.fixture
async def gateway(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["gateway"].client(key=None) as client:
        yield client


async def make(directory: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None, **body: Any) -> Sent:
    answer = await directory.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    made: Sent = answer.json()
    return made


async def hired(directory: httpx.AsyncClient, team_id: str, role: str = "rep") -> tuple[str, dict[str, str]]:
    member_id = (await make(directory, "/members", name="Lin", role=role, team_id=team_id))["member_id"]
    key = await make(directory, "/keys", role=role, member_id=member_id, label="phone")
    return member_id, bearer(key["key"])


async def names_seen(directory: httpx.AsyncClient, headers: dict[str, str]) -> set[str]:
    answer = await directory.get("/members", params={"limit": 200}, headers=headers)
    assert answer.status_code == 200, answer.text
    return {row["member_id"] for row in answer.json()["items"]}


async def version_of(directory: httpx.AsyncClient, member_id: str) -> int:
    return int((await directory.get(f"/members/{member_id}")).json()["version"])


async def session(gateway: httpx.AsyncClient, headers: dict[str, str]) -> Sent:
    answer = await gateway.get("/session", headers=headers)
    assert answer.status_code == 200, answer.text
    told: Sent = answer.json()
    return told


async def test_a_scope_set_for_a_member_holds_in_lists_and_on_single_rows(
    directory: httpx.AsyncClient, people: People
) -> None:
    north, south = people.teams["north"], people.teams["south"]
    low = (await make(directory, "/teams", name="Harbin", parent_id=north))["team_id"]
    lin, headers = await hired(directory, north)
    wu, _ = await hired(directory, low)
    zhao, _ = await hired(directory, south)
    seen = {}

    for scope in ("own", "team", "subtree", "all", None):
        body = {"version": await version_of(directory, lin), "scope": scope}
        assert (await directory.patch(f"/members/{lin}", json=body)).status_code == 200
        seen[scope] = await names_seen(directory, headers) & {lin, people.ids["mei"], wu, zhao}
        single = (await directory.get(f"/members/{wu}", headers=headers)).status_code
        assert single == (200 if wu in seen[scope] else 404)

    assert seen == {
        "own": {lin},
        "team": {lin, people.ids["mei"]},
        "subtree": {lin, people.ids["mei"], wu},
        "all": {lin, people.ids["mei"], wu, zhao},
        None: {lin},
    }


async def test_the_gateway_tells_scope_groups_and_whom_a_deputy_stands_in_for(
    directory: httpx.AsyncClient, gateway: httpx.AsyncClient, people: People
) -> None:
    lin, headers = await hired(directory, people.teams["north"])
    mei, mei_headers = await hired(directory, people.teams["south"])
    group = await make(directory, "/groups", name="Canton Fair", member_ids=[lin, mei])
    before = await gateway.get("/session", headers={**headers, FOR_HEADER: mei})
    await make(directory, "/delegations", mei_headers, delegate_id=lin)

    async def as_mei() -> httpx.Response:
        return await gateway.get("/session", headers={**headers, FOR_HEADER: mei})

    told = await eventually(as_mei, lambda answer: answer.status_code == 200)

    assert (before.status_code, before.json()["type"].rpartition(":")[2]) == (403, "not-deputy")
    assert await session(gateway, headers) == {
        "role": "rep",
        "scope": "own",
        "member_id": lin,
        "team_id": people.teams["north"],
        "groups": [group["group_id"]],
        "deputy_id": None,
    }
    assert told.json() == {
        "role": "rep",
        "scope": "own",
        "member_id": mei,
        "team_id": people.teams["south"],
        "groups": [group["group_id"]],
        "deputy_id": lin,
    }


async def test_a_deputy_acts_for_a_manager_and_event_and_audit_say_so(
    directory: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    chen, li = people.ids["chen"], people.ids["li"]
    wish = {"member_id": people.ids["mei"], "metric": "visits", "period": "2031-03", "value": 40}
    refused = await directory.post("/targets", json=wish, headers=people.as_("li"))
    started = await make(directory, "/delegations", people.as_("chen"), delegate_id=li)

    target = await make(directory, "/targets", {**people.as_("li"), FOR_HEADER: chen}, **wish)

    assert refused.status_code == 404
    assert target["history"][0]["by"] == li
    assert target["history"][0]["on_behalf_of"] == chen
    async with listening(settings, "directory") as heard:

        async def proposed() -> list[tuple[str | None, str | None]]:
            return [(e.actor, e.onbehalfof) for e in heard if e.subject == target["target_id"]]

        assert await eventually(proposed) == [(li, chen)]

    async def noted() -> list[tuple[str, str | None]]:
        entries = (await directory.get("/audit", params={"subject": target["target_id"]})).json()["items"]
        return [(entry["actor"], entry["on_behalf_of"]) for entry in entries]

    assert await eventually(noted) == [(li, chen)]
    chained = await directory.post(
        "/delegations",
        json={"delegate_id": people.ids["wang"]},
        headers={**people.as_("li"), FOR_HEADER: chen},
    )
    assert (chained.status_code, chained.json()["type"].rpartition(":")[2]) == (403, "in-person")
    ended = await directory.post(
        f"/delegations/{started['delegation_id']}/end", json={"version": 1}, headers=people.as_("li")
    )
    assert ended.status_code == 200, ended.text
    after = await directory.get("/members", headers={**people.as_("li"), FOR_HEADER: chen})
    assert after.status_code == 403


async def test_who_may_arrange_a_delegation(directory: httpx.AsyncClient, people: People) -> None:
    wish = {"member_id": people.ids["mei"], "delegate_id": people.ids["wang"]}
    stranger = await directory.post("/delegations", json=wish, headers=people.as_("wang"))
    viewer = await directory.post("/delegations", json=wish, headers=people.as_("viewer"))
    made = await make(directory, "/delegations", people.as_("chen"), **wish)
    again = await directory.post("/delegations", json=wish, headers=people.as_("chen"))

    listed = await directory.get("/delegations", headers=people.as_("wang"))
    hidden = await directory.get(f"/delegations/{made['delegation_id']}", headers=people.as_("li"))
    ended = await directory.post(
        f"/delegations/{made['delegation_id']}/end", json={"version": 1}, headers=people.as_("chen")
    )

    assert [stranger.status_code, viewer.status_code, again.status_code] == [404, 403, 422]
    assert [row["delegation_id"] for row in listed.json()["items"]] == [made["delegation_id"]]
    assert (hidden.status_code, ended.status_code) == (404, 200)


async def test_a_delegation_asked_for_twice_under_one_key_is_one(directory: httpx.AsyncClient, people: People) -> None:
    headers = people.as_("mei", once=new_event_id())
    body = {"delegate_id": people.ids["li"]}

    first, again = [await directory.post("/delegations", json=body, headers=headers) for _ in range(2)]

    assert (first.status_code, again.json(), again.headers["Idempotent-Replayed"]) == (201, first.json(), "true")
    await directory.post(
        f"/delegations/{first.json()['delegation_id']}/end", json={"version": 1}, headers=people.as_("mei")
    )


async def test_a_delegation_that_ends_while_the_service_is_down_is_told_with_the_moment_it_ended(
    directory: httpx.AsyncClient, services: dict[str, Service], people: People, settings: Settings
) -> None:
    mei, mei_headers = await hired(directory, people.teams["north"])
    lin, headers = await hired(directory, people.teams["south"])
    ends_at = utc_now().replace(microsecond=0) + SOON
    made = await make(directory, "/delegations", mei_headers, delegate_id=lin, ends_at=ends_at.isoformat())
    during = await directory.get(f"/members/{mei}", headers={**headers, FOR_HEADER: mei})

    services["directory"].kill()
    await asyncio.sleep(max(0.0, (ends_at - utc_now()).total_seconds()))
    services["directory"].launch()
    services["directory"].wait()

    assert during.status_code == 200
    after = await directory.get(f"/members/{mei}", headers={**headers, FOR_HEADER: mei})
    assert after.status_code == 403
    async with listening(settings, "directory") as heard:

        async def told() -> list[tuple[type, Any]]:
            # What was on its way when the service died may go out twice, under the same id.
            mine = {e.id: e for e in heard if e.subject == made["delegation_id"]}
            return [(type(e.data), e.time if isinstance(e.data, DelegationEnded) else None) for e in mine.values()]

        assert await eventually(told, lambda said: len(said) == 2) == [
            (DelegationStarted, None),
            (DelegationEnded, ends_at),
        ]
    row = (await directory.get(f"/delegations/{made['delegation_id']}")).json()
    assert row["end_reason"] == "over"


async def test_who_leaves_loses_keys_and_delegations_at_once_and_gets_none_of_them_back(
    directory: httpx.AsyncClient, people: People
) -> None:
    mei, mei_headers = await hired(directory, people.teams["north"])
    lin, headers = await hired(directory, people.teams["north"])
    made = await make(directory, "/delegations", mei_headers, delegate_id=lin)
    standing_in = {**headers, FOR_HEADER: mei}
    before = (await directory.get(f"/members/{mei}", headers=standing_in)).status_code

    left = await directory.post(
        f"/members/{mei}/leave", json={"version": await version_of(directory, mei), "successor_id": lin}
    )

    assert left.status_code in (200, 202), left.text
    assert before == 200
    assert (await directory.get(f"/members/{mei}", headers=standing_in)).status_code == 403
    assert (await directory.get("/members", headers=mei_headers)).status_code == 401

    async def reason() -> str | None:
        row: dict[str, str | None] = (await directory.get(f"/delegations/{made['delegation_id']}")).json()
        return row["end_reason"]

    assert await eventually(reason) == "member-left"
    back = await directory.post(
        f"/members/{mei}/return",
        json={"version": await version_of(directory, mei), "team_id": people.teams["south"]},
    )
    assert (back.status_code, back.json()["active"], back.json()["team_id"]) == (200, True, people.teams["south"])
    assert (await directory.get("/members", headers=mei_headers)).status_code == 401
    fresh = await make(directory, "/keys", role="rep", member_id=mei, label="phone")
    assert (await directory.get("/members", headers=bearer(fresh["key"]))).status_code == 200


async def test_a_lesser_role_takes_from_the_keys_at_once(directory: httpx.AsyncClient, people: People) -> None:
    boss, headers = await hired(directory, people.teams["north"], role="manager")
    before = await names_seen(directory, headers)

    changed = await directory.patch(f"/members/{boss}", json={"version": 1, "role": "rep"})

    assert changed.status_code == 200, changed.text
    assert people.ids["mei"] in before
    assert await names_seen(directory, headers) == {boss}


async def test_shifts_and_days_off_decide_who_is_on_duty(directory: httpx.AsyncClient, people: People) -> None:
    lin, headers = await hired(directory, people.teams["north"])
    today = utc_now().date()
    week = [{"weekday": day, "begins": "00:00", "ends": "24:00"} for day in range(1, 8)]

    own = await directory.put(f"/members/{lin}/duty/shifts", json={"version": 0, "shifts": week}, headers=headers)
    shifts = await directory.put(
        f"/members/{lin}/duty/shifts", json={"version": 0, "shifts": week}, headers=people.as_("chen")
    )
    off = {
        "version": 1,
        "first_on": (today - timedelta(days=1)).isoformat(),
        "last_on": (today + timedelta(days=1)).isoformat(),
        "reason": "holiday",
    }
    taken = await directory.post(f"/members/{lin}/duty/days-off", json=off, headers=headers)
    looked_up = await directory.post("/members/lookup", json={"member_ids": [lin]})
    roll = await directory.post("/members/roster", json={"team_id": people.teams["north"]})
    back = await directory.post(
        f"/members/{lin}/duty/days-off/{off['first_on']}/take-back", json={"version": 2}, headers=headers
    )

    assert (own.status_code, shifts.status_code, shifts.json()["on_duty"]) == (403, 200, True)
    assert len(shifts.json()["shifts"]) == 7
    assert (taken.status_code, taken.json()["on_duty"]) == (201, False)
    assert looked_up.json()["members"][0]["on_duty"] is False
    on_duty = {row["member_id"]: row["on_duty"] for row in roll.json()["members"]}
    assert (on_duty[lin], on_duty[people.ids["mei"]], people.ids["wang"] in on_duty) == (False, True, False)
    assert (back.status_code, back.json()["on_duty"]) == (200, True)


async def test_territories_are_found_by_region_industry_and_grade(directory: httpx.AsyncClient, people: People) -> None:
    lin, _ = await hired(directory, people.teams["south"])
    city = await make(directory, "/territories", name="Shanghai", regions=["310000"], team_ids=[people.teams["north"]])
    exact = await make(
        directory, "/territories", name="Hospitals", regions=["31"], industries=["hospital"], member_ids=[lin]
    )

    found = await directory.get(
        "/territories/for", params={"region": "310115", "industry": "hospital"}, headers=people.as_("li")
    )
    serving_city = await directory.post("/members/lookup", json={"member_ids": [people.ids["li"], lin]})
    closed = await directory.post(f"/territories/{exact['territory_id']}/close", json={"version": 1})
    after = await directory.get("/territories/for", params={"region": "310115", "industry": "hospital"})

    assert [one["territory_id"] for one in found.json()["territories"]] == [
        exact["territory_id"],
        city["territory_id"],
    ]
    assert found.json()["territories"][0]["member_ids"] == [lin]
    assert people.ids["li"] in found.json()["territories"][1]["member_ids"]
    assert {row["member_id"]: row["territories"] for row in serving_city.json()["members"]} == {
        people.ids["li"]: [city["territory_id"]],
        lin: [exact["territory_id"]],
    }
    assert closed.json()["closed_at"] is not None
    assert [one["territory_id"] for one in after.json()["territories"]] == [city["territory_id"]]


async def test_an_open_page_ends_when_its_key_opens_nothing_any_more(
    directory: httpx.AsyncClient, services: dict[str, Service], people: People
) -> None:
    lin, headers = await hired(directory, people.teams["north"])

    async with services["analytics"].client(key=None) as client:
        async with client.stream("GET", "/live", headers=headers) as answer:
            assert answer.status_code == 200
            lines = answer.aiter_lines()
            first = await anext(lines)
            left = await directory.post(f"/members/{lin}/leave", json={"version": 1})
            assert left.status_code in (200, 202), left.text
            async with asyncio.timeout(20):
                async for _ in lines:
                    pass
        again = await client.get("/live", headers=headers)

    assert first.startswith("event:")
    assert again.status_code == 401
