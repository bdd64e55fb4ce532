"""What can be done with a report, and the watch over those that are due."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from backbone.calendar import Period
from backbone.contract.ids import new_event_id
from backbone.failpoints import reached
from backbone.idempotency import By
from backbone.members import Member
from backbone.outbox import Saved
from backbone.problems import Conflict, NotFound
from backbone.rows import Told, as_seen, find, move_row, put
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import report as reports
from services.activities.domain.duties import (
    RULES_ID,
    Due,
    Duty,
    Kind,
    ReportRules,
    check_rules,
    due_of,
    dues_between,
)
from services.activities.domain.report import Facts, Report, report_id_of
from services.activities.handlers.facts import bounds, facts_of
from services.activities.handlers.opening import BY_RULE
from services.activities.queries import periods
from services.activities.queries import reports as queries

LOOK_BACK: Final = timedelta(days=7)
"""A service that was down for longer tells only of what was missed in the last week."""
TOGETHER: Final = 8


async def rules(desk: Desk) -> Saved[ReportRules]:
    """The organisation's rules; the usual ones while nobody has set others."""
    return await find(desk.field.report_rules, RULES_ID) or Saved(RULES_ID, 0, ReportRules())


async def set_rules(desk: Desk, asks: Asks, wanted: ReportRules, *, version: int) -> Saved[ReportRules]:
    """Set other rules; they hold for what becomes due from now on.

    Raises:
        Conflict: somebody else set some meanwhile.
        Refused: see `domain.duties.check_rules`.
    """
    check_rules(wanted)
    rows = desk.field.report_rules
    found = as_seen(rows, asks, await rules(desk), version)
    return found if found.replayed else await put(rows, found, wanted, [], at=desk.now(), by=asks.by)


async def draft(desk: Desk, member: Member, kind: Kind, period: Period, by: By) -> tuple[Facts, tuple[str, ...]]:
    """What a report would be filled with now: the facts, and the visits planned for the next period as long."""
    facts = await facts_of(desk, member.member_id, period, by)
    length = (period.last - period.first).days + 1
    first, last = period.last + timedelta(days=1), period.last + timedelta(days=length)
    if kind == "daily":
        # After a Friday, "tomorrow" is the next day people work.
        last = _next_workday((await rules(desk)).state, first)
    return facts, tuple(await periods.planned(desk.field, member.member_id, first, last))


async def file_report(
    desk: Desk, asks: Asks, member: Member, kind: Kind, period: Period, *, summary: str | None, plan: str | None
) -> Saved[Report]:
    """Hand a report in; also one that was missed.

    Raises:
        Refused: it was filed before, or its span has not begun.
        Conflict: it is being filed at this moment.
    """
    rows = desk.field.reports
    blank = _blank(desk, member, kind, period, (await rules(desk)).state.duty(kind))
    found = await find(rows, blank.report_id)
    if found is not None and (again := rows.replay(found, asks.by)):
        return again
    facts, planned = await draft(desk, member, kind, period, asks.by)
    before = blank if found is None else replace(found.state, team_id=member.team_id)
    now = desk.now()
    state, events = reports.file_report(
        before, now, facts=facts, summary=summary, plan=plan, planned=planned, today=desk.today
    )
    if found is None:
        return await rows.create(state.report_id, state, events, at=now, by=asks.by)
    return await rows.change(found, state, events, at=now, by=asks.by)


async def comment(desk: Desk, asks: Asks, report_id: str, *, version: int, text: str) -> Saved[Report]:
    """Write a comment on a report of somebody below oneself.

    Raises:
        NotFound: no such report in the caller's row scope.
        Conflict: it has another version by now.
        Refused: see `domain.report.comment`.
    """

    def decide(report: Report, _at: datetime, now: datetime) -> reports.Decided:
        return reports.comment(report, now, by_member_id=asks.caller.member_id, text=text)

    return await move_row(desk.field.reports, desk.members, asks, report_id, Told(version), desk.now(), decide)


async def look_for_missing(desk: Desk) -> bool:
    """Tell of every report that became due since the last look and is not filed; False, for there is never more.

    Up to where was looked is kept in the store, and a missing report has the id of its member, kind and
    period: whoever looks, however often, tells of each once.

    Raises:
        Unavailable: the directory does not answer; the next look does it.
    """
    now = desk.now()
    held = (await rules(desk)).state
    for duty in held.duties:
        name = f"reports|{duty.kind}"
        looked = await desk.field.looked_until(name, now)
        if duty.active:
            for due in dues_between(held, duty, max(looked, now - LOOK_BACK), now, desk.zone):
                await _tell_missing(desk, held, due)
                reached("report-missed:told")
                await desk.field.note_looked(name, due.due_at)
        await desk.field.note_looked(name, now)
    return False


async def _tell_missing(desk: Desk, held: ReportRules, due: Due) -> None:
    filed = await queries.filed_by(desk.field, due.kind, due.period.key)
    owing = [
        member
        for member in await desk.members.all_working()
        if member.role in held.roles and member.member_id not in filed
    ]
    room = asyncio.Semaphore(TOGETHER)

    async def look_at(member: Member) -> None:
        async with room:
            if await _was_off(desk, held, member.member_id, due.period):
                return
            duty = held.duty(due.kind)
            report = _blank(desk, member, due.kind, due.period, duty)
            state, events = reports.miss_report(report, due.due_at)
            try:
                await desk.field.reports.create(
                    state.report_id, state, events, at=due.due_at, by=By(BY_RULE, new_event_id())
                )
            except Conflict:
                return  # filed at the last moment, or told before

    await asyncio.gather(*map(look_at, owing))


async def _was_off(desk: Desk, held: ReportRules, member_id: str, period: Period) -> bool:
    """Whether a member worked on none of a period's working days, by the directory's record of his duty."""
    days = held.workdays(period)
    if not days:
        return True
    by = By(BY_RULE, new_event_id())
    try:
        duty: Mapping[str, Any] = await desk.siblings.get("directory", f"/members/{member_id}/duty", by=by)
    except NotFound:
        return True  # he is no member any more
    weekdays = {shift["weekday"] for shift in duty["shifts"]}
    spans = [(off["first_on"], off["last_on"]) for off in duty["days_off"]]
    return all(_off(day, weekdays, spans, made_up=day in held.make_up_days) for day in days)


def _off(day: date, weekdays: set[int], spans: Sequence[tuple[str, str]], *, made_up: bool) -> bool:
    if any(first <= day.isoformat() <= last for first, last in spans):
        return True
    return bool(weekdays) and day.isoweekday() not in weekdays and not made_up


def _blank(desk: Desk, member: Member, kind: Kind, period: Period, duty: Duty | None) -> Report:
    begins, _ = bounds(desk, period)
    return Report(
        report_id=report_id_of(member.member_id, kind, period.key, begins),
        member_id=member.member_id,
        owner_id=member.member_id,
        team_id=member.team_id,
        kind=kind,
        period=period.key,
        from_on=period.first,
        to_on=period.last,
        due_at=None if duty is None else due_of(duty, period, desk.zone),
        state="missing",
        recorded_at=desk.now(),
    )


def _next_workday(held: ReportRules, first: date) -> date:
    for ahead in range(31):
        if held.is_workday(day := first + timedelta(days=ahead)):
            return day
    return first
