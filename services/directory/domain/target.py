"""A target: what a member or a team shall reach of one figure in a year, a quarter or a month.

It is proposed, and then approved or returned by somebody above; each step stays in its history. Nothing counts
before it is approved, and while an approved target is proposed anew, what was approved goes on counting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from backbone.calendar import parse_period
from backbone.contract.boards import METRICS, MONEY_METRICS
from backbone.contract.directory import TargetProposed, TargetReturned, TargetSet
from backbone.contract.envelope import EventData
from backbone.problems import Forbidden, Refused
from services.directory.domain.spread import down, months_of, over_months


class State(StrEnum):
    """How far a target has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a target's history; `by` acted, for the member `on_behalf_of` if he stood in for one."""

    state: State
    value: int
    by: str
    on_behalf_of: str | None = None
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who acts, for whom, when, and what he says to it."""

    by: str
    on_behalf_of: str | None = None
    at: datetime
    note: str | None = None

    def step(self, state: State, value: int) -> Step:
        """The step of the history."""
        return Step(state=state, value=value, by=self.by, on_behalf_of=self.on_behalf_of, at=self.at, note=self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one member or team below gets of a team's target."""

    target_id: str
    member_id: str | None = None
    team_id: str | None = None
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target.

    `months` holds the value of each month (minor units for money), in order; they add up to `value`. `approved` holds
    them as they were approved last. A member's target has his team in `team_id`; a team's has no member.
    `parts` are those it is spread over, by `spread_by`; `spreading` stands until each of them has its own target.
    """

    target_id: str
    member_id: str | None = None
    team_id: str | None = None
    metric: str
    period: str
    value: int
    currency: str | None = None
    months: dict[str, int] = field(default_factory=dict)
    approved: dict[str, int] | None = None
    state: State = State.PROPOSED
    parent_id: str | None = None
    parts: tuple[Part, ...] = ()
    spread_by: Signed | None = None
    spreading: bool = False
    history: tuple[Step, ...] = ()

    @property
    def owner_id(self) -> str | None:
        """Whose row it is: the member's; a team's target belongs to nobody."""
        return self.member_id

    @property
    def approved_value(self) -> int | None:
        """What counts now; None while nothing was approved."""
        return None if self.approved is None else sum(self.approved.values())

    @property
    def proposer(self) -> Step:
        """Who proposed it as it stands."""
        return next(step for step in reversed(self.history) if step.state is State.PROPOSED)


def spread_over_months(target: Target, weights: dict[str, int] | None) -> Target:
    """A target with its value spread over the months of its period.

    Raises:
        Refused: a weight is for another month, or none is above 0.
    """
    return replace(target, months=over_months(target.value, months_of(parse_period(target.period)), weights))


def propose(target: Target, signed: Signed) -> tuple[Target, list[EventData]]:
    """Propose a new target, spread over its months.

    Raises:
        Refused: no board has this figure, or it is money without a currency or the other way round.
    """
    if target.metric not in METRICS:
        raise Refused("unknown-metric", f"There is a target for one of: {', '.join(METRICS)}.", field="/metric")
    if (target.currency is not None) != (target.metric in MONEY_METRICS):
        raise Refused("currency-and-figure", "A currency belongs to money, and to nothing else.", field="/currency")
    proposed = _stepped(target, State.PROPOSED, signed)
    return proposed, [_told(TargetProposed, proposed, proposed.period, proposed.value, target.approved_value)]


def propose_anew(target: Target, wanted: Target, signed: Signed) -> tuple[Target, list[EventData]]:
    """Propose other values for a target; what was approved counts until they are.

    Args:
        target: as it stands.
        wanted: with the new value, months and parent.
        signed: by whom.
    """
    changed = replace(target, value=wanted.value, months=wanted.months, parent_id=wanted.parent_id or target.parent_id)
    return propose(changed, signed)


def approve(target: Target, signed: Signed) -> tuple[Target, list[EventData]]:
    """Approve a target: for its period, and month by month where that is longer.

    Raises:
        Refused: it is not proposed.
    """
    _check_proposed(target)
    before = target.approved
    approved = replace(_stepped(target, State.APPROVED, signed), approved=dict(target.months))
    events: list[EventData] = [_told(TargetSet, approved, approved.period, approved.value, target.approved_value)]
    if len(approved.months) > 1:
        events.extend(
            _told(TargetSet, approved, month, value, before[month] if before else None)
            for month, value in approved.months.items()
            if before is None or before[month] != value
        )
    return approved, events


def return_to_proposer(target: Target, signed: Signed) -> tuple[Target, list[EventData]]:
    """Return a target to who proposed it; he may propose it anew.

    Raises:
        Refused: it is not proposed.
    """
    _check_proposed(target)
    returned = _stepped(target, State.RETURNED, signed)
    return returned, [_told(TargetReturned, returned, returned.period, returned.value, target.approved_value)]


def check_may_decide(target: Target, who: Sequence[str | None], *, above: bool) -> None:
    """Refuse a decision by somebody who is not above it.

    Args:
        target: what is decided.
        who: the ids of who acts and of whom he acts for.
        above: whether he leads those it is for: a member's team, or the team above a team.

    Raises:
        Forbidden: it is his own, he proposed it, or he is not above it.
    """
    acting = {one for one in who if one is not None}
    proposer = target.proposer
    if acting & {proposer.by, proposer.on_behalf_of}:
        raise Forbidden("own-proposal", "Who proposed a target does not decide it; somebody else above it does.")
    if target.member_id in acting or not above:
        raise Forbidden("not-above", "A target is decided by somebody above the member or the team it is for.")


def divide(target: Target, parts: Sequence[Part], signed: Signed) -> Target:
    """Spread an approved team target over members and teams below it; `parts_of` gives each its own.

    Raises:
        Refused: it is no team's, it is not approved, nobody is named, somebody twice, or no weight is above 0.
    """
    if target.member_id is not None:
        raise Refused("not-a-teams", "Only a team's target is spread over those below it.")
    if target.state is not State.APPROVED:
        raise Refused("not-approved", "A target is spread when it is approved.")
    if not parts:
        raise Refused("nobody-below", "Name who shall have a part.", field="/parts")
    if len({part.target_id for part in parts}) < len(parts):
        raise Refused("named-twice", "Name each member and each team once.", field="/parts")
    down(target.months, [part.weight for part in parts])
    return replace(target, parts=tuple(parts), spread_by=signed, spreading=True)


def parts_of(target: Target) -> list[Target]:
    """The targets below a team's target as it was spread, in the order of its parts, each still to be proposed."""
    shares = down(target.months, [part.weight for part in target.parts])
    return [
        Target(
            target_id=part.target_id,
            member_id=part.member_id,
            team_id=part.team_id,
            metric=target.metric,
            period=target.period,
            value=sum(months.values()),
            currency=target.currency,
            months=months,
            parent_id=target.target_id,
        )
        for part, months in zip(target.parts, shares, strict=True)
    ]


def spread_done(target: Target) -> Target:
    """A target whose parts all have a target of their own."""
    return replace(target, spreading=False)


def _stepped(target: Target, state: State, signed: Signed) -> Target:
    return replace(target, state=state, history=(*target.history, signed.step(state, target.value)))


def _check_proposed(target: Target) -> None:
    if target.state is not State.PROPOSED:
        raise Refused("not-proposed", f"This target is {target.state}; only a proposed one is decided.")


def _told(
    kind: type[TargetProposed] | type[TargetReturned] | type[TargetSet],
    target: Target,
    period: str,
    value: int,
    from_value: int | None,
) -> EventData:
    return kind(
        target_id=target.target_id,
        member_id=target.member_id,
        team_id=target.team_id,
        metric=target.metric,
        period=period,
        from_value=from_value,
        value=value,
        currency=target.currency,
    )
