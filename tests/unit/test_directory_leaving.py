"""A member leaves: who takes over when nobody is named, and where the leads go."""

from datetime import UTC, datetime

import pytest

from services.directory.domain.leaving import LeadsGo, first_working, leaders_above, leads_go
from services.directory.domain.member import Member
from services.directory.domain.team import Team, Tree

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def team(team_id: str, parent_id: str | None, lead_id: str | None) -> Team:
    return Team(team_id=team_id, name=team_id, parent_id=parent_id, lead_id=lead_id, changed_at=NOW)


TEAMS = {
    one.team_id: one
    for one in (team("company", None, "boss"), team("east", "company", None), team("pumps", "east", "chen"))
}
TREE = Tree({team_id: one.parent_id for team_id, one in TEAMS.items()})


def member(member_id: str, *, left: bool = False) -> Member:
    return Member(member_id=member_id, name=member_id, role="rep", left_at=NOW if left else None)


@pytest.mark.parametrize(
    ("team_id", "leaders"),
    [("pumps", ["chen", "boss"]), ("east", ["boss"]), ("company", ["boss"]), ("gone", []), (None, [])],
)
def test_leaders_stand_nearest_first(team_id: str | None, leaders: list[str]) -> None:
    assert leaders_above(team_id, TEAMS, TREE) == leaders


def test_neither_the_leaver_nor_who_has_left_takes_over() -> None:
    members = {one.member_id: one for one in (member("chen"), member("li", left=True), member("boss"))}

    assert first_working(["chen", "li", "boss"], members, but="chen") == "boss"
    assert first_working(["li", "unknown"], members, but="chen") is None


@pytest.mark.parametrize(
    ("wished", "named", "goes"),
    [
        (None, None, LeadsGo.POOL),
        (None, "mei", LeadsGo.SUCCESSOR),
        (LeadsGo.POOL, "mei", LeadsGo.POOL),
        (LeadsGo.SUCCESSOR, None, LeadsGo.SUCCESSOR),
    ],
)
def test_leads_go_to_who_was_named_and_else_to_the_pool(
    wished: LeadsGo | None, named: str | None, goes: LeadsGo
) -> None:
    assert leads_go(wished, named) is goes
