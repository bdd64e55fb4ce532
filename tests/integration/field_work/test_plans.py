"""Plans: routed, moved, cancelled, missed."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import httpx

from backbone.contract.activities import (
    VisitPlanned,
)
from backbone.contract.plans import (
    FollowUpMissed,
    FollowUpPlanned,
    VisitCancelled,
    VisitMissed,
    VisitReplanned,
)
from services.activities.desk import Desk
from services.activities.handlers.watch import look
from tests.conversation import code, posted, read, said
from tests.integration.field_work.asked import NOW, told_of
from tests.listening import Heard
from tests.people import People
from tests.selling import customer_of
from tests.serving import Service

EVERY_DAY = [{"weekday": day, "opens": "08:00", "closes": "20:00"} for day in range(1, 8)]


async def test_a_day_of_a_dozen_visits_is_routed_and_the_plans_follow(
    services: dict[str, Service], field: httpx.AsyncClient, customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    zone = services["activities"].settings.zone
    day = (NOW.astimezone(zone) + timedelta(days=2)).date()
    nine = datetime.combine(day, time(9), zone)
    plans = []
    for n in range(12):
        place = {"lat": 31.15 + n * 37 % 50 / 400, "lon": 121.4 + n * 53 % 50 / 400}
        customer = await customer_of(customers, people, "mei", place=place, opening_hours=EVERY_DAY, grade="ABC"[n % 3])
        plan = await posted(
            field, "/planned-visits", people.as_("mei"), customer_id=customer, starts_at=nine.isoformat()
        )
        plans.append(plan["planned_visit_id"])
    nowhere = await posted(
        field, "/planned-visits", people.as_("mei"), customer_id="nobody-knows", starts_at=nine.isoformat()
    )
    asked = {
        "on": day.isoformat(),
        "start": {"lat": 31.2, "lon": 121.45},
        "begins_at": datetime.combine(day, time(8), zone).isoformat(),
        "ends_at": datetime.combine(day, time(20), zone).isoformat(),
        "apply": True,
    }

    route = await posted(field, "/routes", people.as_("mei"), 200, **asked)
    again = await posted(field, "/routes", people.as_("mei"), 200, **asked)

    order = [leg["planned_visit_id"] for leg in route["legs"]]
    assert sorted(order) == sorted(plans)
    assert route["left_out"] == [{"planned_visit_id": nowhere["planned_visit_id"], "why": "customer-not-located"}]
    assert (route["solved"], route["not_applied"]) == (True, [])
    assert route["travel_seconds"] <= route["given_travel_seconds"]
    assert [leg["planned_visit_id"] for leg in again["legs"]] == order
    listed = await read(
        field,
        "/planned-visits",
        people.as_("chen"),
        member_id=people.ids["mei"],
        on_from=day.isoformat(),
        on_to=day.isoformat(),
        sort="starts_at",
        limit=50,
    )
    assert [one["planned_visit_id"] for one in listed["items"] if one["planned_visit_id"] in plans] == order
    moved = [one["planned_visit_id"] for one in listed["items"] if one["version"] > 1]
    told = await said(log, moved[0], 2)
    assert isinstance(told[1], VisitReplanned)
    assert told[1].reason == "route"


async def test_a_plan_is_moved_cancelled_and_seen_by_those_it_concerns(
    field: httpx.AsyncClient, people: People, log: Heard
) -> None:
    starts = NOW + timedelta(days=1)
    plan = await posted(
        field,
        "/planned-visits",
        people.as_("chen"),
        member_id=people.ids["li"],
        lead_id="lead-1",
        starts_at=starts.isoformat(),
    )
    path = f"/planned-visits/{plan['planned_visit_id']}"
    later = starts + timedelta(hours=3)

    await posted(field, f"{path}/replan", people.as_("li"), 200, version=1, starts_at=later.isoformat())
    stale = await posted(field, f"{path}/cancel", people.as_("li"), 409, version=1, reason="away")
    hidden = await field.get(path, headers=people.as_("mei"))
    gone = await posted(field, f"{path}/cancel", people.as_("li"), 200, version=2, reason="away")
    closed = await posted(field, f"{path}/cancel", people.as_("li"), 422, version=3, reason="away")
    past = await posted(
        field,
        "/planned-visits",
        people.as_("li"),
        422,
        lead_id="lead-1",
        starts_at=(NOW - timedelta(days=2)).isoformat(),
    )

    assert (code(stale), hidden.status_code, gone["state"]) == ("version-conflict", 404, "cancelled")
    assert (code(closed), code(past)) == ("plan-closed", "day-over")
    whose: dict[str, Any] = {
        "member_id": people.ids["li"],
        "owner_id": people.ids["li"],
        "team_id": people.teams["north"],
    }
    ids: dict[str, Any] = {"planned_visit_id": plan["planned_visit_id"], "lead_id": "lead-1"}
    assert await said(log, plan["planned_visit_id"], 3) == [
        VisitPlanned(**whose, **ids, starts_at=starts),
        VisitReplanned(**whose, **ids, from_starts_at=starts, starts_at=later),
        VisitCancelled(**whose, **ids, reason="away"),
    ]


async def test_what_was_planned_and_not_done_is_told_once_when_its_day_is_over(
    field: httpx.AsyncClient, people: People, log: Heard, desk: Desk
) -> None:
    visit = await posted(
        field, "/planned-visits", people.as_("li"), customer_id="customer-7", starts_at=NOW.isoformat()
    )
    today = desk.today.isoformat()
    call = await posted(field, "/planned-follow-ups", people.as_("li"), lead_id="lead-7", kind="call", due_on=today)
    tomorrow = replace(desk, now=lambda: datetime.now(UTC) + timedelta(days=1))

    for _ in range(2):
        await look(tomorrow)
    late = await posted(
        field,
        "/visits",
        people.as_("li"),
        customer_id="customer-7",
        started_at=NOW.isoformat(),
        ended_at=NOW.isoformat(),
        planned_visit_id=visit["planned_visit_id"],
    )

    assert await told_of(log, visit["planned_visit_id"], 2) == [VisitPlanned, VisitMissed]
    assert await told_of(log, call["planned_follow_up_id"], 2) == [FollowUpPlanned, FollowUpMissed]
    kept = await read(field, f"/planned-visits/{visit['planned_visit_id']}", people.as_("li"))
    assert (kept["state"], kept["visit_id"]) == ("kept", late["visit_id"])
    missed = await read(field, f"/planned-follow-ups/{call['planned_follow_up_id']}", people.as_("li"))
    assert missed["state"] == "missed"
