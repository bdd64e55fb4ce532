"""What can be done with a planned follow-up."""

from dataclasses import replace
from datetime import date

from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict
from backbone.rows import row_to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import planned_follow_up as plans
from services.activities.domain.planned_follow_up import PlannedFollowUp
from services.activities.handlers.once import create_once


async def plan_follow_up(desk: Desk, asks: Asks, plan: PlannedFollowUp) -> Saved[PlannedFollowUp]:
    """Plan a follow-up; see `domain.planned_follow_up.plan_follow_up` for the rules."""
    state, events = plans.plan_follow_up(plan, desk.today)
    rows = desk.field.planned_follow_ups
    return await create_once(rows, plan.planned_follow_up_id, state, events, at=desk.now(), by=asks.by)


async def replan(
    desk: Desk, asks: Asks, plan_id: str, *, version: int, due_on: date, reason: str | None
) -> Saved[PlannedFollowUp]:
    """Give a planned follow-up another day.

    Raises:
        NotFound: no such plan in the caller's row scope.
        Conflict: it has another version by now.
        Refused: see `domain.planned_follow_up.replan`.
    """
    found = await row_to_change(desk.field.planned_follow_ups, asks, plan_id, version)
    if found.replayed:
        return found
    plan = await _in_present_team(desk, found.state)
    state, events = plans.replan(plan, desk.today, due_on=due_on, reason=reason)
    return await desk.field.planned_follow_ups.change(found, state, events, at=desk.now(), by=asks.by)


async def cancel(desk: Desk, asks: Asks, plan_id: str, *, version: int, reason: str) -> Saved[PlannedFollowUp]:
    """Say that a planned follow-up is not to be done any more.

    Raises:
        NotFound: no such plan in the caller's row scope.
        Conflict: it has another version by now.
        Refused: see `domain.planned_follow_up.cancel`.
    """
    found = await row_to_change(desk.field.planned_follow_ups, asks, plan_id, version)
    if found.replayed:
        return found
    state, events = plans.cancel(await _in_present_team(desk, found.state), reason)
    return await desk.field.planned_follow_ups.change(found, state, events, at=desk.now(), by=asks.by)


async def note_missed(desk: Desk, found: Saved[PlannedFollowUp], by: By) -> bool:
    """Note that the day of a planned follow-up ended without it; False when somebody was faster."""
    state, events = plans.miss(await _in_present_team(desk, found.state), desk.today)
    if not events:
        return False
    try:
        await desk.field.planned_follow_ups.change(found, state, events, at=desk.now(), by=by)
    except Conflict:
        return False  # it was done, moved or noted meanwhile
    return True


async def _in_present_team(desk: Desk, plan: PlannedFollowUp) -> PlannedFollowUp:
    return replace(plan, team_id=await desk.members.team_of(plan.owner_id))
