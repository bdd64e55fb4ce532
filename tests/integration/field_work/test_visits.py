"""Visits: planned, checked in and out, told late or twice, taken back; shifts."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.activities import Photo as ToldPhoto
from backbone.contract.activities import (
    Place,
    PlaceCheck,
    ShiftEnded,
    ShiftStarted,
    VisitLogged,
    VisitPlanned,
    VisitStarted,
    VisitVoided,
)
from backbone.contract.ids import new_event_id
from backbone.contract.plans import (
    FollowUpCancelled,
    FollowUpPlanned,
)
from tests.conversation import code, posted, read, said
from tests.integration.field_work.asked import NOW, YESTERDAY
from tests.listening import Heard
from tests.people import People
from tests.selling import customer_of

THERE = {"lat": 31.2304, "lon": 121.4737}


async def test_a_visit_is_planned_checked_in_and_out_at_the_place_and_leads_to_the_next_step(
    field: httpx.AsyncClient, customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    customer = await customer_of(customers, people, "li", place=THERE)
    plan = await posted(
        field,
        "/planned-visits",
        people.as_("li"),
        customer_id=customer,
        starts_at=(NOW + timedelta(hours=1)).isoformat(),
    )
    photo = {"photo_id": "ph-1", "sha256": "ab" * 32, "taken_at": NOW.isoformat()}
    where: dict[str, Any] = {"lat": 31.2313, "lon": 121.4737, "accuracy_m": 15, "mock_location": False}
    visit = await posted(
        field,
        "/visits/check-in",
        people.as_("li"),
        customer_id=customer,
        planned_visit_id=plan["planned_visit_id"],
        started_at=NOW.isoformat(),
        fixed_at=NOW.isoformat(),
        device_at=datetime.now(UTC).isoformat(),
        **where,
    )
    elsewhere = await posted(field, "/visits/check-in", people.as_("li"), 422, customer_id=customer)
    on = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    done = await posted(
        field,
        f"/visits/{visit['visit_id']}/check-out",
        people.as_("li"),
        200,
        version=1,
        photos=[photo],
        outcome="interested",
        next_step="call",
        next_step_on=on,
        lat=31.3,
        lon=121.4737,
    )

    assert (visit["under_way"], visit["place_check"]["result"], visit["place_check"]["why"]) == (True, "inside", "near")
    assert 95 < visit["place_check"]["distance_m"] < 105
    assert code(elsewhere) == "visit-under-way"
    assert (done["under_way"], done["left_check"]["why"]) == (False, "too-far")
    kept = await read(field, f"/planned-visits/{plan['planned_visit_id']}", people.as_("li"))
    assert (kept["state"], kept["visit_id"]) == ("kept", visit["visit_id"])
    step = await read(field, f"/planned-follow-ups/{done['next_step_id']}", people.as_("li"))
    assert (step["kind"], step["due_on"], step["made_from"]) == ("call", on, visit["visit_id"])
    whose: dict[str, Any] = {
        "member_id": people.ids["li"],
        "owner_id": people.ids["li"],
        "team_id": people.teams["north"],
    }
    started, logged = await said(log, visit["visit_id"], 2)
    assert isinstance(started, VisitStarted)
    assert started.place == Place(lat=31.2313, lon=121.4737, accuracy_m=15)
    assert isinstance(logged, VisitLogged)
    assert logged.left_place_check == PlaceCheck(
        result="outside", distance_m=done["left_check"]["distance_m"], why="too-far"
    )
    assert logged.photos == (ToldPhoto(photo_id="ph-1", sha256="ab" * 32, taken_at=NOW),)
    assert (logged.next_step, logged.planned_visit_id) == ("call", plan["planned_visit_id"])
    assert await said(log, plan["planned_visit_id"], 1) == [
        VisitPlanned(
            **whose,
            planned_visit_id=plan["planned_visit_id"],
            customer_id=customer,
            starts_at=NOW + timedelta(hours=1),
        )
    ]
    (planned,) = await said(log, done["next_step_id"], 1)
    assert isinstance(planned, FollowUpPlanned)


async def test_a_visit_taken_back_opens_its_plan_again_and_cancels_the_next_step(
    field: httpx.AsyncClient, people: People, log: Heard
) -> None:
    body: dict[str, Any] = {"customer_id": new_event_id()}
    plan = await posted(field, "/planned-visits", people.as_("mei"), starts_at=NOW.isoformat(), **body)
    visit = await posted(
        field,
        "/visits",
        people.as_("mei"),
        started_at=YESTERDAY.isoformat(),
        ended_at=YESTERDAY.isoformat(),
        planned_visit_id=plan["planned_visit_id"],
        next_step="mail",
        next_step_on=NOW.date().isoformat(),
        **body,
    )

    await posted(field, f"/visits/{visit['visit_id']}/void", people.as_("mei"), 200, version=1, reason="mistake")

    again = await read(field, f"/planned-visits/{plan['planned_visit_id']}", people.as_("mei"))
    assert (again["state"], again["visit_id"]) == ("planned", None)
    step = await read(field, f"/planned-follow-ups/{visit['next_step_id']}", people.as_("mei"))
    assert (step["state"], step["cancel_reason"]) == ("cancelled", "taken-back")
    assert [type(event) for event in await said(log, visit["next_step_id"], 2)] == [FollowUpPlanned, FollowUpCancelled]
    assert [type(event) for event in await said(log, visit["visit_id"], 2)] == [VisitLogged, VisitVoided]


async def test_a_visit_told_hours_later_and_twice_is_one_visit_with_both_times(
    field: httpx.AsyncClient, people: People, log: Heard
) -> None:
    id_ = new_event_id()
    told = {
        "visit_id": id_,
        "customer_id": "customer-1",
        "started_at": (NOW - timedelta(hours=7)).isoformat(),
        "ended_at": (NOW - timedelta(hours=6)).isoformat(),
    }

    first = await field.post("/visits", json={**told, "device_at": NOW.isoformat()}, headers=people.as_("li"))
    later = (NOW + timedelta(seconds=9)).isoformat()
    again = await field.post("/visits", json={**told, "device_at": later}, headers=people.as_("li"))
    other = await posted(field, "/visits", people.as_("li"), 422, **{**told, "purpose": "demo"})
    stranger = await posted(field, "/visits", people.as_("wang"), 422, **told)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert ("Idempotent-Replayed" in first.headers, "Idempotent-Replayed" in again.headers) == (False, True)
    assert (code(other), code(stranger)) == ("id-taken", "id-taken")
    assert datetime.fromisoformat(first.json()["ended_at"]) == NOW - timedelta(hours=6)
    assert datetime.fromisoformat(first.json()["recorded_at"]) >= NOW
    await posted(field, f"/visits/{id_}/void", people.as_("li"), 200, version=1, reason="mistake")
    assert [type(event) for event in await said(log, id_, 2)] == [VisitLogged, VisitVoided]
    envelope = next(one for one in log if one.subject == id_)
    assert envelope.time == NOW - timedelta(hours=6)
    assert envelope.recordedtime is not None
    assert envelope.recordedtime >= NOW


@pytest.mark.parametrize(
    ("said_of_place", "check"),
    [
        ({}, ("unknown", "no-place")),
        ({**THERE, "mock_location": True}, ("unknown", "mock-location")),
        ({**THERE, "device_at": (NOW + timedelta(hours=2)).isoformat()}, ("unknown", "clock-off")),
        ({**THERE, "fixed_at": YESTERDAY.isoformat()}, ("unknown", "stale-fix")),
        ({**THERE, "accuracy_m": 900}, ("unknown", "inaccurate")),
        ({**THERE, "lat": 31.24}, ("outside", "too-far")),
        (THERE, ("inside", "near")),
    ],
)
async def test_where_the_phone_was_is_compared_with_where_the_customer_is(
    field: httpx.AsyncClient,
    customers: httpx.AsyncClient,
    people: People,
    said_of_place: dict[str, Any],
    check: tuple[str, str],
) -> None:
    customer = await customer_of(customers, people, "li", place=THERE)
    body = {"customer_id": customer, "started_at": NOW.isoformat(), "ended_at": NOW.isoformat(), **said_of_place}

    visit = await posted(field, "/visits", people.as_("li"), **body)

    assert (visit["place_check"]["result"], visit["place_check"]["why"]) == check


async def test_of_several_check_ins_and_shifts_at_once_one_begins(
    field: httpx.AsyncClient, people: People, log: Heard
) -> None:
    visits = await asyncio.gather(
        *(field.post("/visits/check-in", json={"customer_id": f"c-{n}"}, headers=people.as_("wang")) for n in range(5))
    )
    shifts = await asyncio.gather(*(field.post("/shifts", json=THERE, headers=people.as_("wang")) for _ in range(5)))

    for answers, refusal in ((visits, "visit-under-way"), (shifts, "shift-under-way")):
        assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422, 422]
        assert {code(answer.json()) for answer in answers if answer.status_code == 422} == {refusal}
    (visit,) = [answer.json() for answer in visits if answer.status_code == 201]
    (shift,) = [answer.json() for answer in shifts if answer.status_code == 201]
    await posted(field, f"/visits/{visit['visit_id']}/void", people.as_("wang"), 200, version=1, reason="test")
    ended = await posted(field, f"/shifts/{shift['shift_id']}/end", people.as_("wang"), 200, version=1)
    told = await said(log, shift["shift_id"], 2)
    assert [type(event) for event in told] == [ShiftStarted, ShiftEnded]
    assert isinstance(last := told[-1], ShiftEnded)
    assert last.worked_seconds == ended["worked_seconds"]
    assert (await field.post("/shifts", json={}, headers=people.as_("wang"))).status_code == 201


async def test_worked_time_is_told_by_member_and_day(field: httpx.AsyncClient, people: People) -> None:
    # 22:00 to 02:30 in Shanghai: two hours before midnight, two and a half after it, one of them a break.
    began = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    shift = await posted(field, "/shifts", people.as_("mei"), started_at=began.isoformat())
    ended = (began + timedelta(hours=4, minutes=30)).isoformat()
    await posted(
        field,
        f"/shifts/{shift['shift_id']}/end",
        people.as_("mei"),
        200,
        version=1,
        ended_at=ended,
        break_seconds=3600,
    )

    days = {"from_on": "2026-03-01", "to_on": "2026-03-05"}
    seen = await read(field, "/attendance", people.as_("admin"), member_id=people.ids["mei"], **days)
    assert seen == await read(field, "/attendance", people.as_("chen"), member_id=people.ids["mei"], **days)
    hidden = await read(field, "/attendance", people.as_("wang"), **days)

    assert [(day["on"], day["worked_seconds"]) for day in seen["days"]] == [("2026-03-02", 5600), ("2026-03-03", 7000)]
    assert hidden["days"] == []
