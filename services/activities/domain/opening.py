"""A complaint comes in: opened, judged, and given to whoever shall answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from backbone.contract.complaints import ComplaintAssigned, ComplaintJudged, ComplaintOpened
from backbone.contract.envelope import EventData
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused
from services.activities.domain.moving import Decided, check_state, check_time, kept_team, whose
from services.activities.domain.policy import Terms
from services.activities.domain.story import Assignment, Complaint, Step, next_place, retold, with_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Who shall answer: a member, or nobody yet; the team then says whose leader's queue it lies in."""

    owner_id: str | None
    team_id: str | None
    assignment: Assignment


def open_complaint(complaint: Complaint, now: datetime, choice: Choice) -> Decided:
    """Take a complaint a customer has raised.

    One that a rule gives to a member is told as two facts: it was opened, and it was assigned.

    Args:
        complaint: as it was told.
        now: the present instant.
        choice: who shall answer, and why.

    Raises:
        Refused: it lies in the future.
    """
    check_happened(complaint.opened_at, now, field="/opened_at")
    by_rule = choice.assignment.rule_id is not None and choice.owner_id is not None
    first = (None, None) if by_rule else (choice.owner_id, choice.team_id)
    begun = replace(complaint, owner_id=first[0], team_id=first[1], assignment=choice.assignment, taken_in_at=now)
    opened = with_steps(begun, Step(kind="opened", at=complaint.opened_at, place=1, holder=first))
    events: list[EventData] = [
        ComplaintOpened(
            **whose(opened),
            product_id=opened.product_id,
            channel=opened.channel or "unknown",
            severity=opened.severity,
            summary_code=opened.summary_code,
            policy_id=opened.policy_id,
            policy_version=opened.policy_version,
            first_reply_seconds=opened.first_reply_seconds,
            resolution_seconds=opened.resolution_seconds,
            customer_grade=opened.customer_grade,
            rule_id=choice.assignment.rule_id,
            assignment=choice.assignment.reason,
        )
    ]
    if by_rule:
        opened, assigned = _given(opened, complaint.opened_at, choice)
        events += assigned
    return opened, events


def assign(complaint: Complaint, at: datetime, now: datetime, *, choice: Choice) -> Decided:
    """Give a complaint to a member to answer.

    Args:
        complaint: as it stands.
        at: when it was given to him.
        now: the present instant.
        choice: who has it from now on, and why.

    Raises:
        Refused: it is closed, nobody could be chosen, he has it already, or `at` is not after
            the opening and the assignment before.
    """
    check_state(complaint, "assign")
    check_time(complaint, at, now)
    check_not_before(at, complaint.owned_since, "it was assigned last")
    if choice.owner_id is None:
        raise Refused(choice.assignment.reason, "No rule finds a member on duty; name one.", field="/owner_id")
    if choice.owner_id == complaint.owner_id:
        raise Refused("assigned-before", f"Member {choice.owner_id!r} has this complaint already.", field="/owner_id")
    return _given(complaint, at, choice)


def judge(
    complaint: Complaint,
    at: datetime,
    now: datetime,
    *,
    member_id: str | None,
    judged: Mapping[str, str | None],
    terms: Terms,
) -> Decided:
    """Say how bad it is, what it is about, or whose it is; the policy for that holds from its opening on.

    Args:
        complaint: as it stands.
        at: when it was judged.
        now: the present instant.
        member_id: who judged; None = a rule.
        judged: the fields that change.
        terms: of the policy that holds for it as judged.

    Raises:
        Refused: nothing is judged, it is closed, or `at` lies before the opening or in the future.
    """
    if not judged:
        raise Refused("nothing-judged", "Name what was found out, such as the severity.", field="/severity")
    check_state(complaint, "judge")
    check_time(complaint, at, now)
    changed: dict[str, Any] = {**judged}
    step = Step(kind="judged", at=at, place=next_place(complaint), member_id=member_id)
    after = kept_team(with_steps(replace(terms.on(complaint), **changed), step), complaint)
    return after, [_judged(after, member_id)]


def take_in(complaint: Complaint, now: datetime, *, terms: Terms | None, choice: Choice | None) -> Decided:
    """Measure and assign a complaint that an outside system opened without saying by what or for whom.

    Args:
        complaint: as it stands; once taken in it stays as it is.
        now: the present instant.
        terms: the policy that holds; None = the outside system said its own.
        choice: who shall answer; None = the outside system said who.
    """
    if complaint.taken_in_at is not None:
        return complaint, []
    taken = replace(complaint, taken_in_at=now)
    events: list[EventData] = []
    if terms is not None:
        taken = retold(terms.on(taken))
        if terms.policy_id is not None:
            step = Step(kind="judged", at=now, place=next_place(taken))
            taken = kept_team(with_steps(taken, step), taken)
            events.append(_judged(taken, None))
    if choice is not None:
        taken, assigned = _given(taken, now, choice)
        events += assigned
    return taken, events


def _judged(complaint: Complaint, member_id: str | None) -> ComplaintJudged:
    return ComplaintJudged(
        **whose(complaint),
        member_id=member_id,
        severity=complaint.severity,
        product_id=complaint.product_id,
        policy_id=complaint.policy_id,
        policy_version=complaint.policy_version,
        first_reply_seconds=complaint.first_reply_seconds,
        resolution_seconds=complaint.resolution_seconds,
    )


def _given(complaint: Complaint, at: datetime, choice: Choice) -> Decided:
    holder = (choice.owner_id, choice.team_id)
    step = Step(kind="assigned", at=at, place=next_place(complaint), reason=choice.assignment.reason, holder=holder)
    assigned = replace(with_steps(complaint, step), assignment=choice.assignment)
    if choice.owner_id is None:
        return assigned, []
    return assigned, [
        ComplaintAssigned(
            complaint_id=complaint.complaint_id,
            customer_id=complaint.customer_id,
            owner_id=choice.owner_id,
            team_id=choice.team_id,
            from_owner_id=complaint.owner_id,
            from_team_id=complaint.team_id,
            reason=choice.assignment.reason,
            rule_id=choice.assignment.rule_id,
        )
    ]
