"""What can be done with a member."""

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
