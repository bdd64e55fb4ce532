"""What members do with a complaint they have; see `domain.story` for the states and the way between them.

Times are given by people, and a phone may tell hours late. A move of the state
lies never before the move that led to the present state, so the history reads
in one order; a reply only needs to lie after the opening, and may be told even
when the complaint is closed by now.
"""

from datetime import datetime, timedelta
from typing import Final

from backbone.contract.complaints import (
    ComplaintClosed,
    ComplaintPaused,
    ComplaintReopened,
    ComplaintReplied,
    ComplaintResolved,
)
from backbone.problems import Refused
from services.activities.domain.moving import Decided, check_move, check_time, end_of_pause, stepped, whose
from services.activities.domain.story import Complaint

LONGEST_PAUSE: Final = timedelta(days=366)


def reply(complaint: Complaint, at: datetime, now: datetime, *, member_id: str, channel: str | None = None) -> Decided:
    """Note that a member answered the customer; the state stays as it is.

    Raises:
        Refused: it was answered in the future, before the opening, or after the closing or merging.
    """
    check_time(complaint, at, now)
    if complaint.state in ("closed", "merged") and at > complaint.since:
        where = f"answer {complaint.merged_into_id}" if complaint.merged_into_id else "reopen it to answer again"
        raise Refused(complaint.state, f"This complaint was {complaint.state} by then; {where}.", field="/at")
    replied = stepped(complaint, "replied", at, member_id=member_id, reason=channel)
    return replied, [ComplaintReplied(**whose(complaint), member_id=member_id, channel=channel)]


def pause(
    complaint: Complaint,
    at: datetime,
    now: datetime,
    *,
    member_id: str,
    reason: str,
    until_at: datetime | None = None,
) -> Decided:
    """Let a complaint wait for something outside, such as the customer; `until_at` is when it goes on by itself.

    Raises:
        Refused: it is not open, `at` does not lie between the state's begin and now, or the pause
            would end before it began or last over a year.
    """
    check_move(complaint, "pause", at, now)
    if until_at is not None and not at < until_at <= at + LONGEST_PAUSE:
        raise Refused("bad-until", "until_at must lie after the pause's begin, by a year at most.", field="/until_at")
    paused = stepped(complaint, "paused", at, member_id=member_id, reason=reason, until_at=until_at)
    return paused, [ComplaintPaused(**whose(complaint), member_id=member_id, reason=reason, until_at=until_at)]


def resume(complaint: Complaint, at: datetime, now: datetime, *, member_id: str | None) -> Decided:
    """Go on after a pause; `member_id` None says it went on by itself.

    Raises:
        Refused: it is not paused, or `at` does not lie between the pause's begin and now.
    """
    check_move(complaint, "resume", at, now)
    return stepped(complaint, "resumed", at, member_id=member_id), end_of_pause(complaint, member_id, at)


def resolve(
    complaint: Complaint, at: datetime, now: datetime, *, member_id: str, resolution: str | None = None
) -> Decided:
    """Note that a member solved it. A pause that still runs ends at the same moment, by an event of its own.

    Raises:
        Refused: it is resolved or closed, or `at` does not lie between the state's begin and now.
    """
    check_move(complaint, "resolve", at, now)
    return stepped(complaint, "resolved", at, member_id=member_id, reason=resolution), [
        *end_of_pause(complaint, member_id, at),
        ComplaintResolved(**whose(complaint), member_id=member_id, resolution=resolution),
    ]


def reopen(
    complaint: Complaint, at: datetime, now: datetime, *, member_id: str | None = None, reason: str | None = None
) -> Decided:
    """Open a complaint again that was resolved or closed; `member_id` None says the customer did.

    Raises:
        Refused: it is open, paused or merged, or `at` does not lie between the state's begin and now.
    """
    check_move(complaint, "reopen", at, now)
    return stepped(complaint, "reopened", at, member_id=member_id, reason=reason), [
        ComplaintReopened(**whose(complaint), member_id=member_id, reason=reason)
    ]


def close(
    complaint: Complaint, at: datetime, now: datetime, *, member_id: str | None = None, reason: str | None = None
) -> Decided:
    """Put a complaint away; a pause that still runs ends at the same moment. `member_id` None says a rule did.

    Raises:
        Refused: it is closed, it is not resolved and no reason is given, or `at`
            does not lie between the state's begin and now.
    """
    check_move(complaint, "close", at, now)
    if complaint.state != "resolved" and reason is None:
        raise Refused("no-reason", "This complaint is not resolved; say why it is closed.", field="/reason")
    return stepped(complaint, "closed", at, member_id=member_id, reason=reason), [
        *end_of_pause(complaint, member_id, at),
        ComplaintClosed(**whose(complaint), member_id=member_id, reason=reason),
    ]
