"""What several use cases check: that a team exists, that a member works here."""

from collections.abc import Sequence

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
    return None if member_id is None else (await all_working(desk, [member_id], field))[member_id]


async def all_working(desk: Desk, member_ids: Sequence[str], field: str) -> dict[str, Member]:
    """The members of these ids, by id, who must all work here.

    Raises:
        Refused: somebody is unknown, or has left.
    """
    known = {member.member_id: member for member in await desk.store.members_of(member_ids)}
    for member_id in member_ids:
        if member_id not in known:
            raise Refused("unknown-member", f"There is no member {member_id!r}; add him first.", field=field)
        if not known[member_id].active:
            raise Refused("member-left", f"Member {member_id!r} has left.", field=field)
    return known


async def all_teams(desk: Desk, team_ids: Sequence[str], field: str) -> None:
    """Refuse a list that names a team nobody knows.

    Raises:
        Refused: there is no such team.
    """
    for team_id in team_ids:
        await check_team(desk, team_id, field)
