"""Who sees and changes what, what is refused, and lists."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.complaints import (
    ComplaintOpened,
    ComplaintPaused,
)
from backbone.contract.ids import new_event_id
from backbone.testing import eventually
from tests.conversation import code, posted, said
from tests.integration.activities.asked import NOW, YESTERDAY, complaint_of
from tests.listening import Heard
from tests.people import People
from tests.serving import Service


async def test_everybody_sees_and_changes_what_is_in_his_row_scope(
    activities: httpx.AsyncClient, people: People
) -> None:
    complaint = await complaint_of(activities, people, "li", severity="row-scope")
    path = f"/complaints/{complaint['complaint_id']}"

    async def sees(name: str) -> tuple[int, int]:
        read = await activities.get(path, headers=people.as_(name))
        listed = await activities.get("/complaints", headers=people.as_(name), params={"severity": "row-scope"})
        return read.status_code, len(listed.json()["items"])

    async def changes(name: str) -> int:
        # A version nobody has seen: whoever may change the complaint meets the conflict.
        return (await activities.post(f"{path}/reply", json={"version": 99}, headers=people.as_(name))).status_code

    assert {name: await sees(name) for name in people.keys} == {
        "li": (200, 1),
        "mei": (404, 0),
        "chen": (200, 1),
        "wang": (404, 0),
        "viewer": (200, 1),
        "clock": (200, 1),
        "publisher": (404, 0),
        "admin": (200, 1),
    }
    assert {name: await changes(name) for name in ("li", "mei", "chen", "wang")} == {
        "li": 409,
        "mei": 404,
        "chen": 409,
        "wang": 404,
    }


@pytest.mark.parametrize("name", ["viewer", "clock", "publisher"])
async def test_a_key_that_writes_nothing_logs_no_visit_for_anybody(
    activities: httpx.AsyncClient, people: People, name: str
) -> None:
    body = {
        "member_id": people.ids["li"],
        "customer_id": "customer-1",
        "started_at": YESTERDAY.isoformat(),
        "ended_at": YESTERDAY.isoformat(),
    }

    assert code(await posted(activities, "/visits", people.as_(name), 403, **body)) == "not-yours"


@pytest.mark.parametrize("name", ["viewer", "clock"])
async def test_a_key_that_only_reads_takes_nothing_back(
    activities: httpx.AsyncClient, people: People, name: str
) -> None:
    visit = await posted(
        activities,
        "/visits",
        people.as_("li"),
        customer_id="customer-1",
        started_at=YESTERDAY.isoformat(),
        ended_at=YESTERDAY.isoformat(),
    )

    problem = await posted(
        activities, f"/visits/{visit['visit_id']}/void", people.as_(name), 403, version=1, reason="why-not"
    )

    assert code(problem) == "read-only"


async def test_a_complaint_nobody_owns_is_seen_by_those_who_see_everything(
    activities: httpx.AsyncClient, people: People
) -> None:
    complaint = await complaint_of(activities, people, "admin", severity="unowned")
    asked = {"severity": "unowned"}

    seen = {
        name: len((await activities.get("/complaints", headers=people.as_(name), params=asked)).json()["items"])
        for name in people.keys
    }
    path = f"/complaints/{complaint['complaint_id']}/assign"
    assigned = await posted(activities, path, people.as_("admin"), 200, version=1, owner_id=people.ids["li"])

    assert complaint["owner_id"] is None
    assert {name for name, count in seen.items() if count} == {"admin", "viewer", "clock"}
    assert (assigned["owner_id"], assigned["team_id"]) == (people.ids["li"], people.teams["north"])


async def test_a_rep_gives_his_complaint_to_nobody_outside_his_row_scope(
    activities: httpx.AsyncClient, people: People
) -> None:
    complaint = await complaint_of(activities, people, "li")
    path = f"/complaints/{complaint['complaint_id']}/assign"

    assert (
        code(await posted(activities, path, people.as_("li"), 403, version=1, owner_id=people.ids["wang"]))
        == "not-yours"
    )


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/complaints", {"opened_at": (NOW + timedelta(days=1)).isoformat()}, ("future-time", "/opened_at")),
        ("/complaints", {"opened_at": "yesterday"}, ("invalid-request", "/opened_at")),
        ("/complaints", {"channel": "by phone"}, ("invalid-request", "/channel")),
        ("/complaints", {"chanel": "phone"}, ("invalid-request", "/chanel")),
        ("/complaints", {"owner_id": "nobody-we-know"}, ("unknown-member", "/owner_id")),
        ("/follow-ups", {"reached": "yes"}, ("invalid-request", "/reached")),
        ("/follow-ups", {"kind": "pigeon"}, ("invalid-request", "/kind")),
        ("/follow-ups", {"lead_id": "lead-1"}, ("one-counterpart", "/customer_id")),
        ("/follow-ups", {"happened_at": (NOW + timedelta(days=1)).isoformat()}, ("future-time", "/happened_at")),
        ("/follow-ups", {"duration_seconds": 90_000}, ("too-long", "/duration_seconds")),
    ],
)
async def test_what_cannot_be_is_answered_with_the_field_that_is_wrong(
    activities: httpx.AsyncClient, people: People, path: str, body: dict[str, Any], problem: tuple[str, str]
) -> None:
    good: dict[str, dict[str, Any]] = {
        "/complaints": {"customer_id": "c", "channel": "web"},
        "/follow-ups": {"customer_id": "c", "kind": "call", "reached": True, "happened_at": YESTERDAY.isoformat()},
    }

    answer = await posted(activities, path, people.as_("li"), 422, **{**good[path], **body})

    assert (code(answer), answer["errors"][0]["field"]) == problem


async def test_complaints_are_listed_by_state_severity_customer_and_owner_page_by_page(
    activities: httpx.AsyncClient, people: People
) -> None:
    customer = new_event_id()
    made = [
        await complaint_of(activities, people, name, customer_id=customer, severity=severity)
        for name, severity in [("li", "low"), ("mei", "high"), ("li", "high"), ("mei", "low"), ("li", "high")]
    ]
    await posted(activities, f"/complaints/{made[2]['complaint_id']}/resolve", people.as_("li"), 200, version=1)

    async def listed(**asked: Any) -> list[int]:
        places: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            params = {"customer_id": customer, "limit": 2, **asked, **({"cursor": cursor} if cursor else {})}
            page = (await activities.get("/complaints", headers=people.as_("chen"), params=params)).json()
            places += [[one["complaint_id"] for one in made].index(one["complaint_id"]) for one in page["items"]]
            cursor = page["next"]
        return places

    assert await listed() == [4, 3, 2, 1, 0]
    assert await listed(severity="high") == [4, 2, 1]
    assert await listed(state="resolved") == [2]
    assert await listed(owner_id=people.ids["mei"]) == [3, 1]
    assert await listed(owner_id=people.ids["li"], severity="high", state="open") == [4]


async def test_what_happens_after_the_owner_moved_counts_for_his_new_team(
    services: dict[str, Service], activities: httpx.AsyncClient, people: People, log: Heard
) -> None:
    north, south = people.teams["north"], people.teams["south"]
    async with services["directory"].client() as directory:
        zhou = (await posted(directory, "/members", {}, name="Zhou", team_id=north))["member_id"]
        complaint = await complaint_of(activities, people, "admin", owner_id=zhou)
        await posted(directory, f"/members/{zhou}/move", {}, 200, version=1, team_id=south)

    async def team_by_now() -> object:
        # A service keeps what the directory answered for a few seconds.
        return (await complaint_of(activities, people, "admin", owner_id=zhou))["team_id"]

    await eventually(team_by_now, lambda team: team == south)
    id_ = complaint["complaint_id"]
    body = {"member_id": zhou, "reason": "waits-for-customer"}
    await posted(activities, f"/complaints/{id_}/pause", people.as_("admin"), 200, version=1, **body)

    whose = {"complaint_id": id_, "customer_id": "customer-1", "owner_id": zhou}
    assert await said(log, id_, 2) == [
        ComplaintOpened(**whose, team_id=north, channel="phone", assignment="named"),
        ComplaintPaused(**whose, team_id=south, member_id=zhou, reason="waits-for-customer"),
    ]
