"""Visits, plans, routes, attendance, reports and visit frequency, on the real broker and store."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.activities import Photo as ToldPhoto
from backbone.contract.activities import (
    Place,
    PlaceCheck,
    ReportCommented,
    ReportFiled,
    ReportMissed,
    ShiftEnded,
    ShiftStarted,
    VisitLogged,
    VisitPlanned,
    VisitStarted,
    VisitVoided,
)
from backbone.contract.customers import CustomerCreated, CustomerMerged, CustomerUnmerged
from backbone.contract.envelope import EventData, seal
from backbone.contract.ids import new_event_id
from backbone.contract.plans import (
    FollowUpCancelled,
    FollowUpMissed,
    FollowUpPlanned,
    VisitCancelled,
    VisitMissed,
    VisitReplanned,
)
from backbone.idempotency import By
from backbone.service import opened
from backbone.settings import Settings
from backbone.testing import eventually
from services.activities.desk import Desk
from services.activities.domain.visit import Visit, log_visit
from services.activities.field_consumers import hear
from services.activities.field_store import FieldStore
from services.activities.handlers.watch import look
from services.activities.settings import ComplaintSettings, FieldSettings
from services.activities.sites import Sites
from services.activities.store import Store
from tests.conversation import code, posted, said
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, serving

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(days=1)
THERE = {"lat": 31.2304, "lon": 121.4737}
EVERY_DAY = [{"weekday": day, "opens": "08:00", "closes": "20:00"} for day in range(1, 8)]


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    names = ["directory", "customers", "activities"]
    with serving(settings, tmp_path_factory.mktemp("logs"), names) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def field(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["activities"].client(None) as client:
        yield client


@pytest.fixture
async def customers(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["customers"].client(None) as client:
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "activities") as heard:
        yield heard


@pytest.fixture
async def desk(services: dict[str, Service]) -> AsyncIterator[Desk]:
    """The desk of the service, in this process: for what only time can bring about."""
    settings = services["activities"].settings
    async with opened("activities", settings) as backbone:
        yield Desk(
            store=Store(backbone),
            field=FieldStore(backbone),
            members=backbone.members,
            siblings=backbone.siblings,
            sites=Sites(backbone.siblings),
            now=lambda: datetime.now(UTC),
            zone=settings.zone,
            complaint_settings=ComplaintSettings(),
            field_settings=FieldSettings(),
        )


async def customer_of(customers: httpx.AsyncClient, people: People, name: str, **body: Any) -> str:
    made = await posted(customers, "/customers", people.as_(name), name=f"Firm {new_event_id()}", **body)
    return str(made["customer_id"])


async def read(client: httpx.AsyncClient, path: str, people: People, name: str, **asked: Any) -> dict[str, Any]:
    answer = await client.get(path, params=asked, headers=people.as_(name))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def told_of(log: Heard, subject: str, count: int) -> list[type]:
    """Kinds of the events of a subject, each once: two relays at work may publish one twice under its id."""

    async def ask() -> dict[str, type]:
        return {one.id: type(one.data) for one in log if one.subject == subject}

    return list((await eventually(ask, lambda found: len(found) >= count)).values())


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
    kept = await read(field, f"/planned-visits/{plan['planned_visit_id']}", people, "li")
    assert (kept["state"], kept["visit_id"]) == ("kept", visit["visit_id"])
    step = await read(field, f"/planned-follow-ups/{done['next_step_id']}", people, "li")
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

    again = await read(field, f"/planned-visits/{plan['planned_visit_id']}", people, "mei")
    assert (again["state"], again["visit_id"]) == ("planned", None)
    step = await read(field, f"/planned-follow-ups/{visit['next_step_id']}", people, "mei")
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
    seen = await read(field, "/attendance", people, "admin", member_id=people.ids["mei"], **days)
    assert seen == await read(field, "/attendance", people, "chen", member_id=people.ids["mei"], **days)
    hidden = await read(field, "/attendance", people, "wang", **days)

    assert [(day["on"], day["worked_seconds"]) for day in seen["days"]] == [("2026-03-02", 5600), ("2026-03-03", 7000)]
    assert hidden["days"] == []


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
        people,
        "chen",
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
    kept = await read(field, f"/planned-visits/{visit['planned_visit_id']}", people, "li")
    assert (kept["state"], kept["visit_id"]) == ("kept", late["visit_id"])
    missed = await read(field, f"/planned-follow-ups/{call['planned_follow_up_id']}", people, "li")
    assert missed["state"] == "missed"


async def test_a_report_is_filled_from_the_facts_filed_once_and_commented_on_from_above(
    services: dict[str, Service], field: httpx.AsyncClient, people: People, log: Heard
) -> None:
    zone = services["activities"].settings.zone
    async with services["directory"].client() as directory:
        zhou = (await posted(directory, "/members", {}, name="Zhou", team_id=people.teams["north"]))["member_id"]
    noon = datetime.combine(YESTERDAY.astimezone(zone).date(), time(12), zone)
    admin = people.as_("admin")
    for outcome in ("interested", "interested", None):
        await posted(
            field,
            "/visits",
            people.as_("admin"),
            member_id=zhou,
            customer_id="customer-1",
            started_at=noon.isoformat(),
            ended_at=noon.isoformat(),
            outcome=outcome,
        )
    report: dict[str, Any] = {"member_id": zhou, "kind": "daily", "period": noon.date().isoformat()}

    draft = await field.get("/reports/draft", params=report, headers=admin)
    filed = await posted(field, "/reports", people.as_("admin"), **report, summary="一切顺利", plan="Two demos")
    again = await posted(field, "/reports", people.as_("admin"), 422, **report)
    path = f"/reports/{filed['report_id']}/comments"
    answered = await posted(field, path, people.as_("chen"), version=1, text="Well done")
    stranger = await posted(field, path, people.as_("wang"), 404, version=2, text="Hm")

    facts = filed["facts"]
    assert (facts["visits"], facts["customers_visited"]) == (3, 1)
    assert "leads" in facts["missing"]
    assert facts["visits_by_outcome"] == {"interested": 2, "none": 1}
    assert facts["deals"] == {"opened": 0, "moved": 0, "won": 0, "lost": 0}
    assert draft.json()["facts"] == facts
    assert (code(again), code(stranger)) == ("filed-before", "not-found")
    assert [one["text"] for one in answered["comments"]] == ["Well done"]
    day = noon.date()
    whose: dict[str, Any] = {
        "member_id": zhou,
        "owner_id": zhou,
        "team_id": people.teams["north"],
        "report_id": filed["report_id"],
    }
    due_at = datetime.combine(day, time(20), zone)
    assert await said(log, filed["report_id"], 2) == [
        ReportFiled(**whose, kind="daily", from_on=day, to_on=day, due_at=due_at),
        ReportCommented(**whose, by_member_id=people.ids["chen"]),
    ]


async def test_a_report_not_filed_by_its_hour_is_told_once_for_each_who_worked_that_day(
    services: dict[str, Service], field: httpx.AsyncClient, people: People, log: Heard, desk: Desk
) -> None:
    zone = desk.zone
    async with services["directory"].client() as directory:
        ids = [
            (await posted(directory, "/members", {}, name=name, team_id=people.teams["south"]))["member_id"]
            for name in ("Lazy", "Diligent", "Away")
        ]
        lazy, diligent, away = ids
        monday = desk.today + timedelta(days=7 - desk.today.weekday())
        off: dict[str, Any] = {"version": 0, "first_on": monday.isoformat(), "last_on": monday.isoformat()}
        await posted(directory, f"/members/{away}/duty/days-off", {}, **off)
    hours = {"kind": "daily", "period": monday.isoformat()}
    evening = datetime.combine(monday, time(19, 59), zone)
    before = replace(desk, now=lambda: evening)
    after = replace(desk, now=lambda: evening + timedelta(minutes=2))

    await desk.field.note_looked("reports|daily", evening)
    await look(before)
    theirs = {"state.member_id": {"$in": ids}, "state.kind": "daily"}
    nothing = await desk.field.reports.collection.count_documents(theirs)
    await _file(before, diligent, monday.isoformat())
    for _ in range(2):
        await desk.field.note_looked("reports|daily", evening)
        await look(after)

    found = {
        row["state"]["member_id"]: (row["_id"], row["state"]["state"])
        async for row in desk.field.reports.collection.find(theirs)
    }
    assert nothing == 0
    assert {member: state for member, (_, state) in found.items()} == {lazy: "missing", diligent: "filed"}
    told = await said(log, found[lazy][0], 1)
    assert told[:1] == [
        ReportMissed(
            report_id=found[lazy][0],
            member_id=lazy,
            owner_id=lazy,
            team_id=people.teams["south"],
            kind="daily",
            from_on=monday,
            to_on=monday,
            due_at=datetime.combine(monday, time(20), zone),
        )
    ]
    assert await told_of(log, found[lazy][0], 1) == [ReportMissed]
    listed = await read(field, "/reports", people, "admin", state="missing", member_id=lazy, **hours)
    assert [one["report_id"] for one in listed["items"]] == [found[lazy][0]]


async def _file(desk: Desk, member_id: str, period: str) -> None:
    from backbone.callers import Caller, Role
    from backbone.idempotency import By
    from backbone.web import Asks
    from services.activities.domain.duties import period_for
    from services.activities.handlers.reports import file_report

    asks = Asks(Caller("test", Role.ADMIN), By("key:test", new_event_id()))
    member = await desk.members.working(member_id)
    await file_report(desk, asks, member, "daily", period_for("daily", period), summary=None, plan=None)


async def test_who_is_due_and_who_was_missed_follows_from_grades_visits_and_the_rule(
    field: httpx.AsyncClient, customers: httpx.AsyncClient, people: People, desk: Desk
) -> None:
    created = (NOW - timedelta(days=10)).isoformat()
    weekly = await customer_of(customers, people, "li", grade="A", created_at=created)
    monthly = await customer_of(customers, people, "li", grade="C", created_at=created)
    today = desk.today

    async def rhythms(**asked: Any) -> dict[str, dict[str, Any]]:
        page = await read(field, "/visit-frequency/customers", people, "chen", limit=200, **asked)
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
    everywhere = await read(field, "/visit-frequency/summary", people, "admin")
    assert sum(one["customers"] for one in everywhere["owners"]) >= 2
    summary = await read(field, "/visit-frequency/summary", people, "chen")
    (of_li,) = [one for one in summary["owners"] if one["owner_id"] == people.ids["li"]]
    assert of_li["missed_in_span"] >= 1
    assert {one["team_id"] for one in summary["teams"]} >= {people.teams["north"]}

    await posted(field, f"/visits/{visit['visit_id']}/void", people.as_("li"), 200, version=1, reason="mistake")
    await eventually(standings, lambda found: found[weekly] == "missed")
    rule = await read(field, "/visit-frequency", people, "li")
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

    async def plan_now() -> dict[str, Any]:
        return await read(field, f"/planned-visits/{plan['planned_visit_id']}", people, "li")

    kept = await eventually(plan_now, lambda found: found["state"] == "kept")
    assert kept["visit_id"] == visit.visit_id
    asked = {"member_id": people.ids["li"], "customer_id": "customer-9"}

    async def steps() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await read(field, "/planned-follow-ups", people, "li", **asked))["items"]
        return found

    (step,) = await eventually(steps)
    assert (step["kind"], step["made_from"]) == ("demo", visit.visit_id)


async def test_a_rhythm_is_the_same_whatever_comes_first_or_twice_and_follows_a_merge(desk: Desk) -> None:
    one, other = new_event_id(), new_event_id()
    whose: dict[str, Any] = {"owner_id": "li", "team_id": "north"}
    said_so: list[tuple[int, EventData]] = [
        (40, CustomerCreated(customer_id=one, grade="A", **whose)),
        (40, CustomerCreated(customer_id=other, grade="C", **whose)),
        (30, visited_at(one, "v-1")),
        (20, visited_at(other, "v-2")),
        (10, visited_at(one, "v-3")),
        (9, VisitVoided(visit_id=f"v-3-{one}", member_id="li", reason="mistake", **whose)),
        (5, CustomerMerged(customer_id=one, into_customer_id=other, **whose)),
    ]
    envelopes = [
        seal(data, source="urn:test:phone", time=NOW - timedelta(days=days), event_id=new_event_id())
        for days, data in said_so
    ]

    found = []
    for order in (envelopes, envelopes[::-1], envelopes[3:] + envelopes):
        await desk.field.marks.delete_many({"customer_id": {"$in": [one, other]}})
        await desk.field.rhythms.collection.delete_many({"_id": {"$in": [one, other]}})
        for envelope in order:
            await hear(desk, envelope)
        found.append([(await desk.field.rhythms.get(id_))[1] for id_ in (one, other)])

    assert found[0] == found[1] == found[2]
    gone, stays = found[0]
    assert gone is not None
    assert stays is not None
    assert (gone.due_on, gone.merged_into) == (None, other)
    # Both visits count for the one that stays; the one taken back does not.
    assert stays.last_visit_on == (NOW - timedelta(days=20)).astimezone(desk.zone).date()
    back = CustomerUnmerged(customer_id=one, from_customer_id=other, **whose)
    await hear(desk, seal(back, source="urn:test:phone", time=NOW, event_id=new_event_id()))
    again = (await desk.field.rhythms.get(one))[1]
    assert again is not None
    assert (again.merged_into, again.due_on is None) == (None, False)
    assert again.last_visit_on == (NOW - timedelta(days=30)).astimezone(desk.zone).date()


def visited_at(customer_id: str, name: str) -> VisitLogged:
    return VisitLogged(
        visit_id=f"{name}-{customer_id}",
        member_id="li",
        owner_id="li",
        team_id="north",
        customer_id=customer_id,
        started_at=NOW,
    )
