"""The tree of teams."""

from collections.abc import Sequence
from dataclasses import dataclass

from backbone.listing import STATE, Rows
from backbone.outbox import Saved
from backbone.problems import NotFound
from services.directory.domain.team import Team, Tree
from services.directory.store import Store


@dataclass(frozen=True, slots=True)
class Branch:
    """A team with its place in the tree as it holds (see `domain.team.Tree`)."""

    team: Team
    version: int
    parent_id: str | None
    depth: int


def tree_of(teams: Sequence[Saved[Team]]) -> Tree:
    """The tree of these teams."""
    return Tree({team.id: team.state.parent_id for team in teams})


async def branches(store: Store) -> list[Branch]:
    """Every team, each before those below it, siblings by name."""
    teams = {team.id: team for team in await store.all_teams()}
    tree = tree_of(list(teams.values()))

    def below(team_id: str | None) -> list[str]:
        return sorted(tree.children(team_id), key=lambda child: (teams[child].state.name, child), reverse=True)

    found: list[Branch] = []
    waiting = [(team_id, 0) for team_id in below(None)]
    while waiting:
        team_id, depth = waiting.pop()
        found.append(Branch(teams[team_id].state, teams[team_id].version, tree.parents[team_id], depth))
        waiting.extend((child, depth + 1) for child in below(team_id))
    return found


def teams(store: Store) -> Rows[Saved[Team]]:
    """Every team."""
    return Rows(store.teams.collection, {}, store.teams.read, STATE)


def apart(saved: Saved[Team]) -> Branch:
    """A team that was formed after the tree was looked at."""
    return Branch(saved.state, saved.version, saved.state.parent_id, 0)


async def team(store: Store, team_id: str) -> Branch:
    """One team.

    Raises:
        NotFound: there is no such team.
    """
    for branch in await branches(store):
        if branch.team.team_id == team_id:
            return branch
    raise NotFound("team", team_id)
