"""What can be done with a team."""

from dataclasses import dataclass

from backbone.outbox import Saved
from backbone.rows import to_change
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain import team as teams
from services.directory.domain.team import Team, Tree
from services.directory.handlers.checks import check_team, working


async def form_team(
    desk: Desk,
    asks: Asks,
    team_id: str,
    *,
    name: str,
    parent_id: str | None,
    lead_id: str | None,
) -> Saved[Team]:
    """Make a new team.

    Raises:
        Refused: there is no such parent, or the leader does not work here.
        Conflict: there is a team of this id.
    """
    await check_team(desk, parent_id, "/parent_id")
    await working(desk, lead_id, "/lead_id")
    now = desk.now()
    state, events = teams.form_team(team_id, name, parent_id, lead_id, now)
    return await desk.store.teams.create(team_id, state, events, at=now, by=asks.by)


@dataclass(frozen=True, slots=True)
class TeamChange:
    """What shall change of a team: the fields of `told`; the others stay."""

    told: frozenset[str]
    name: str | None = None
    parent_id: str | None = None
    lead_id: str | None = None


async def change_team(desk: Desk, asks: Asks, team_id: str, change: TeamChange, *, version: int) -> Saved[Team]:
    """Rename a team, hang it elsewhere in the tree, give it another leader.

    Raises:
        NotFound: there is no such team.
        Conflict: it has another version by now.
        Refused: there is no such parent, the leader does not work here, or the team would hang below itself.
    """
    found = await to_change(desk.store.teams, asks, team_id, version)
    if found.replayed:
        return found
    team = found.state
    if "parent_id" in change.told:
        await check_team(desk, change.parent_id, "/parent_id")
    if "lead_id" in change.told:
        await working(desk, change.lead_id, "/lead_id")
    now = desk.now()
    state, events = teams.change_team(
        team,
        name=change.name or team.name,
        parent_id=change.parent_id if "parent_id" in change.told else team.parent_id,
        lead_id=change.lead_id if "lead_id" in change.told else team.lead_id,
        tree=Tree({other.id: other.state.parent_id for other in await desk.store.all_teams()}),
        now=now,
    )
    if not events:
        return found
    return await desk.store.teams.change(found, state, events, at=now, by=asks.by)
