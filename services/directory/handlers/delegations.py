"""What can be done with a delegation; what ends by itself is seen to by `handlers.upkeep`."""

from datetime import datetime

from backbone.callers import Caller, Role
from backbone.outbox import Saved
from backbone.problems import Forbidden
from backbone.rows import as_seen, read_row
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain import delegation as delegations
from services.directory.domain.delegation import Delegation
from services.directory.handlers.checks import working

LEADERS = (Role.ADMIN, Role.MANAGER, Role.PLATFORM)


async def start(
    desk: Desk,
    asks: Asks,
    delegation_id: str,
    *,
    member_id: str,
    delegate_id: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> Saved[Delegation]:
    """Let a member stand in for another.

    Raises:
        NotFound: there is no such member in the caller's row scope.
        Forbidden: it is neither the member himself nor his manager who asks, or somebody in another's name.
        Refused: one of the two does not work here, or see `domain.delegation.start`.
    """
    asks.caller.check_in_person("hand over work")
    member = (await read_row(desk.store.members, asks.caller, member_id)).state
    _check_may_arrange(asks.caller, member_id)
    # Asked again, it must not meet itself as a second delegation.
    if earlier := await desk.store.delegations.made_before(asks.by):
        return earlier
    await working(desk, member_id, "/member_id")
    await working(desk, delegate_id, "/delegate_id")
    now = desk.now()
    wanted = Delegation(
        delegation_id=delegation_id,
        member_id=member_id,
        team_id=member.team_id,
        delegate_id=delegate_id,
        agreed_at=now,
        starts_at=starts_at or now,
        ends_at=ends_at,
    )
    known = [saved.state for saved in await desk.store.delegations_of(member_id, delegate_id)]
    state, events = delegations.start(wanted, known, now)
    return await desk.store.delegations.create(delegation_id, state, events, at=now, by=asks.by)


async def end(desk: Desk, asks: Asks, delegation_id: str, version: int, reason: str | None) -> Saved[Delegation]:
    """Let a delegation end: by the member, his manager, or the deputy who gives it back.

    Raises:
        NotFound: there is none the caller may see.
        Forbidden: he may see it and not end it.
        Conflict: it has another version by now.
        Refused: it has ended already.
    """
    asks.caller.check_in_person("end a delegation")
    found = await desk.store.delegations.get(delegation_id)
    state = found.state
    if asks.caller.member_id is None or asks.caller.member_id != state.delegate_id:
        asks.caller.check_may_see(desk.store.delegations.noun, delegation_id, state.owner_id, state.team_id)
        _check_may_arrange(asks.caller, state.member_id)
    seen = as_seen(desk.store.delegations, asks, found, version)
    if seen.replayed:
        return seen
    now = desk.now()
    ended, events = delegations.end(state, reason, now)
    return await desk.store.delegations.change(seen, ended, events, at=now, by=asks.by)


def _check_may_arrange(caller: Caller, member_id: str) -> None:
    if caller.role not in LEADERS and caller.member_id != member_id:
        raise Forbidden("not-yours", "The member himself or his manager arranges who stands in for him.")
    if caller.only_reads:
        raise Forbidden("read-only", f"A key with role {caller.role} reads only; take one that may write.")
