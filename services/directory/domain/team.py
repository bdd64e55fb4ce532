"""A team, and the tree the teams make.

The parent a team names is what was said of it; outside systems say it in any order,
so a parent may be unknown yet, and for a while two teams may even name each other. `Tree`
is what counts: every team stands in it exactly once and no walk upwards goes in a circle.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from backbone.contract.directory import TeamChanged
from backbone.contract.envelope import EventData
from backbone.problems import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """One team; `changed_at` tells of which moment its name and place were said."""

    team_id: str
    name: str
    parent_id: str | None = None
    lead_id: str | None = None
    changed_at: datetime


class Tree:
    """The teams as a forest: `parents` gives each team its parent, None at the top."""

    def __init__(self, said: Mapping[str, str | None]) -> None:
        self.parents = _cut(said)
        self._children: dict[str | None, list[str]] = {}
        for team in sorted(self.parents):
            self._children.setdefault(self.parents[team], []).append(team)

    def children(self, team_id: str | None) -> list[str]:
        """The teams right below one, by id; below None stand the teams at the top."""
        return self._children.get(team_id, [])

    def below(self, roots: Iterable[str]) -> frozenset[str]:
        """The teams of the subtrees of these teams, the teams themselves included."""
        found: set[str] = set()
        waiting = list(roots)
        while waiting:
            team = waiting.pop()
            if team not in found:
                found.add(team)
                waiting.extend(self.children(team))
        return frozenset(found)


def form_team(
    team_id: str, name: str, parent_id: str | None, lead_id: str | None, now: datetime
) -> tuple[Team, list[EventData]]:
    """Make a new team, below another one or at the top."""
    team = Team(team_id=team_id, name=name, parent_id=parent_id, lead_id=lead_id, changed_at=now)
    return team, [_told(team, from_parent_id=None)]


def change_team(
    team: Team,
    *,
    name: str,
    parent_id: str | None,
    lead_id: str | None,
    tree: Tree,
    now: datetime,
) -> tuple[Team, list[EventData]]:
    """Rename a team, hang it elsewhere in the tree, give it another leader.

    Raises:
        Refused: it would hang below itself.
    """
    if parent_id is not None and parent_id in tree.below([team.team_id]):
        raise Refused(
            "team-in-circle",
            f"Team {parent_id!r} stands below {team.team_id!r} itself; move that one away first.",
            field="/parent_id",
        )
    changed = replace(team, name=name, parent_id=parent_id, lead_id=lead_id)
    if changed == team:
        return team, []
    changed = replace(changed, changed_at=now)
    return changed, [_told(changed, from_parent_id=team.parent_id)]


def _told(team: Team, *, from_parent_id: str | None) -> TeamChanged:
    return TeamChanged(
        team_id=team.team_id,
        name=team.name,
        parent_id=team.parent_id,
        from_parent_id=from_parent_id,
        lead_id=team.lead_id,
    )


def _cut(said: Mapping[str, str | None]) -> dict[str, str | None]:
    """The parents that hold: an unknown one counts as none, a circle is cut above its least id."""
    parents = {team: parent if parent in said else None for team, parent in said.items()}
    settled: set[str] = set()
    for start in sorted(parents):
        way: list[str] = []
        team: str | None = start
        while team is not None and team not in settled and team not in way:
            way.append(team)
            team = parents[team]
        if team is not None and team not in settled:
            parents[min(way[way.index(team) :])] = None
        settled.update(way)
    return parents
