"""Names and the tree of teams, as the directory's events tell them.

Figures are stored for the team of the event; a team's board is the sum over
the teams under it as the tree stands now.
"""

from dataclasses import dataclass, field

from backbone.contract.directory import MemberChanged, MemberJoined, MemberLeft, MemberMoved, TeamChanged
from backbone.contract.envelope import EventData


@dataclass(frozen=True, slots=True)
class Team:
    """A team of the tree; `parent_id` None = directly under the company."""

    team_id: str
    name: str
    parent_id: str | None


@dataclass
class People:
    """Members' names and teams, folded from the topic `directory`."""

    names: dict[str, str] = field(default_factory=dict)
    team_of: dict[str, str | None] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)

    def learn(self, event: EventData) -> bool:
        """Take in one event of the directory; False when it says nothing about names or teams."""
        match event:
            case MemberJoined():
                self.names[event.member_id] = event.name
                self.team_of[event.member_id] = event.team_id
            case MemberChanged():
                self.names[event.member_id] = event.name
            case MemberMoved():
                self.team_of[event.member_id] = event.team_id
            case MemberLeft():
                self.team_of[event.member_id] = None
            case TeamChanged():
                self.teams[event.team_id] = Team(event.team_id, event.name, event.parent_id)
            case _:
                return False
        return True

    def name_of(self, member_id: str) -> str:
        """The member's name, or the id while nobody said it."""
        return self.names.get(member_id, member_id)

    def knows(self, member_id: str) -> bool:
        """Whether the directory ever told of this member."""
        return member_id in self.names

    def member_called(self, id_or_name: str) -> str:
        """The id of a member given by id or by name.

        Raises:
            LookupError: several members share the name.
        """
        if id_or_name in self.names:
            return id_or_name
        return _only_one(id_or_name, [id_ for id_, name in self.names.items() if name == id_or_name])

    def team_called(self, id_or_name: str) -> str | None:
        """The id of a team given by id or by name; None when there is none.

        Raises:
            LookupError: several teams share the name.
        """
        if id_or_name in self.teams:
            return id_or_name
        found = [team.team_id for team in self.teams.values() if team.name == id_or_name]
        return _only_one(id_or_name, found) if found else None

    def subtree(self, team_id: str) -> frozenset[str]:
        """The team and every team under it."""
        found = {team_id}
        waiting = [team_id]
        while waiting:
            above = waiting.pop()
            for team in self.teams.values():
                if team.parent_id == above and team.team_id not in found:
                    found.add(team.team_id)
                    waiting.append(team.team_id)
        return frozenset(found)


def _only_one(name: str, found: list[str]) -> str:
    if len(found) > 1:
        raise LookupError(f"{name!r} is the name of {', '.join(sorted(found))}; give the id")
    return found[0] if found else name
