"""What can be done with a member."""

from dataclasses import dataclass

from backbone.callers import Scope
from backbone.outbox import Saved
from backbone.rows import row_to_change
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain import member as members
from services.directory.domain.member import Member
from services.directory.handlers.checks import check_team


async def join_member(
    desk: Desk, asks: Asks, member_id: str, *, name: str, role: str, team_id: str | None
) -> Saved[Member]:
    """Take a new member in.

    Raises:
        Refused: there is no such team.
        Conflict: there is a member of this id.
    """
    await check_team(desk, team_id, "/team_id")
    now = desk.now()
    state, events = members.join(member_id, name, role, team_id, now)
    return await desk.store.members.create(member_id, state, events, at=now, by=asks.by)


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What shall change of a member: the fields of `told`; the others stay."""

    told: frozenset[str]
    name: str | None = None
    role: str | None = None
    scope: Scope | None = None


async def change_member(desk: Desk, asks: Asks, member_id: str, change: MemberChange, *, version: int) -> Saved[Member]:
    """Give a member another name, role or row scope.

    Raises:
        NotFound: there is no such member.
        Conflict: he has another version by now.
        Refused: he has left.
    """
    found = await row_to_change(desk.store.members, asks, member_id, version)
    if found.replayed:
        return found
    member = found.state
    now = desk.now()
    role = change.role or member.role
    state, events = members.change(
        member,
        name=change.name or member.name,
        role=role,
        # A row scope goes with the role it was set for.
        scope=change.scope if "scope" in change.told else member.scope if role == member.role else None,
        now=now,
    )
    if not events:
        return found
    return await desk.store.members.change(found, state, events, at=now, by=asks.by)


async def take_back(
    desk: Desk, asks: Asks, member_id: str, *, version: int, name: str | None, role: str | None, team_id: str | None
) -> Saved[Member]:
    """Take somebody back who had left.

    Raises:
        NotFound: there is no such member.
        Conflict: he has another version by now.
        Refused: he is here, or there is no such team.
    """
    found = await row_to_change(desk.store.members, asks, member_id, version)
    if found.replayed:
        return found
    await check_team(desk, team_id, "/team_id")
    member = found.state
    now = desk.now()
    state, events = members.rejoin(member, name=name or member.name, role=role or member.role, team_id=team_id, now=now)
    return await desk.store.members.change(found, state, events, at=now, by=asks.by)


async def move_member(
    desk: Desk, asks: Asks, member_id: str, *, version: int, team_id: str | None, role: str | None
) -> Saved[Member]:
    """Put a member into another team or role.

    Raises:
        NotFound: there is no such member.
        Conflict: he has another version by now.
        Refused: there is no such team, or see `domain.member.move`.
    """
    found = await row_to_change(desk.store.members, asks, member_id, version)
    if found.replayed:
        return found
    await check_team(desk, team_id, "/team_id")
    now = desk.now()
    state, events = members.move(found.state, team_id, role, now)
    return await desk.store.members.change(found, state, events, at=now, by=asks.by)
