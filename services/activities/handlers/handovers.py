"""What a leaver leaves behind here: planned visits, follow-ups to do, complaints to answer (their clocks follow)."""

from datetime import datetime
from typing import Any, Final

from backbone.handovers import REASON, Estate, successor_of
from backbone.members import Member
from services.activities.desk import Desk
from services.activities.domain import opening, planned_follow_up, planned_visit
from services.activities.domain.moving import ALLOWED
from services.activities.domain.moving import Decided as ComplaintDecided
from services.activities.domain.planned_follow_up import PlannedFollowUp
from services.activities.domain.planned_visit import PlannedVisit
from services.activities.domain.story import Assignment, Complaint

PLANNED: Final = {"state.state": "planned"}


def estates(desk: Desk) -> list[Estate[Any]]:
    """What he has; it takes a successor: a promise to a customer goes to nobody."""
    unanswered = {"state.state": {"$in": list(ALLOWED["assign"])}}
    return [
        Estate("plans", desk.field.planned_visits, PLANNED, give_visit),
        Estate("follow-ups", desk.field.planned_follow_ups, PLANNED, give_follow_up),
        Estate("complaints", desk.store.complaints, unanswered, give_complaint),
    ]


def give_visit(plan: PlannedVisit, successor: Member | None, _now: datetime) -> planned_visit.Decided:
    """Let the successor go there."""
    heir = successor_of(successor)
    return planned_visit.hand_over(plan, member_id=heir.member_id, team_id=heir.team_id, reason=REASON)


def give_follow_up(plan: PlannedFollowUp, successor: Member | None, _now: datetime) -> planned_follow_up.Decided:
    """Let the successor do it."""
    heir = successor_of(successor)
    return planned_follow_up.hand_over(plan, member_id=heir.member_id, team_id=heir.team_id, reason=REASON)


def give_complaint(complaint: Complaint, successor: Member | None, now: datetime) -> ComplaintDecided:
    """Let the successor answer it."""
    heir = successor_of(successor)
    choice = opening.Choice(owner_id=heir.member_id, team_id=heir.team_id, assignment=Assignment(reason=REASON))
    return opening.assign(complaint, now, now, choice=choice)
