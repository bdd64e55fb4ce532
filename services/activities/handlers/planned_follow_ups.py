"""What can be done with a planned follow-up."""

from datetime import date, datetime

from backbone.outbox import Saved
from backbone.rows import Told, move_row
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

    def decide(plan: PlannedFollowUp, _at: datetime, _now: datetime) -> plans.Decided:
        return plans.replan(plan, desk.today, due_on=due_on, reason=reason)

    return await move_row(desk.field.planned_follow_ups, desk.members, asks, plan_id, Told(version), desk.now(), decide)


async def cancel(desk: Desk, asks: Asks, plan_id: str, *, version: int, reason: str) -> Saved[PlannedFollowUp]:
    """Say that a planned follow-up is not to be done any more.

    Raises:
        NotFound: no such plan in the caller's row scope.
        Conflict: it has another version by now.
        Refused: see `domain.planned_follow_up.cancel`.
    """

    def decide(plan: PlannedFollowUp, _at: datetime, _now: datetime) -> plans.Decided:
        return plans.cancel(plan, reason)

    return await move_row(desk.field.planned_follow_ups, desk.members, asks, plan_id, Told(version), desk.now(), decide)
