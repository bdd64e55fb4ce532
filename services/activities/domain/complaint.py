"""A complaint: from the customer's first word until it is put away.

    open --pause--> paused --resume--> open
    open, paused --resolve--> resolved --reopen--> open
    open, paused, resolved --close--> closed --reopen--> open

Times are given by people, and a phone may tell hours late. A move of the state
lies never before the move that led to the present state, so the history reads
in one order; a reply only needs to lie after the opening, and may be told even
when the complaint is closed by now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintOpened,
    ComplaintPaused,
    ComplaintReopened,
    ComplaintReplied,
    ComplaintResolved,
    ComplaintResumed,
)
from backbone.contract.envelope import EventData
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused

State = Literal["open", "paused", "resolved", "closed"]
Move = Literal["assign", "pause", "resume", "resolve", "reopen", "close"]

ALLOWED: Final[Mapping[Move, tuple[State, ...]]] = {
    "assign": ("open", "paused", "resolved"),
    "pause": ("open",),
    "resume": ("paused",),
    "resolve": ("open", "paused"),
    "reopen": ("resolved", "closed"),
    "close": ("open", "paused", "resolved"),
}
"""In which states a move may be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint as it stands; `since` is when its present state began, `owned_since` its ownership."""

    complaint_id: str
    owner_id: str | None
    team_id: str | None
    customer_id: str
    product_id: str | None = None
    channel: str
    severity: str | None = None
    summary_code: str | None = None
    policy_id: str | None = None
    state: State = "open"
    since: datetime
    owned_since: datetime
    opened_at: datetime
    recorded_at: datetime
    first_replied_at: datetime | None = None
    last_replied_at: datetime | None = None
    pause_reason: str | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    times_reopened: int = 0


Decided = tuple[Complaint, list[EventData]]


def open_complaint(complaint: Complaint, now: datetime) -> Decided:
    """Take a complaint a customer has raised.

    Raises:
        Refused: it lies in the future.
    """
    check_happened(complaint.opened_at, now, field="/opened_at")
    return complaint, [
        ComplaintOpened(
            complaint_id=complaint.complaint_id,
            customer_id=complaint.customer_id,
            owner_id=complaint.owner_id,
            team_id=complaint.team_id,
            product_id=complaint.product_id,
            channel=complaint.channel,
            severity=complaint.severity,
            summary_code=complaint.summary_code,
            policy_id=complaint.policy_id,
        )
    ]


def assign(
    complaint: Complaint, at: datetime, now: datetime, *, owner_id: str, team_id: str | None, reason: str | None = None
) -> Decided:
    """Give a complaint to a member to answer.

    Args:
        complaint: as it stands.
        at: when it was given to him.
        now: the present instant.
        owner_id: who has it from now on.
        team_id: his team at that moment.
        reason: why, as a code.

    Raises:
        Refused: it is closed, he has it already, or `at` is not after the opening
            and the assignment before.
    """
    _check_state(complaint, "assign")
    _check_time(complaint, at, now)
    check_not_before(at, complaint.owned_since, "it was assigned last")
    if owner_id == complaint.owner_id:
        raise Refused("assigned-before", f"Member {owner_id!r} has this complaint already.", field="/owner_id")
    assigned = replace(complaint, owner_id=owner_id, team_id=team_id, owned_since=at)
    return assigned, [
        ComplaintAssigned(
            complaint_id=complaint.complaint_id,
            customer_id=complaint.customer_id,
            owner_id=owner_id,
            team_id=team_id,
            from_owner_id=complaint.owner_id,
            from_team_id=complaint.team_id,
            reason=reason,
        )
    ]


def reply(complaint: Complaint, at: datetime, now: datetime, *, member_id: str, channel: str | None = None) -> Decided:
    """Note that a member answered the customer; the state stays as it is.

    Raises:
        Refused: it was answered in the future, before the opening, or after the closing.
    """
    _check_time(complaint, at, now)
    if complaint.state == "closed" and at > complaint.since:
        raise Refused("closed", "This complaint was closed by then; reopen it to answer again.", field="/at")
    first = complaint.first_replied_at
    last = complaint.last_replied_at
    replied = replace(
        complaint,
        first_replied_at=at if first is None else min(first, at),
        last_replied_at=at if last is None else max(last, at),
    )
    return replied, [
        ComplaintReplied(
            complaint_id=complaint.complaint_id,
            customer_id=complaint.customer_id,
            owner_id=complaint.owner_id,
            team_id=complaint.team_id,
            member_id=member_id,
            channel=channel,
        )
    ]


def pause(complaint: Complaint, at: datetime, now: datetime, *, member_id: str, reason: str) -> Decided:
    """Let a complaint wait for something outside, such as the customer.

    Raises:
        Refused: it is not open, or `at` does not lie between the state's begin and now.
    """
    moved = _moved(complaint, "pause", "paused", at, now)
    return replace(moved, pause_reason=reason), [
        ComplaintPaused(
            complaint_id=complaint.complaint_id,
            customer_id=complaint.customer_id,
            owner_id=complaint.owner_id,
            team_id=complaint.team_id,
            member_id=member_id,
            reason=reason,
        )
    ]


def resume(complaint: Complaint, at: datetime, now: datetime, *, member_id: str | None) -> Decided:
    """Go on after a pause.

    Raises:
        Refused: it is not paused, or `at` does not lie between the pause's begin and now.
    """
    moved = _moved(complaint, "resume", "open", at, now)
    return replace(moved, pause_reason=None), [_resumed(complaint, member_id, at)]


def resolve(
    complaint: Complaint, at: datetime, now: datetime, *, member_id: str, resolution: str | None = None
) -> Decided:
    """Note that a member solved it. A pause that still runs ends at the same moment, by an event of its own.

    Raises:
        Refused: it is resolved or closed, or `at` does not lie between the state's begin and now.
    """
    moved = _moved(complaint, "resolve", "resolved", at, now)
    return replace(moved, resolved_at=at, resolution=resolution, pause_reason=None), [
        *_end_of_pause(complaint, member_id, at),
        ComplaintResolved(
            complaint_id=complaint.complaint_id,
            customer_id=complaint.customer_id,
            owner_id=complaint.owner_id,
            team_id=complaint.team_id,
            member_id=member_id,
            resolution=resolution,
        ),
    ]


def reopen(
    complaint: Complaint, at: datetime, now: datetime, *, member_id: str | None = None, reason: str | None = None
) -> Decided:
    """Open a complaint again that was resolved or closed; `member_id` None says the customer did.

    Raises:
        Refused: it is open or paused, or `at` does not lie between the state's begin and now.
    """
    moved = _moved(complaint, "reopen", "open", at, now)
    reopened = replace(
        moved,
        resolved_at=None,
        resolution=None,
        closed_at=None,
        close_reason=None,
        times_reopened=complaint.times_reopened + 1,
    )
    return reopened, [
        ComplaintReopened(
            complaint_id=complaint.complaint_id,
            customer_id=complaint.customer_id,
            owner_id=complaint.owner_id,
            team_id=complaint.team_id,
            member_id=member_id,
            reason=reason,
        )
    ]


def close(
    complaint: Complaint, at: datetime, now: datetime, *, member_id: str | None = None, reason: str | None = None
) -> Decided:
    """Put a complaint away; a pause that still runs ends at the same moment.

    Raises:
        Refused: it is closed, it is not resolved and no reason is given, or `at`
            does not lie between the state's begin and now.
    """
    moved = _moved(complaint, "close", "closed", at, now)
    if complaint.state != "resolved" and reason is None:
        raise Refused("no-reason", "This complaint is not resolved; say why it is closed.", field="/reason")
    return replace(moved, closed_at=at, close_reason=reason, pause_reason=None), [
        *_end_of_pause(complaint, member_id, at),
        ComplaintClosed(
            complaint_id=complaint.complaint_id,
            customer_id=complaint.customer_id,
            owner_id=complaint.owner_id,
            team_id=complaint.team_id,
            member_id=member_id,
            reason=reason,
        ),
    ]


def _moved(complaint: Complaint, move: Move, to: State, at: datetime, now: datetime) -> Complaint:
    _check_state(complaint, move)
    _check_time(complaint, at, now)
    check_not_before(at, complaint.since, f"it became {complaint.state}")
    return replace(complaint, state=to, since=at)


def _check_state(complaint: Complaint, move: Move) -> None:
    if complaint.state not in ALLOWED[move]:
        wanted = " or ".join(ALLOWED[move])
        raise Refused(f"not-{ALLOWED[move][0]}", f"To {move} a complaint it must be {wanted}; it is {complaint.state}.")


def _check_time(complaint: Complaint, at: datetime, now: datetime) -> None:
    check_happened(at, now)
    check_not_before(at, complaint.opened_at, "the complaint was opened")


def _end_of_pause(complaint: Complaint, member_id: str | None, at: datetime) -> list[EventData]:
    # Every pause ends by an event of its own, so that a clock needs none of these rules.
    return [_resumed(complaint, member_id, at)] if complaint.state == "paused" else []


def _resumed(complaint: Complaint, member_id: str | None, at: datetime) -> ComplaintResumed:
    return ComplaintResumed(
        complaint_id=complaint.complaint_id,
        customer_id=complaint.customer_id,
        owner_id=complaint.owner_id,
        team_id=complaint.team_id,
        member_id=member_id,
        paused_seconds=int((at - complaint.since).total_seconds()),
    )
