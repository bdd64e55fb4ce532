from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.callers import Scope
from backbone.contract.directory import MemberChanged, MemberJoined, MemberLeft, MemberMoved
from backbone.problems import Refused
from services.directory.domain.member import Member, change, join, leave, move, rejoin

THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = THEN + timedelta(days=30)
LIN = Member(
    member_id="lin",
    name="Lin",
    named_at=THEN,
    role="rep",
    team_id="north",
    placed_at=THEN,
    joined_at=THEN,
)


def test_who_joins_is_told_with_name_role_and_team() -> None:
    assert join("lin", "Lin", "rep", "north", THEN) == (
        LIN,
        [MemberJoined(member_id="lin", name="Lin", role="rep", team_id="north")],
    )


def test_a_move_tells_the_team_before_and_after() -> None:
    assert move(LIN, "south", None, NOW) == (
        replace(LIN, team_id="south", placed_at=NOW),
        [MemberMoved(member_id="lin", from_team_id="north", team_id="south")],
    )


def test_a_move_into_another_role_tells_the_role_too() -> None:
    assert move(LIN, "north", "manager", NOW) == (
        replace(LIN, role="manager", placed_at=NOW),
        [
            MemberMoved(
                member_id="lin",
                from_team_id="north",
                team_id="north",
                from_role="rep",
                role="manager",
            )
        ],
    )


def test_who_leaves_is_told_with_the_successor() -> None:
    assert leave(LIN, "wang", "retired", NOW) == (
        replace(LIN, left_at=NOW, successor_id="wang", leave_reason="retired"),
        [MemberLeft(member_id="lin", team_id="north", successor_id="wang", reason="retired")],
    )


def test_a_move_that_changes_nothing_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        move(LIN, "north", "rep", NOW)

    assert refused.value.code == "nothing-changes"


def test_nobody_takes_over_from_himself() -> None:
    with pytest.raises(Refused) as refused:
        leave(LIN, "lin", None, NOW)

    assert refused.value.code == "own-successor"


def test_who_has_left_neither_moves_nor_leaves_again() -> None:
    gone, _ = leave(LIN, None, None, THEN)

    with pytest.raises(Refused, match="has left"):
        move(gone, "south", None, NOW)
    with pytest.raises(Refused, match="has left"):
        leave(gone, None, None, NOW)


def test_a_name_and_a_row_scope_are_changed_together() -> None:
    assert change(LIN, name="Lin Yue", role="rep", scope=Scope.TEAM, now=NOW) == (
        replace(LIN, name="Lin Yue", named_at=NOW, scope=Scope.TEAM),
        [MemberChanged(member_id="lin", name="Lin Yue", scope="team")],
    )


def test_a_role_that_changes_alone_is_a_move_within_the_team() -> None:
    assert change(LIN, name="Lin", role="manager", scope=None, now=NOW) == (
        replace(LIN, role="manager", placed_at=NOW),
        [MemberMoved(member_id="lin", from_team_id="north", team_id="north", from_role="rep", role="manager")],
    )


def test_a_change_of_nothing_tells_nothing() -> None:
    assert change(LIN, name="Lin", role="rep", scope=None, now=NOW) == (LIN, [])


def test_who_comes_back_begins_anew_and_what_he_held_stays_lost() -> None:
    left, _ = leave(replace(LIN, scope=Scope.ALL), "wang", "retired", NOW)
    later = NOW + timedelta(days=90)

    state, events = rejoin(left, name="Lin", role="rep", team_id="south", now=later)

    assert state == Member(
        member_id="lin",
        name="Lin",
        named_at=later,
        role="rep",
        team_id="south",
        placed_at=later,
        joined_at=later,
        was_away_until=later,
    )
    assert events == [MemberJoined(member_id="lin", name="Lin", role="rep", team_id="south")]


def test_who_is_here_is_not_taken_back() -> None:
    with pytest.raises(Refused) as refused:
        rejoin(LIN, name="Lin", role="rep", team_id=None, now=NOW)

    assert refused.value.code == "member-here"


def test_a_row_scope_goes_with_the_role_it_was_set_for() -> None:
    wide = replace(LIN, role="manager", scope=Scope.ALL)

    assert move(wide, "south", None, NOW)[0].scope is Scope.ALL
    assert move(wide, "south", "rep", NOW) == (
        replace(wide, role="rep", team_id="south", scope=None, placed_at=NOW),
        [
            MemberMoved(member_id="lin", from_team_id="north", team_id="south", from_role="manager", role="rep"),
            MemberChanged(member_id="lin", name="Lin", scope=None),
        ],
    )


def test_a_role_and_a_row_scope_are_given_together() -> None:
    changed, events = change(LIN, name="Lin", role="manager", scope=Scope.TEAM, now=NOW)

    assert (changed.role, changed.scope) == ("manager", Scope.TEAM)
    assert [event.type for event in events] == ["member-moved", "member-changed"]
