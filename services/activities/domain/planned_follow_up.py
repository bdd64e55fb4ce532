"""A planned follow-up: who is to call or write to whom, by which day, and whether he did.

planned -> done (a follow-up was logged for it), missed (its day ended without one) or cancelled. A
missed one is done after all when its follow-up is logged later.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from backbone.contract.envelope import EventData
from backbone.contract.plans import FollowUpCancelled, FollowUpMissed, FollowUpPlanned, FollowUpReplanned
from backbone.problems import Refused
from services.activities.domain.follow_up import Kind
from services.activities.domain.whose import WithWhom, with_whom

State = Literal["planned", "done", "missed", "cancelled"]
OPEN: Final[frozenset[State]] = frozenset({"planned", "missed"})
LONGEST_AHEAD: Final = timedelta(days=366)

Decided = tuple["PlannedFollowUp", list[EventData]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFollowUp:
    """One planned follow-up.

    `made_from` is the visit or follow-up it was agreed upon in, `follow_up_id` the one it was done by,
    `told` the print of the request that made it.
    """

    planned_follow_up_id: str
    member_id: str
    owner_id: str
    team_id: str | None
    customer_id: str | None = None
    lead_id: str | None = None
    deal_id: str | None = None
    kind: Kind
    due_on: date
    purpose: str | None = None
    state: State = "planned"
    follow_up_id: str | None = None
    made_from: str | None = None
    cancel_reason: str | None = None
    recorded_at: datetime
    told: str | None = None


def plan_follow_up(plan: PlannedFollowUp, today: date) -> Decided:
    """Plan a follow-up.

    Raises:
        Refused: it is with nobody or with two, or its day is over or more than a year ahead.
    """
    if (plan.customer_id is None) == (plan.lead_id is None):
        raise Refused("one-counterpart", "Name either customer_id or lead_id, not both.", field="/customer_id")
    _check_day(plan.due_on, today)
    return plan, [FollowUpPlanned(**_common(plan), due_on=plan.due_on)]


def replan(plan: PlannedFollowUp, today: date, *, due_on: date, reason: str | None = None) -> Decided:
    """Give a planned follow-up another day; one that was missed is planned again by it.

    Raises:
        Refused: it was done or cancelled, has this day already, or the day cannot be.
    """
    _check_open(plan)
    _check_day(due_on, today)
    if plan.state == "planned" and plan.due_on == due_on:
        raise Refused("planned-before", "The follow-up is planned for this day already.", field="/due_on")
    moved = replace(plan, due_on=due_on, state="planned")
    return moved, [FollowUpReplanned(**_common(moved), from_due_on=plan.due_on, due_on=due_on, reason=reason)]


def hand_over(plan: PlannedFollowUp, *, member_id: str, team_id: str | None, reason: str) -> Decided:
    """Let another member do it."""
    moved = replace(plan, member_id=member_id, owner_id=member_id, team_id=team_id)
    return moved, [
        FollowUpReplanned(
            **_common(moved),
            from_due_on=plan.due_on,
            due_on=plan.due_on,
            from_member_id=plan.member_id,
            reason=reason,
        )
    ]


def cancel(plan: PlannedFollowUp, reason: str) -> Decided:
    """Say that a planned follow-up is not to be done any more.

    Raises:
        Refused: it was done or cancelled before.
    """
    _check_open(plan)
    return replace(plan, state="cancelled", cancel_reason=reason), [FollowUpCancelled(**_common(plan), reason=reason)]


def fulfil(plan: PlannedFollowUp, follow_up_id: str) -> PlannedFollowUp:
    """The plan after a follow-up was logged for it; a plan that another one has fulfilled stays that one's."""
    return replace(plan, state="done", follow_up_id=follow_up_id) if plan.state in OPEN else plan


def give_back(plan: PlannedFollowUp, follow_up_id: str) -> PlannedFollowUp:
    """The plan after the follow-up that fulfilled it was voided: it is to be done again."""
    if plan.state != "done" or plan.follow_up_id != follow_up_id:
        return plan
    return replace(plan, state="planned", follow_up_id=None)


def miss(plan: PlannedFollowUp, today: date) -> Decided:
    """Note that the day of a planned follow-up ended without it; no change while its day lasts."""
    if plan.state != "planned" or plan.due_on >= today:
        return plan, []
    return replace(plan, state="missed"), [FollowUpMissed(**_common(plan), due_on=plan.due_on)]


def check_fulfils(plan: PlannedFollowUp, *, member_id: str, customer_id: str | None, lead_id: str | None) -> None:
    """Refuse a follow-up that cannot be the one planned.

    Raises:
        Refused: it is another member's, with somebody else, or the plan was cancelled.
    """
    if plan.state == "cancelled":
        raise Refused(
            "plan-cancelled", "This plan was cancelled; log the follow-up without it.", field="/planned_follow_up_id"
        )
    if plan.member_id != member_id or (plan.customer_id, plan.lead_id) != (customer_id, lead_id):
        raise Refused(
            "other-plan",
            "The plan is of another member or with somebody else; name his own.",
            field="/planned_follow_up_id",
        )


def _check_open(plan: PlannedFollowUp) -> None:
    if plan.state not in OPEN:
        raise Refused("plan-closed", f"This plan is {plan.state} already; make a new one.")


def _check_day(due_on: date, today: date) -> None:
    if due_on < today:
        raise Refused("day-over", "This day is over; log the follow-up instead of planning it.", field="/due_on")
    if due_on > today + LONGEST_AHEAD:
        raise Refused("too-far-ahead", "A follow-up is planned a year ahead at most.", field="/due_on")


class _Common(WithWhom):
    planned_follow_up_id: str
    deal_id: str | None
    kind: Kind


def _common(plan: PlannedFollowUp) -> _Common:
    return _Common(
        planned_follow_up_id=plan.planned_follow_up_id,
        **with_whom(plan),
        deal_id=plan.deal_id,
        kind=plan.kind,
    )
