"""What several use cases check: that a team exists, that a member works here."""

from collections.abc import Sequence
from typing import TypeVar

from backbone.outbox import Aggregates, Saved
from backbone.problems import Conflict, NotFound, Refused
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain.member import Member

T = TypeVar("T")


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


async def all_working(desk: Desk, member_ids: Sequence[str], field: str) -> None:
    """Refuse a list that names somebody who does not work here.

    Raises:
        Refused: somebody is unknown, or has left.
    """
    known = {member.member_id: member for member in await desk.store.members_of(member_ids)}
    for member_id in member_ids:
        if member_id not in known:
            raise Refused("unknown-member", f"There is no member {member_id!r}; add him first.", field=field)
        if not known[member_id].active:
            raise Refused("member-left", f"Member {member_id!r} has left.", field=field)


async def all_teams(desk: Desk, team_ids: Sequence[str], field: str) -> None:
    """Refuse a list that names a team nobody knows.

    Raises:
        Refused: there is no such team.
    """
    for team_id in team_ids:
        await check_team(desk, team_id, field)


async def to_change(objects: Aggregates[T], asks: Asks, id_: str, version: int) -> Saved[T]:
    """An object of the organisation's own for a change; `replayed` when this very request made it before.

    Raises:
        NotFound: there is none.
        Conflict: it has another version by now.
        KeyReused: the idempotency key came with another request before.
    """
    found = await objects.get(id_)
    if again := objects.replay(found, asks.by):
        return again
    if version != found.version:
        raise Conflict(objects.noun, id_, found.version)
    return found
