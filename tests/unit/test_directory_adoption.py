from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from backbone.callers import Scope
from backbone.contract.directory import MemberJoined, MemberLeft, MemberMoved, TeamChanged
from services.directory.domain.adoption import MemberStatement, adopt_member, adopt_team
from services.directory.domain.member import Member
from services.directory.domain.team import Team

DAY = timedelta(days=1)
MONDAY = datetime(2017, 3, 6, 9, 0, tzinfo=UTC)
TUESDAY = MONDAY + DAY
WEDNESDAY = TUESDAY + DAY
JOINED = MemberJoined(member_id="lin", name="Lin", role="rep", team_id="north")
MOVED = MemberMoved(member_id="lin", from_team_id="north", team_id="south", role="manager")
LEFT = MemberLeft(member_id="lin", team_id="south", successor_id="wang", reason="retired")
LIN = Member(
    member_id="lin",
    name="Lin",
    named_at=MONDAY,
    role="rep",
    team_id="north",
    placed_at=MONDAY,
    joined_at=MONDAY,
)

Told = tuple[MemberStatement, datetime]


def after(*told: Told) -> Member | None:
    known: Member | None = None
    return reduce(lambda member, one: adopt_member(member, *one), told, known)


def test_a_member_told_from_outside_is_taken_in_even_into_a_team_nobody_knows() -> None:
    assert after((JOINED, MONDAY)) == LIN


def test_who_is_moved_before_he_joined_is_kept_under_his_id() -> None:
    assert after((MOVED, TUESDAY)) == Member(
        member_id="lin", name="lin", role="manager", team_id="south", placed_at=TUESDAY
    )


def test_a_late_word_does_not_undo_a_later_moment() -> None:
    assert after((MOVED, TUESDAY), (JOINED, MONDAY)) == replace(LIN, role="manager", team_id="south", placed_at=TUESDAY)


def test_of_one_moment_the_word_that_came_last_holds() -> None:
    assert after((JOINED, MONDAY), (MOVED, MONDAY)) == replace(LIN, role="manager", team_id="south")


def test_a_row_scope_of_ours_goes_when_another_role_is_told() -> None:
    wide = replace(LIN, scope=Scope.ALL)
    within_his_role = MemberMoved(member_id="lin", from_team_id="north", team_id="south")

    assert adopt_member(wide, within_his_role, TUESDAY).scope is Scope.ALL
    assert adopt_member(wide, MOVED, TUESDAY).scope is None


def test_a_leave_told_first_still_holds_after_the_joining() -> None:
    assert after((LEFT, TUESDAY), (JOINED, MONDAY)) == replace(
        LIN, left_at=TUESDAY, successor_id="wang", leave_reason="retired"
    )


def test_who_joins_again_is_back() -> None:
    back = MemberJoined(member_id="lin", name="Lin", role="rep", team_id="west")

    assert after((JOINED, MONDAY), (LEFT, TUESDAY), (back, WEDNESDAY)) == replace(
        LIN, named_at=WEDNESDAY, team_id="west", placed_at=WEDNESDAY, joined_at=WEDNESDAY, was_away_until=WEDNESDAY
    )


def test_a_leave_from_before_the_joining_is_of_no_account() -> None:
    assert after((JOINED, TUESDAY), (LEFT, MONDAY)) == after((JOINED, TUESDAY))


def test_a_team_takes_the_word_of_the_latest_moment() -> None:
    first = TeamChanged(team_id="north", name="North", parent_id=None)
    second = TeamChanged(team_id="north", name="Northern", parent_id="china", lead_id="lin")
    northern = Team(team_id="north", name="Northern", parent_id="china", lead_id="lin", changed_at=TUESDAY)

    assert adopt_team(None, second, TUESDAY) == northern
    assert adopt_team(northern, first, MONDAY) == northern


@given(st.permutations([(JOINED, MONDAY), (MOVED, TUESDAY), (LEFT, WEDNESDAY)]))
def test_in_whatever_order_it_is_told_the_member_ends_the_same(told: list[Told]) -> None:
    assert after(*told) == after((JOINED, MONDAY), (MOVED, TUESDAY), (LEFT, WEDNESDAY))


@given(st.lists(st.tuples(st.sampled_from([JOINED, MOVED, LEFT]), st.sampled_from([MONDAY, TUESDAY])), max_size=6))
def test_the_last_word_said_twice_changes_nothing(told: list[Told]) -> None:
    assert after(*told, *told[-1:]) == after(*told)
