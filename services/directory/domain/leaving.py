"""A member leaves: in which order what was his goes over, and to whom."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from services.directory.domain.member import Member
from services.directory.domain.team import Team, Tree

LEAVING: Final = "leaving"
HAND_OVER: Final = "hand-over"
OWNERS: Final = ("leads", "customers", "activities")
"""The services that own rows of a member; what the directory itself keeps of him are the teams he leads."""

HAND_OVER_STEPS: Final = ("teams", "rows")
LEAVING_STEPS: Final = ("end-access", *HAND_OVER_STEPS)
"""Access ends before anything goes over: what is handed over cannot be changed by the leaver any more."""


class LeadsGo(StrEnum):
    """Where a leaver's leads go."""

    SUCCESSOR = "successor"
    POOL = "pool"


def in_turn(done: Mapping[str, bool], last: str | None) -> list[str]:
    """The services that are not through, the one that was got on with last first.

    So one that does not answer holds nobody up: it is asked again when the others are through.

    Args:
        done: by service, whether all is handed over there.
        last: the service some rows of which were moved last.
    """
    waiting = [service for service in OWNERS if not done.get(service)]
    return sorted(waiting, key=lambda service: service != last)


def leads_go(wished: LeadsGo | None, named: str | None) -> LeadsGo:
    """Where leads go when nothing is said: to the successor who was named, else to the public pool."""
    if wished is not None:
        return wished
    return LeadsGo.POOL if named is None else LeadsGo.SUCCESSOR


def leaders_above(team_id: str | None, teams: Mapping[str, Team], tree: Tree) -> list[str]:
    """Who leads a team and the teams above it, nearest first."""
    found = []
    while team_id is not None and team_id in teams:
        lead_id = teams[team_id].lead_id
        if lead_id is not None:
            found.append(lead_id)
        team_id = tree.parents[team_id]
    return found


def first_working(candidates: Iterable[str], members: Mapping[str, Member], *, but: str) -> str | None:
    """The first of these members who works here and is not the leaver himself.

    Args:
        candidates: ids, best first.
        members: those that are known.
        but: the leaver.
    """
    for candidate in candidates:
        if candidate != but and candidate in members and members[candidate].active:
            return candidate
    return None
