"""What can be done with a planned visit."""

from dataclasses import replace
from datetime import datetime

from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict
from backbone.rows import row_to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import planned_visit as plans
from services.activities.domain.planned_visit import PlannedVisit
from services.activities.handlers.once import create_once


async def plan_visit(desk: Desk, asks: Asks, plan: PlannedVisit) -> Saved[PlannedVisit]:
    """Plan a visit; see `domain.planned_visit.plan_visit` for the rules."""
    now = desk.now()
    state, events = plans.plan_visit(plan, now, desk.zone)
    return await create_once(desk.field.planned_visits, plan.planned_visit_id, state, events, at=now, by=asks.by)


async def replan(
    desk: Desk,
    asks: Asks,
    plan_id: str,
    *,
    version: int,
    starts_at: datetime,
    ends_at: datetime | None,
    reason: str | None,
) -> Saved[PlannedVisit]:
    """Give a planned visit another time.

    Raises:
        NotFound: no such plan in the caller's row scope.
        Conflict: it has another version by now.
        Refused: see `domain.planned_visit.replan`.
    """
    found = await row_to_change(desk.field.planned_visits, asks, plan_id, version)
    if found.replayed:
        return found
    now = desk.now()
    plan = await _in_present_team(desk, found.state)
    state, events = plans.replan(plan, now, desk.zone, starts_at=starts_at, ends_at=ends_at, reason=reason)
    return await desk.field.planned_visits.change(found, state, events, at=now, by=asks.by)


async def cancel(desk: Desk, asks: Asks, plan_id: str, *, version: int, reason: str) -> Saved[PlannedVisit]:
    """Say that a planned visit will not take place.

    Raises:
        NotFound: no such plan in the caller's row scope.
        Conflict: it has another version by now.
        Refused: see `domain.planned_visit.cancel`.
    """
    found = await row_to_change(desk.field.planned_visits, asks, plan_id, version)
    if found.replayed:
        return found
    state, events = plans.cancel(await _in_present_team(desk, found.state), reason)
    return await desk.field.planned_visits.change(found, state, events, at=desk.now(), by=asks.by)


async def note_missed(desk: Desk, found: Saved[PlannedVisit], by: By) -> bool:
    """Note that the day of a planned visit ended without it; False when somebody was faster."""
    state, events = plans.miss(await _in_present_team(desk, found.state), desk.today)
    if not events:
        return False
    try:
        await desk.field.planned_visits.change(found, state, events, at=desk.now(), by=by)
    except Conflict:
        return False  # it was kept, moved or noted meanwhile
    return True


async def _in_present_team(desk: Desk, plan: PlannedVisit) -> PlannedVisit:
    return replace(plan, team_id=await desk.members.team_of(plan.owner_id))
