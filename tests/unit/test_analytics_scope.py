"""Figures keep to the caller's row scope, whichever was set for him."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from backbone.callers import Caller, Role, Scope
from backbone.contract.directory import MemberChanged, MemberJoined, TeamChanged
from backbone.problems import Forbidden
from services.analytics.domain.people import People
from services.analytics.queries.scope import Figures, scope_of

NORTH = frozenset({"north", "harbin"})


@pytest.fixture
def figures() -> Figures:
    people = People()
    for team_id, parent_id in (("north", None), ("harbin", "north"), ("south", None)):
        people.learn(TeamChanged(team_id=team_id, name=team_id.title(), parent_id=parent_id))
    return cast("Figures", SimpleNamespace(people=SimpleNamespace(people=people)))


def caller(role: Role, scope: Scope | None, teams: frozenset[str]) -> Caller:
    return Caller("key", role, "li", "north", teams, scope)


@pytest.mark.parametrize(
    ("who", "team", "seen"),
    [
        (caller(Role.REP, None, frozenset({"north"})), None, ("north", {"north"})),
        (caller(Role.REP, None, frozenset({"north"})), "North", ("north", {"north"})),
        (caller(Role.REP, Scope.TEAM, frozenset({"north"})), None, ("north", {"north"})),
        (caller(Role.REP, Scope.SUBTREE, NORTH), None, ("north", NORTH)),
        (caller(Role.REP, Scope.SUBTREE, NORTH), "harbin", ("harbin", {"harbin"})),
        (caller(Role.REP, Scope.ALL, frozenset()), None, ("company", None)),
        (caller(Role.REP, Scope.ALL, frozenset()), "south", ("south", {"south"})),
        (caller(Role.FINANCE, None, frozenset()), "north", ("north", NORTH)),
        (caller(Role.VIEWER, Scope.SUBTREE, NORTH), "north", ("north", NORTH)),
    ],
)
def test_a_board_shows_the_teams_of_the_scope(
    figures: Figures, who: Caller, team: str | None, seen: tuple[str, Any]
) -> None:
    assert scope_of(figures, who, team) == seen


@pytest.mark.parametrize(
    ("who", "team"),
    [
        (caller(Role.REP, Scope.TEAM, frozenset({"north"})), "harbin"),
        (caller(Role.MANAGER, Scope.TEAM, frozenset({"north"})), "harbin"),
        (caller(Role.VIEWER, Scope.SUBTREE, NORTH), "south"),
        (caller(Role.SERVICE, Scope.OWN, frozenset({"north"})), "south"),
        (caller(Role.PUBLISHER, Scope.ALL, frozenset()), None),
    ],
)
def test_a_board_of_another_team_is_refused(figures: Figures, who: Caller, team: str | None) -> None:
    with pytest.raises(Forbidden):
        scope_of(figures, who, team)


def test_a_board_shows_the_name_a_member_has_now() -> None:
    people = People()
    people.learn(MemberJoined(member_id="li", name="Li", role="rep"))

    assert people.learn(MemberChanged(member_id="li", name="Li Lei"))
    assert people.name_of("li") == "Li Lei"
