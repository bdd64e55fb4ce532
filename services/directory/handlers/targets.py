"""What can be done with a target: propose, approve, return, spread over those below."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from backbone.callers import Caller, Role
from backbone.contract.boards import MONEY_METRICS
from backbone.failpoints import reached
from backbone.idempotency import Attempt, By
from backbone.outbox import Saved
from backbone.problems import Conflict, Forbidden, Refused
from backbone.rows import find, row_to_change
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain import target as targets
from services.directory.domain.spread import read_target_period
from services.directory.domain.target import Part, Signed, Target
from services.directory.handlers.checks import check_team, working

NAMES: Final = uuid.UUID("5b0f3c0e-5d0a-5e1c-9c55-6a1c6f0b7a11")
LEADERS: Final = (Role.ADMIN, Role.MANAGER, Role.PLATFORM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What shall be reached, by whom and when; `weights` by month, None = all months alike."""

    member_id: str | None = None
    team_id: str | None = None
    metric: str
    period: str
    value: int
    currency: str | None = None
    weights: Mapping[str, int] | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Below:
    """Who gets a part of a team's target, and how much of it against the others."""

    member_id: str | None
    team_id: str | None
    weight: int


def target_id_of(member_id: str | None, team_id: str | None, metric: str, period: str) -> str:
    """The one id of the target a member or team has for a figure and period."""
    who = f"member|{member_id}" if member_id is not None else f"team|{team_id}"
    return str(uuid.uuid5(NAMES, f"{who}|{metric}|{period}"))


async def propose(desk: Desk, asks: Asks, wish: Wish, currency: str) -> Saved[Target]:
    """Propose a new target.

    Args:
        desk: where to work.
        asks: who proposes.
        wish: what.
        currency: of the organisation, for money without one.

    Raises:
        NotFound: the member or team is outside the caller's row scope.
        Forbidden: the caller's role proposes nothing, or not for this member.
        Refused: there is no such figure or period, or a weight makes no sense.
        Conflict: there is a target for this already; propose it anew.
    """
    member_id, team_id = await _for_whom(desk, asks.caller, wish.member_id, wish.team_id)
    period = read_target_period(wish.period)
    target = Target(
        target_id=target_id_of(member_id, team_id, wish.metric, period.key),
        member_id=member_id,
        team_id=team_id,
        metric=wish.metric,
        period=period.key,
        value=wish.value,
        currency=wish.currency or (currency if wish.metric in MONEY_METRICS else None),
    )
    spread = targets.spread_over_months(target, dict(wish.weights) if wish.weights is not None else None)
    signed = _signed(desk, asks, wish.note)
    state, events = targets.propose(spread, signed)
    return await desk.store.targets.create(state.target_id, state, events, at=signed.at, by=asks.by)


async def propose_anew(
    desk: Desk,
    asks: Asks,
    target_id: str,
    version: int,
    value: int,
    *,
    weights: Mapping[str, int] | None,
    note: str | None,
) -> Saved[Target]:
    """Propose another value for a target.

    Raises:
        NotFound: there is none the caller may see.
        Forbidden: the caller proposes nothing for it.
        Conflict: it has another version by now.
        Refused: a weight makes no sense.
    """
    found = await row_to_change(desk.store.targets, asks, target_id, version)
    if found.replayed:
        return found
    _check_may_propose(asks.caller, found.state.member_id)
    wanted = targets.spread_over_months(
        replace(found.state, value=value), dict(weights) if weights is not None else None
    )
    signed = _signed(desk, asks, note)
    state, events = targets.propose_anew(found.state, wanted, signed)
    return await desk.store.targets.change(found, state, events, at=signed.at, by=asks.by)


async def decide(
    desk: Desk, asks: Asks, target_id: str, version: int, note: str | None, *, approve: bool
) -> Saved[Target]:
    """Approve a target or return it to who proposed it.

    Raises:
        NotFound: there is none the caller may see.
        Forbidden: he is not above it, it is his own, or he proposed it.
        Conflict: it has another version by now.
        Refused: it is not proposed.
    """
    found = await row_to_change(desk.store.targets, asks, target_id, version)
    if found.replayed:
        return found
    await _check_may_decide(desk, asks.caller, found.state)
    signed = _signed(desk, asks, note)
    rule = targets.approve if approve else targets.return_to_proposer
    state, events = rule(found.state, signed)
    return await desk.store.targets.change(found, state, events, at=signed.at, by=asks.by)


async def divide(desk: Desk, asks: Asks, target_id: str, version: int, below: Sequence[Below]) -> Saved[Target]:
    """Spread an approved team target: each of those below gets a proposed target, and they add up to it.

    The parts are kept with the target in one write; a target that a crash left half spread is spread on.

    Raises:
        NotFound: there is none the caller may see.
        Forbidden: the caller leads nobody.
        Conflict: it has another version by now.
        Refused: somebody named is not right below the team, or see `domain.target.divide`.
    """
    found = await row_to_change(desk.store.targets, asks, target_id, version)
    if found.replayed:
        return found
    if asks.caller.role not in LEADERS:
        raise Forbidden("not-yours", "Whoever leads the team spreads its target.")
    parents = {team.id: team.state.parent_id for team in await desk.store.all_teams()}
    parts = [await _part(desk, found.state, one, parents) for one in below]
    state = targets.divide(found.state, parts, _signed(desk, asks, None))
    saved = await desk.store.targets.change(found, state, [], at=desk.now(), by=asks.by)
    reached("target-spread:noted")
    return await _spread(desk, saved, asks.by)


async def spread_on(desk: Desk) -> None:
    """Spread on what a crash left half spread."""
    async for document in desk.store.targets.collection.find({"state.spreading": True}):
        saved = desk.store.targets.read(document)
        if (signed := saved.state.spread_by) is not None:
            by = By(signed.by, f"spread-{saved.id}", on_behalf_of=signed.on_behalf_of)
            await _spread(desk, saved, by)


async def _spread(desk: Desk, saved: Saved[Target], by: By) -> Saved[Target]:
    signed = saved.state.spread_by
    assert signed is not None  # noqa: S101 - written with the parts, in one write
    for wanted in targets.parts_of(saved.state):
        # Once for this spread, however often it is taken up again.
        attempt = Attempt(f"spread:{saved.id}:{saved.version}:{wanted.target_id}", "part")
        await _give_part(desk, wanted, signed, replace(by, attempt=attempt))
        reached("target-spread:part-given")
    try:
        return await desk.store.targets.change(
            saved, targets.spread_done(saved.state), [], at=signed.at, by=replace(by, attempt=None)
        )
    except Conflict:
        return await desk.store.targets.get(saved.id)  # somebody else finished it, or it was changed meanwhile


async def _give_part(desk: Desk, wanted: Target, signed: Signed, by: By) -> None:
    while True:
        found = await find(desk.store.targets, wanted.target_id)
        try:
            if found is None:
                state, events = targets.propose(wanted, signed)
                await desk.store.targets.create(wanted.target_id, state, events, at=signed.at, by=by)
            elif desk.store.targets.replay(found, by) is None:
                state, events = targets.propose_anew(found.state, wanted, signed)
                await desk.store.targets.change(found, state, events, at=signed.at, by=by)
        except Conflict:
            continue  # somebody was faster: look again
        return


async def _part(desk: Desk, target: Target, below: Below, parents: Mapping[str, str | None]) -> Part:
    if (below.member_id is None) == (below.team_id is None):
        raise Refused("one-of-both", "Name a member or a team in each part.", field="/parts")
    if below.member_id is not None:
        member = await working(desk, below.member_id, "/parts")
        assert member is not None  # noqa: S101 - refused otherwise
        team_id = member.team_id
        right_below = team_id == target.team_id
    else:
        team_id = below.team_id
        right_below = parents.get(team_id or "") == target.team_id
    if not right_below:
        raise Refused(
            "not-below", f"{below.member_id or below.team_id!r} does not stand right below this team.", field="/parts"
        )
    return Part(
        target_id=target_id_of(below.member_id, team_id, target.metric, target.period),
        member_id=below.member_id,
        team_id=team_id,
        weight=below.weight,
    )


async def _for_whom(
    desk: Desk, caller: Caller, member_id: str | None, team_id: str | None
) -> tuple[str | None, str | None]:
    if member_id is not None:
        member = await working(desk, member_id, "/member_id")
        assert member is not None  # noqa: S101 - refused otherwise
        caller.check_may_see("member", member_id, member_id, member.team_id)
        _check_may_propose(caller, member_id)
        return member_id, member.team_id
    if team_id is None:
        raise Refused("one-of-both", "Name the member or the team it is for.", field="/member_id")
    await check_team(desk, team_id, "/team_id")
    caller.check_may_see("team", team_id, None, team_id)
    _check_may_propose(caller, None)
    return None, team_id


def _check_may_propose(caller: Caller, member_id: str | None) -> None:
    own = member_id is not None and caller.member_id == member_id and not caller.only_reads
    if not own and caller.role not in LEADERS:
        raise Forbidden("not-yours", "A member proposes his own targets, his manager those of his teams.")


async def _check_may_decide(desk: Desk, caller: Caller, target: Target) -> None:
    if caller.role in (Role.ADMIN, Role.PLATFORM):
        return
    team_id = target.team_id
    if target.member_id is None:
        parents = {team.id: team.state.parent_id for team in await desk.store.all_teams()}
        team_id = parents.get(team_id or "")
    above = caller.role is Role.MANAGER and (caller.sees_all or team_id in caller.teams)
    targets.check_may_decide(target, (caller.actor, caller.member_id), above=above)


def _signed(desk: Desk, asks: Asks, note: str | None) -> Signed:
    return Signed(by=asks.by.actor, on_behalf_of=asks.by.on_behalf_of, at=desk.now(), note=note)
