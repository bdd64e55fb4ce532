"""What several use cases check: that a team exists, that a member works here."""

from backbone.problems import NotFound, Refused
from services.directory.desk import Desk
from services.directory.domain.member import Member


async def check_team(desk: Desk, team_id: str | None, field: str) -> None:
    """Refuse a team nobody knows.

    Raises:
        Refused: there is no such team.
    """
    if team_id is None:
        return
    try:
        await desk.store.teams.get(team_id)
    except NotFound as missing:
        raise Refused("unknown-team", f"There is no team {team_id!r}; make it first.", field=field) from missing


async def working(desk: Desk, member_id: str | None, field: str) -> Member | None:
    """The member of this id, who must work here; None for None.

    Raises:
        Refused: there is no such member, or he has left.
    """
    if member_id is None:
        return None
    found = await desk.store.members_of([member_id])
    if not found:
        raise Refused("unknown-member", f"There is no member {member_id!r}; add him first.", field=field)
    if not found[0].active:
        raise Refused("member-left", f"Member {member_id!r} has left.", field=field)
    return found[0]
