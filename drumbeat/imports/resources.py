"""People a log knows by a number only: members of one team, named as the log names them."""

from dataclasses import dataclass, field
from typing import Final

from backbone.contract.directory import MemberJoined, TeamChanged
from drumbeat.imports.sheet import slug
from drumbeat.imports.told import Teller, Told

UNKNOWN: Final = "unknown"
"""Who did it where the log leaves the resource blank: somebody, so the work counts for the team."""


@dataclass
class Resources:
    """The members that a log turns out to have, in one team under the company.

    Args:
        team_id: of the team, and the prefix of the members' ids.
        team_name: what boards show.
    """

    team_id: str
    team_name: str
    _seen: dict[str, tuple[str, int]] = field(default_factory=dict)

    def member(self, resource: str, line: int) -> str:
        """The member id behind a resource; blank is `<team>:unknown`."""
        member_id = f"{self.team_id}:{slug(resource) or UNKNOWN}"
        self._seen.setdefault(member_id, (resource or UNKNOWN, line))
        return member_id

    def told(self, teller: Teller) -> list[Told]:
        """The team and its members as events. Nobody says when they joined: undated."""
        team = TeamChanged(team_id=self.team_id, name=self.team_name, parent_id=None)
        first = min((line for _, line in self._seen.values()), default=1)
        told = [teller.tell(team, line=first, id_from=f"{self.team_id}|{team.type}", at=None)]
        for member_id, (name, line) in self._seen.items():
            joined = MemberJoined(member_id=member_id, name=name, role="rep", team_id=self.team_id)
            told.append(teller.tell(joined, line=line, id_from=f"{member_id}|{joined.type}", at=None))
        return told
