"""Reports: filled from the facts, filed, missed."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import httpx

from backbone.contract.activities import (
    ReportCommented,
    ReportFiled,
    ReportMissed,
)
from backbone.contract.ids import new_event_id
from services.activities.desk import Desk
from services.activities.handlers.watch import look
from tests.conversation import code, posted, read, said
from tests.integration.field_work.asked import YESTERDAY, told_of
from tests.listening import Heard
from tests.people import People
from tests.serving import Service


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
        monday = desk.today + timedelta(days=35 - desk.today.weekday())  # nobody else looks ahead so far
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
    listed = await read(field, "/reports", people.as_("admin"), state="missing", member_id=lazy, **hours)
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
