"""A planned visit: who is to be where, and whether he was.

planned -> kept (a visit was logged for it), missed (its day ended without one) or cancelled. A missed
one is kept after all when a phone tells of its visit later.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from backbone.calendar import local_day
from backbone.contract.activities import VisitPlanned
from backbone.contract.envelope import EventData
from backbone.contract.plans import VisitCancelled, VisitMissed, VisitReplanned
from backbone.problems import Refused
from services.activities.domain.whose import with_whom

State = Literal["planned", "kept", "missed", "cancelled"]
OPEN: Final[frozenset[State]] = frozenset({"planned", "missed"})
"""What a visit may still be logged for."""

LONGEST_VISIT: Final = timedelta(hours=24)
LONGEST_AHEAD: Final = timedelta(days=366)

Decided = tuple["PlannedVisit", list[EventData]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVisit:
    """One planned visit; `on` is the day it is planned for where the organisation is.

    `fixed` tells that the hour was agreed upon with the customer: a route goes around it. `made_from` is
    the visit it was agreed upon in, `visit_id` the visit it was kept by, `told` the print of the request
    that made it.
    """

    planned_visit_id: str
    member_id: str
    owner_id: str
    team_id: str | None
    customer_id: str | None = None
    lead_id: str | None = None
    deal_id: str | None = None
    starts_at: datetime
    ends_at: datetime | None = None
    on: date
    fixed: bool = False
    purpose: str | None = None
    state: State = "planned"
    visit_id: str | None = None
    made_from: str | None = None
    cancel_reason: str | None = None
    recorded_at: datetime
    told: str | None = None


def plan_visit(plan: PlannedVisit, now: datetime, zone: ZoneInfo) -> Decided:
    """Plan a visit.

    Raises:
        Refused: it is at nobody's place or at two, its day is over or more than a year ahead, or it
            ends before it starts.
    """
    if (plan.customer_id is None) == (plan.lead_id is None):
        raise Refused("one-place", "Name either customer_id or lead_id, not both.", field="/customer_id")
    _check_times(plan.starts_at, plan.ends_at, now, zone)
    return plan, [
        VisitPlanned(
            planned_visit_id=plan.planned_visit_id,
            **with_whom(plan),
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            purpose=plan.purpose,
        )
    ]


def replan(
    plan: PlannedVisit,
    now: datetime,
    zone: ZoneInfo,
    *,
    starts_at: datetime,
    ends_at: datetime | None,
    reason: str | None = None,
) -> Decided:
    """Give a planned visit another time; one that was missed is planned again by it.

    Raises:
        Refused: it was kept or cancelled, has this time already, or the new time cannot be.
    """
    _check_open(plan)
    _check_times(starts_at, ends_at, now, zone)
    if plan.state == "planned" and (plan.starts_at, plan.ends_at) == (starts_at, ends_at):
        raise Refused("planned-before", "The visit is planned for this time already.", field="/starts_at")
    day = local_day(starts_at, zone)
    moved = replace(plan, starts_at=starts_at, ends_at=ends_at, on=day, state="planned")
    return moved, [_replanned(plan, moved, reason)]


def hand_over(plan: PlannedVisit, *, member_id: str, team_id: str | None, reason: str) -> Decided:
    """Let another member go there."""
    moved = replace(plan, member_id=member_id, owner_id=member_id, team_id=team_id)
    return moved, [_replanned(plan, moved, reason)]


def cancel(plan: PlannedVisit, reason: str) -> Decided:
    """Say that a planned visit will not take place.

    Raises:
        Refused: it was kept or cancelled before.
    """
    _check_open(plan)
    return replace(plan, state="cancelled", cancel_reason=reason), [
        VisitCancelled(
            planned_visit_id=plan.planned_visit_id,
            **with_whom(plan),
            reason=reason,
        )
    ]


def keep(plan: PlannedVisit, visit_id: str) -> PlannedVisit:
    """The plan after a visit was logged for it; `visit-logged` names the plan, so there is nothing more to say.

    A plan that another visit has kept already stays that one's.
    """
    return replace(plan, state="kept", visit_id=visit_id) if plan.state in OPEN else plan


def give_back(plan: PlannedVisit, visit_id: str) -> PlannedVisit:
    """The plan after the visit that kept it was voided: it is to be kept again."""
    if plan.state != "kept" or plan.visit_id != visit_id:
        return plan
    return replace(plan, state="planned", visit_id=None)


def miss(plan: PlannedVisit, today: date) -> Decided:
    """Note that the day of a planned visit ended without it; no change while its day lasts."""
    if plan.state != "planned" or plan.on >= today:
        return plan, []
    return replace(plan, state="missed"), [
        VisitMissed(
            planned_visit_id=plan.planned_visit_id,
            **with_whom(plan),
            starts_at=plan.starts_at,
        )
    ]


def check_keeps(plan: PlannedVisit, *, member_id: str, customer_id: str | None, lead_id: str | None) -> None:
    """Refuse a visit that cannot be the one planned.

    Raises:
        Refused: it is another member's, elsewhere, or the plan was cancelled.
    """
    if plan.state == "cancelled":
        raise Refused("plan-cancelled", "This plan was cancelled; log the visit without it.", field="/planned_visit_id")
    if plan.member_id != member_id or (plan.customer_id, plan.lead_id) != (customer_id, lead_id):
        raise Refused(
            "other-plan", "The plan is of another member or another place; name his own.", field="/planned_visit_id"
        )


def _check_open(plan: PlannedVisit) -> None:
    if plan.state not in OPEN:
        raise Refused("plan-closed", f"This plan is {plan.state} already; make a new one.")


def _check_times(starts_at: datetime, ends_at: datetime | None, now: datetime, zone: ZoneInfo) -> None:
    if local_day(starts_at, zone) < local_day(now, zone):
        raise Refused("day-over", "This day is over; log the visit instead of planning it.", field="/starts_at")
    if starts_at > now + LONGEST_AHEAD:
        raise Refused("too-far-ahead", "A visit is planned a year ahead at most.", field="/starts_at")
    if ends_at is not None and ends_at < starts_at:
        raise Refused("ends-before-start", "ends_at lies before starts_at.", field="/ends_at")
    if ends_at is not None and ends_at - starts_at > LONGEST_VISIT:
        raise Refused("too-long", "A visit lasts 24 hours at most.", field="/ends_at")


def _replanned(before: PlannedVisit, after: PlannedVisit, reason: str | None) -> VisitReplanned:
    return VisitReplanned(
        planned_visit_id=after.planned_visit_id,
        **with_whom(after),
        from_starts_at=before.starts_at,
        starts_at=after.starts_at,
        ends_at=after.ends_at,
        from_member_id=None if before.member_id == after.member_id else before.member_id,
        reason=reason,
    )
