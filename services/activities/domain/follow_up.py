"""A follow-up: a member spoke or wrote with a customer or a lead."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

from backbone.contract.activities import FollowUpLogged, FollowUpVoided
from backbone.contract.envelope import EventData
from backbone.moments import check_happened
from backbone.problems import Refused
from services.activities.domain.next_step import Step, check_step
from services.activities.domain.whose import whose, with_whom

Kind = Literal["call", "message", "mail", "meeting", "demo"]
Direction = Literal["outbound", "inbound"]

LONGEST_SECONDS: Final = 24 * 3600
UNTIMED: Final[frozenset[Kind]] = frozenset({"message", "mail"})
"""Kinds that take no time worth the name: they have no duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One follow-up as it was logged; `voided_at` tells that it does not count any more.

    `told` is the print of the request that made it, by which a phone that tells the same again is known.
    """

    follow_up_id: str
    member_id: str
    owner_id: str
    team_id: str | None
    customer_id: str | None = None
    lead_id: str | None = None
    deal_id: str | None = None
    planned_follow_up_id: str | None = None
    kind: Kind
    direction: Direction = "outbound"
    reached: bool
    happened_at: datetime
    duration_seconds: int | None = None
    outcome: str | None = None
    next_step: Step | None = None
    next_step_on: date | None = None
    next_step_id: str | None = None
    recorded_at: datetime
    voided_at: datetime | None = None
    void_reason: str | None = None
    told: str | None = None


def log_follow_up(follow_up: FollowUp, now: datetime) -> tuple[FollowUp, list[EventData]]:
    """Check a new follow-up and state that it happened.

    Args:
        follow_up: as the member reports it.
        now: the present instant.

    Raises:
        Refused: it is with nobody or with two, lies in the future, lasts longer
            than a day, is a message or mail that lasts, or its next step makes no sense.
    """
    if (follow_up.customer_id is None) == (follow_up.lead_id is None):
        raise Refused("one-counterpart", "Name either customer_id or lead_id, not both.", field="/customer_id")
    check_happened(follow_up.happened_at, now, field="/happened_at")
    if follow_up.duration_seconds is not None:
        _check_duration(follow_up.kind, follow_up.duration_seconds)
    check_step(follow_up.next_step, follow_up.next_step_on, follow_up.happened_at)
    return follow_up, [
        FollowUpLogged(
            follow_up_id=follow_up.follow_up_id,
            **with_whom(follow_up),
            deal_id=follow_up.deal_id,
            planned_follow_up_id=follow_up.planned_follow_up_id,
            kind=follow_up.kind,
            direction=follow_up.direction,
            reached=follow_up.reached,
            duration_seconds=follow_up.duration_seconds,
            outcome=follow_up.outcome,
            next_step=follow_up.next_step,
            next_step_on=follow_up.next_step_on,
        )
    ]


def void_follow_up(follow_up: FollowUp, reason: str, now: datetime) -> tuple[FollowUp, list[EventData]]:
    """Take a follow-up back: it counts no more, from its own day on.

    Raises:
        Refused: it was voided before.
    """
    if follow_up.voided_at is not None:
        raise Refused("voided-before", "This follow-up is void already.")
    return replace(follow_up, voided_at=now, void_reason=reason), [
        FollowUpVoided(
            follow_up_id=follow_up.follow_up_id,
            **whose(follow_up),
            reason=reason,
        )
    ]


def _check_duration(kind: Kind, seconds: int) -> None:
    if kind in UNTIMED:
        raise Refused("no-duration", f"A {kind} has no duration; leave it out.", field="/duration_seconds")
    if seconds > LONGEST_SECONDS:
        raise Refused("too-long", "A follow-up lasts 24 hours at most.", field="/duration_seconds")
