from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.directory import TeamChanged
from backbone.problems import Refused
from services.directory.domain.team import Team, Tree, change_team, form_team

THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = THEN + timedelta(days=30)
SHANGHAI = Team(team_id="shanghai", name="Shanghai", parent_id="east", lead_id="wang", changed_at=THEN)
TREE = Tree({"china": None, "east": "china", "shanghai": "east", "pudong": "shanghai", "west": "china"})

TEAMS = st.sampled_from("abcdefgh")
SAID = st.dictionaries(TEAMS, st.none() | TEAMS)


def test_a_new_team_is_told_with_its_place() -> None:
    assert form_team("shanghai", "Shanghai", "east", "wang", THEN) == (
        SHANGHAI,
        [TeamChanged(team_id="shanghai", name="Shanghai", parent_id="east", lead_id="wang")],
    )


def test_a_team_that_hangs_elsewhere_is_told_with_the_place_before() -> None:
    assert change_team(SHANGHAI, name="Shanghai", parent_id="west", lead_id=None, tree=TREE, now=NOW) == (
        Team(team_id="shanghai", name="Shanghai", parent_id="west", changed_at=NOW),
        [TeamChanged(team_id="shanghai", name="Shanghai", parent_id="west", from_parent_id="east")],
    )


def test_a_change_that_changes_nothing_tells_nothing() -> None:
    assert change_team(SHANGHAI, name="Shanghai", parent_id="east", lead_id="wang", tree=TREE, now=NOW) == (
        SHANGHAI,
        [],
    )


@pytest.mark.parametrize("parent", ["shanghai", "pudong"])
def test_a_team_never_hangs_below_itself(parent: str) -> None:
    with pytest.raises(Refused) as refused:
        change_team(SHANGHAI, name="Shanghai", parent_id=parent, lead_id=None, tree=TREE, now=NOW)

    assert (refused.value.code, refused.value.field) == ("team-in-circle", "/parent_id")


def test_a_subtree_holds_the_team_and_all_below_it() -> None:
    assert TREE.below(["east"]) == {"east", "shanghai", "pudong"}


def test_teams_that_name_each_other_still_make_a_tree() -> None:
    assert Tree({"b": "a", "a": "b", "c": "b"}).parents == {"a": None, "b": "a", "c": "b"}


def test_a_parent_nobody_knows_yet_counts_as_none() -> None:
    assert Tree({"a": "unknown"}).parents == {"a": None}


@given(SAID)
def test_whatever_was_said_every_team_stands_in_the_tree_exactly_once(said: dict[str, str | None]) -> None:
    tree = Tree(said)

    met: list[str] = []
    waiting = tree.children(None)
    while waiting:
        met.extend(waiting)
        waiting = [below for team in waiting for below in tree.children(team)]

    assert sorted(met) == sorted(said)


@given(SAID)
def test_only_circles_and_unknown_parents_are_cut(said: dict[str, str | None]) -> None:
    tree = Tree(said)

    for team, parent in said.items():
        if parent in said and tree.parents[team] != parent:
            assert team in _way_up(said, parent)


@given(SAID)
def test_the_order_in_which_teams_were_told_does_not_matter(said: dict[str, str | None]) -> None:
    assert Tree(dict(reversed(said.items()))).parents == Tree(said).parents


def _way_up(said: dict[str, str | None], start: str | None) -> set[str]:
    way: set[str] = set()
    team = start
    while team is not None and team not in way:
        way.add(team)
        team = said.get(team)
    return way
