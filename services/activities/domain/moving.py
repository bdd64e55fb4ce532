"""What every move of a complaint has in common: when it is allowed, how it becomes a step, whose it is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from backbone.contract.complaints import ComplaintResumed
from backbone.contract.envelope import EventData
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused
from services.activities.domain.story import LEADS, Complaint, Kind, State, Step, next_place, with_steps

Move = Literal["assign", "judge", "pause", "resume", "resolve", "reopen", "close", "merge"]

ALLOWED: Final[Mapping[Move, tuple[State, ...]]] = {
    "assign": ("open", "paused", "resolved"),
    "judge": ("open", "paused", "resolved"),
    "pause": LEADS["paused"][0],
    "resume": LEADS["resumed"][0],
    "resolve": LEADS["resolved"][0],
    "reopen": LEADS["reopened"][0],
    "close": LEADS["closed"][0],
    "merge": LEADS["merged"][0],
}
"""In which states a move may be made."""

Decided = tuple[Complaint, list[EventData]]
"""A complaint after a move, and what the move says."""


def stepped(complaint: Complaint, kind: Kind, at: datetime, **said: Any) -> Complaint:
    """The complaint after one more step of a member; `said` is what the step tells."""
    return kept_team(with_steps(complaint, Step(kind=kind, at=at, place=next_place(complaint), **said)), complaint)


def kept_team(after: Complaint, before: Complaint) -> Complaint:
    """The complaint with the team it had before its story was told again."""
    # The owner's team at this moment was written before the move; the steps know the one he had when he got it.
    return replace(after, team_id=before.team_id)


def check_move(complaint: Complaint, move: Move, at: datetime, now: datetime) -> None:
    """Refuse a move of the state that cannot be made, or not at this moment.

    Raises:
        Refused: the state does not allow it, or `at` does not lie between the state's begin and now.
    """
    check_state(complaint, move)
    check_time(complaint, at, now)
    check_not_before(at, complaint.since, f"it became {complaint.state}")


def check_state(complaint: Complaint, move: Move) -> None:
    """Refuse a move the state does not allow.

    Raises:
        Refused: by the name of the state it needs.
    """
    if complaint.state not in ALLOWED[move]:
        wanted = " or ".join(ALLOWED[move])
        raise Refused(f"not-{ALLOWED[move][0]}", f"To {move} a complaint it must be {wanted}; it is {complaint.state}.")


def check_time(complaint: Complaint, at: datetime, now: datetime) -> None:
    """Refuse a moment before the opening or in the future.

    Raises:
        Refused: it is one.
    """
    check_happened(at, now)
    check_not_before(at, complaint.opened_at, "the complaint was opened")


def end_of_pause(complaint: Complaint, member_id: str | None, at: datetime) -> list[EventData]:
    """The event that ends a pause which still runs; nothing when none does."""
    # Every pause ends by an event of its own, so that a clock needs none of these rules.
    if complaint.state != "paused":
        return []
    lasted = int((at - complaint.since).total_seconds())
    return [ComplaintResumed(**whose(complaint), member_id=member_id, paused_seconds=lasted)]


def whose(complaint: Complaint) -> dict[str, Any]:
    """What every event of a complaint carries."""
    return {
        "complaint_id": complaint.complaint_id,
        "customer_id": complaint.customer_id,
        "owner_id": complaint.owner_id,
        "team_id": complaint.team_id,
    }
