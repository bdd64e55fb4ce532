"""Visit frequency: who is due, and what a stopped logger left undone."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.activities import (
    VisitLogged,
    VisitVoided,
)
from backbone.contract.customers import CustomerCreated, CustomerMerged, CustomerUnmerged
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.contract.ids import new_event_id
from backbone.idempotency import By
from backbone.testing import eventually
from services.activities.desk import Desk
from services.activities.domain.frequency import Rhythm
from services.activities.domain.visit import Visit, log_visit
from services.activities.field_consumers import taking
from services.activities.handlers.watch import look
from tests.conversation import posted, read
from tests.integration.field_work.asked import NOW
from tests.people import People
from tests.selling import customer_of

WHOSE: dict[str, Any] = {"owner_id": "li", "team_id": "north"}


async def test_who_is_due_and_who_was_missed_follows_from_grades_visits_and_the_rule(
    field: httpx.AsyncClient, customers: httpx.AsyncClient, people: People, desk: Desk
) -> None:
    created = (NOW - timedelta(days=10)).isoformat()
    weekly = await customer_of(customers, people, "li", grade="A", created_at=created)
    monthly = await customer_of(customers, people, "li", grade="C", created_at=created)
    today = desk.today

    async def rhythms(**asked: Any) -> dict[str, dict[str, Any]]:
        page = await read(field, "/visit-frequency/customers", people.as_("chen"), limit=200, **asked)
        return {row["customer_id"]: row for row in page["items"] if row["customer_id"] in (weekly, monthly)}

    async def standings() -> dict[str, str]:
        return {id_: row["standing"] for id_, row in (await rhythms()).items()}

    await eventually(standings, lambda found: found == {weekly: "missed", monthly: "fine"})
    assert set(await rhythms(standing="missed")) == {weekly}
    assert (await rhythms())[weekly]["overdue_days"] == 3
    visit = await posted(
        field,
        "/visits",
        people.as_("li"),
        customer_id=weekly,
        started_at=NOW.isoformat(),
        ended_at=NOW.isoformat(),
    )
    await eventually(standings, lambda found: found[weekly] == "due")
    row = (await rhythms())[weekly]
    assert row["due_on"] == (today + timedelta(days=7)).isoformat()
    assert [(lapse["owner_id"], lapse["met_on"]) for lapse in row["lapses"]] == [(people.ids["li"], today.isoformat())]
    everywhere = await read(field, "/visit-frequency/summary", people.as_("admin"))
    assert sum(one["customers"] for one in everywhere["owners"]) >= 2
    summary = await read(field, "/visit-frequency/summary", people.as_("chen"))
    (of_li,) = [one for one in summary["owners"] if one["owner_id"] == people.ids["li"]]
    assert of_li["missed_in_span"] >= 1
    assert {one["team_id"] for one in summary["teams"]} >= {people.teams["north"]}

    await posted(field, f"/visits/{visit['visit_id']}/void", people.as_("li"), 200, version=1, reason="mistake")
    await eventually(standings, lambda found: found[weekly] == "missed")
    rule = await read(field, "/visit-frequency", people.as_("li"))
    body = {"version": rule["version"], "intervals": {"A": {"every": 2, "unit": "month"}}}
    refused = await field.put("/visit-frequency", json=body, headers=people.as_("li"))
    changed = await field.put("/visit-frequency", json=body, headers=people.as_("admin"))
    assert (refused.status_code, changed.status_code) == (403, 200)
    while await look(desk):
        pass
    await eventually(standings, lambda found: found == {weekly: "fine", monthly: "unplanned"})


async def test_what_a_stopped_logger_left_undone_is_done_from_the_log(
    field: httpx.AsyncClient, people: People, desk: Desk
) -> None:
    plan = await posted(field, "/planned-visits", people.as_("li"), customer_id="customer-9", starts_at=NOW.isoformat())
    visit, events = log_visit(
        Visit(
            visit_id=new_event_id(),
            member_id=people.ids["li"],
            owner_id=people.ids["li"],
            team_id=people.teams["north"],
            customer_id="customer-9",
            planned_visit_id=plan["planned_visit_id"],
            started_at=NOW,
            ended_at=NOW,
            next_step="demo",
            next_step_on=desk.today,
            recorded_at=NOW,
        ),
        NOW,
    )

    # As a process leaves it that dies right after the visit was stored.
    await desk.store.visits.create(visit.visit_id, visit, events, at=NOW, by=By("li", "request-1"))

    async def plan_now() -> Any:
        return await read(field, f"/planned-visits/{plan['planned_visit_id']}", people.as_("li"))

    kept = await eventually(plan_now, lambda found: found["state"] == "kept")
    assert kept["visit_id"] == visit.visit_id
    asked = {"member_id": people.ids["li"], "customer_id": "customer-9"}

    async def steps() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await read(field, "/planned-follow-ups", people.as_("li"), **asked))["items"]
        return found

    (step,) = await eventually(steps)
    assert (step["kind"], step["made_from"]) == ("demo", visit.visit_id)


async def test_a_rhythm_is_the_same_whatever_comes_first_or_twice_and_follows_a_merge(desk: Desk) -> None:
    one, other = new_event_id(), new_event_id()
    said_so: list[tuple[int, EventData]] = [
        (40, CustomerCreated(customer_id=one, grade="A", **WHOSE)),
        (40, CustomerCreated(customer_id=other, grade="C", **WHOSE)),
        (30, visited_at(one, "v-1")),
        (20, visited_at(other, "v-2")),
        (10, visited_at(one, "v-3")),
        (9, VisitVoided(visit_id=f"v-3-{one}", member_id="li", reason="mistake", **WHOSE)),
        (5, CustomerMerged(customer_id=one, into_customer_id=other, **WHOSE)),
    ]
    envelopes = [
        seal(data, source="urn:test:phone", time=NOW - timedelta(days=days), event_id=new_event_id())
        for days, data in said_so
    ]

    take = taking(desk)
    orders = (envelopes, envelopes[::-1], envelopes[3:] + envelopes)
    one_by_one = [[[envelope] for envelope in order] for order in orders]
    in_batches = [[order[:3], order[3:]] for order in orders]
    at_once = [[order] for order in orders]
    found = []
    for batches in (*one_by_one, *in_batches, *at_once):
        await desk.field.marks.delete_many({"customer_id": {"$in": [one, other]}})
        await desk.field.rhythms.collection.delete_many({"_id": {"$in": [one, other]}})
        for batch in batches:
            await take(batch)
        stood = await desk.field.rhythms.get([one, other])
        found.append([stood[id_][1] for id_ in (one, other)])

    assert all(outcome == found[0] for outcome in found)
    gone, stays = found[0]
    assert gone is not None
    assert stays is not None
    assert (gone.due_on, gone.merged_into) == (None, other)
    # Both visits count for the one that stays; the one taken back does not.
    assert stays.last_visit_on == (NOW - timedelta(days=20)).astimezone(desk.zone).date()
    back = CustomerUnmerged(customer_id=one, from_customer_id=other, **WHOSE)
    await take([seal(back, source="urn:test:phone", time=NOW, event_id=new_event_id())])
    again = (await desk.field.rhythms.get([one]))[one][1]
    assert again is not None
    assert (again.merged_into, again.due_on is None) == (None, False)
    assert again.last_visit_on == (NOW - timedelta(days=30)).astimezone(desk.zone).date()


async def test_those_who_follow_a_new_customer_and_its_visits_at_the_same_time_leave_what_one_after_the_other_does(
    desk: Desk,
) -> None:
    async def stood_after(at_once: bool) -> list[Rhythm | None]:
        ids = [f"{new_event_id()}-{number:02}" for number in range(30)]
        told = (
            said_of(ids, 40, lambda one: CustomerCreated(customer_id=one, grade="A", **WHOSE)),
            said_of(ids, 30, lambda one: visited_at(one, "v-1")),
            said_of(ids, 20, lambda one: visited_at(one, "v-2")),
            said_of(ids, 15, lambda one: VisitVoided(visit_id=f"v-2-{one}", member_id="li", reason="mistake", **WHOSE)),
        )
        if at_once:
            await asyncio.gather(*map(taking(desk), told))
        else:
            for batch in told:
                await taking(desk)(batch)
        stood = await desk.field.rhythms.get(ids)
        return [rhythm and replace(rhythm, customer_id="any") for _, rhythm in (stood[one] for one in ids)]

    expected = await stood_after(at_once=False)

    for _ in range(5):
        assert await stood_after(at_once=True) == expected


async def test_a_customer_entered_just_now_is_given_its_rhythm_without_a_look(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = new_event_id()
    batch = said_of([customer], 0, lambda one: CustomerCreated(customer_id=one, grade="A", **WHOSE))

    async def looked(_: Sequence[str]) -> dict[str, tuple[int, Rhythm | None]]:
        raise AssertionError("somebody looked")

    with monkeypatch.context() as patched:
        patched.setattr(desk.field.rhythms, "get", looked)
        await taking(desk)(batch)

    (version, rhythm) = (await desk.field.rhythms.get([customer]))[customer]
    assert (version, rhythm and (rhythm.grade, rhythm.owner_id)) == (1, ("A", "li"))


async def test_who_dies_between_the_marks_and_the_rhythm_of_a_new_customer_leaves_both_to_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = new_event_id()
    batch = [
        *said_of([customer], 10, lambda one: CustomerCreated(customer_id=one, grade="A", **WHOSE)),
        *said_of([customer], 5, lambda one: visited_at(one, "v-1")),
    ]

    async def dies(*_: object) -> list[str]:
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(desk.field.rhythms, "put", dies)
        with pytest.raises(ConnectionError):
            await taking(desk)(batch)
    for _ in range(2):
        await taking(desk)(batch)

    (version, rhythm) = (await desk.field.rhythms.get([customer]))[customer]
    visited_on = (NOW - timedelta(days=5)).astimezone(desk.zone).date()
    assert (version, rhythm and rhythm.last_visit_on) == (1, visited_on)


async def test_a_further_visit_of_a_day_counts_when_the_first_one_is_taken_back(desk: Desk) -> None:
    customer = new_event_id()
    noon = NOW.astimezone(desk.zone).replace(hour=12) - timedelta(days=10)

    async def last_visit_after(said: EventData, at: datetime) -> date | None:
        await taking(desk)([seal(said, source="urn:test:phone", time=at, event_id=new_event_id())])
        rhythm = (await desk.field.rhythms.get([customer]))[customer][1]
        assert rhythm is not None
        return rhythm.last_visit_on

    def void(name: str) -> VisitVoided:
        return VisitVoided(visit_id=f"{name}-{customer}", member_id="li", reason="mistake", **WHOSE)

    entered = CustomerCreated(customer_id=customer, grade="A", **WHOSE)
    steps: list[tuple[EventData, datetime]] = [
        (entered, noon - timedelta(days=10)),
        (visited_at(customer, "v-1"), noon),
        (visited_at(customer, "v-2"), noon + timedelta(hours=2)),
        (visited_at(customer, "v-3"), noon - timedelta(hours=2)),
        (void("v-3"), noon + timedelta(hours=3)),
        (void("v-1"), noon + timedelta(hours=3)),
        (void("v-2"), noon + timedelta(hours=3)),
    ]

    found = [await last_visit_after(said, at) for said, at in steps]

    assert found == [None, *[noon.date()] * 5, None]


def said_of(customer_ids: Sequence[str], days_ago: int, said: Callable[[str], EventData]) -> list[Envelope]:
    at = NOW - timedelta(days=days_ago)
    return [seal(said(one), source="urn:test:phone", time=at, event_id=new_event_id()) for one in customer_ids]


def visited_at(customer_id: str, name: str) -> VisitLogged:
    return VisitLogged(
        visit_id=f"{name}-{customer_id}",
        member_id="li",
        owner_id="li",
        team_id="north",
        customer_id=customer_id,
        started_at=NOW,
    )
