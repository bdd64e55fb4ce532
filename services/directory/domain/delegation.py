"""A delegation: for a while one member stands in for another, sees his rows and acts in his name.

It is told as started when it is agreed, with the moment from which it holds, and ends by itself, by
hand, or when either of the two leaves. Nobody stands in for somebody in the name of a third: a deputy
acts with his own key for one member, never for those whom that member stands in for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from backbone.contract.directory import DelegationEnded, DelegationStarted
from backbone.contract.envelope import EventData
from backbone.moments import FUTURE_TOLERANCE
from backbone.problems import Refused
from services.directory.domain.member import Member

OVER: Final = "over"
MEMBER_LEFT: Final = "member-left"
DEPUTY_LEFT: Final = "deputy-left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """One delegation; `team_id` is the team the member was in when it was agreed, at `agreed_at`."""

    delegation_id: str
    member_id: str
    team_id: str | None = None
    delegate_id: str
    agreed_at: datetime
    starts_at: datetime
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None

    @property
    def owner_id(self) -> str:
        """Whose row it is: the member's who is away."""
        return self.member_id

    @property
    def ended(self) -> bool:
        """Whether it was ended; one that is only past its end is not yet."""
        return self.ended_at is not None

    def holds(self, at: datetime) -> bool:
        """Whether the deputy stands in at an instant. Its own end counts, also before anybody noted it."""
        return not self.ended and self.starts_at <= at and (self.ends_at is None or at < self.ends_at)

    def meets(self, other: "Delegation") -> bool:
        """Whether both hold at some instant."""
        if self.ended or other.ended:
            return False
        return (other.ends_at is None or self.starts_at < other.ends_at) and (
            self.ends_at is None or other.starts_at < self.ends_at
        )


def start(delegation: Delegation, known: Iterable[Delegation], now: datetime) -> tuple[Delegation, list[EventData]]:
    """Agree that a member stands in for another.

    Args:
        delegation: as it shall be; a beginning up to now means now.
        known: the delegations of the member and of the deputy that are not ended.
        now: the present instant.

    Raises:
        Refused: he would stand in for himself, it would be over before it holds, it begins in the past, he does
            it already, or he is himself away in that time.
    """
    if delegation.delegate_id == delegation.member_id:
        raise Refused("own-deputy", "A member cannot stand in for himself.", field="/delegate_id")
    if delegation.starts_at < now - FUTURE_TOLERANCE:
        raise Refused("too-early", "It cannot begin in the past; leave starts_at out for now.", field="/starts_at")
    begins = replace(delegation, starts_at=max(delegation.starts_at, now))
    if begins.ends_at is not None and begins.ends_at <= begins.starts_at:
        raise Refused("ends-before-it-begins", "It would be over before it holds.", field="/ends_at")
    for other in known:
        if not begins.meets(other):
            continue
        if (other.member_id, other.delegate_id) == (begins.member_id, begins.delegate_id):
            raise Refused("deputy-already", "He stands in for this member in that time already.", field="/delegate_id")
        if other.member_id == begins.delegate_id:
            raise Refused(
                "deputy-away",
                f"Member {begins.delegate_id!r} is away himself in that time; name somebody who is here.",
                field="/delegate_id",
            )
    return begins, [
        DelegationStarted(
            delegation_id=begins.delegation_id,
            member_id=begins.member_id,
            delegate_id=begins.delegate_id,
            starts_at=begins.starts_at,
            ends_at=begins.ends_at,
        )
    ]


def end(delegation: Delegation, reason: str | None, at: datetime) -> tuple[Delegation, list[EventData]]:
    """Let a delegation end, also before it holds.

    Raises:
        Refused: it has ended already.
    """
    if delegation.ended or (delegation.ends_at is not None and delegation.ends_at < at):
        raise Refused("delegation-ended", "This delegation has ended already.")
    ended = replace(delegation, ended_at=at, end_reason=reason)
    return ended, [
        DelegationEnded(
            delegation_id=delegation.delegation_id,
            member_id=delegation.member_id,
            delegate_id=delegation.delegate_id,
            reason=reason,
        )
    ]


def bound(delegation: Delegation, one: Member | None) -> bool:
    """Whether one of the two is still bound: here, and here ever since it was agreed.

    Who left and came back brings no delegation with him, however short he was away.
    """
    if one is None or not one.active:
        return False
    return one.was_away_until is None or one.was_away_until <= delegation.agreed_at


def overdue(
    delegation: Delegation, member: Member | None, deputy: Member | None, now: datetime
) -> tuple[datetime, str] | None:
    """When and why a delegation must end that nobody has ended; None when it may go on.

    Args:
        delegation: one that is not ended.
        member: who is away; None = nobody knows him.
        deputy: who stands in.
        now: the present instant.
    """
    if delegation.ends_at is not None and delegation.ends_at <= now:
        return delegation.ends_at, OVER
    if not bound(delegation, member):
        return now, MEMBER_LEFT
    return None if bound(delegation, deputy) else (now, DEPUTY_LEFT)
