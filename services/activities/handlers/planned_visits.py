"""What can be done with a planned visit."""

from datetime import datetime

from backbone.outbox import Saved
from backbone.rows import Told, move_row
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

    def decide(plan: PlannedVisit, _at: datetime, now: datetime) -> plans.Decided:
        return plans.replan(plan, now, desk.zone, starts_at=starts_at, ends_at=ends_at, reason=reason)

    return await move_row(desk.field.planned_visits, desk.members, asks, plan_id, Told(version), desk.now(), decide)


async def cancel(desk: Desk, asks: Asks, plan_id: str, *, version: int, reason: str) -> Saved[PlannedVisit]:
    """Say that a planned visit will not take place.

    Raises:
        NotFound: no such plan in the caller's row scope.
        Conflict: it has another version by now.
        Refused: see `domain.planned_visit.cancel`.
    """

    def decide(plan: PlannedVisit, _at: datetime, _now: datetime) -> plans.Decided:
        return plans.cancel(plan, reason)

    return await move_row(desk.field.planned_visits, desk.members, asks, plan_id, Told(version), desk.now(), decide)
