"""What a key opens: by its role, its member's role and scope, and in whose place a deputy acts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.callers import Caller, Role, Scope
from services.directory.domain.access import Standing, caller_of, in_place_of, role_held, roles_held
from services.directory.domain.key import Key
from services.directory.domain.member import Member
from services.directory.domain.team import Tree

THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = Key(
    key_id="0123456789ab", hash="h", role=Role.REP, label="phone", member_id="lin", member_role="rep", created_at=THEN
)
LIN = Member(member_id="lin", name="Lin", role="rep", team_id="east")
TREE = Tree({"china": None, "east": "china", "shanghai": "east", "west": "china"})
DEPUTY = Caller("k", Role.REP, "wu", "west", frozenset({"west"}), groups=frozenset({"own"}))


@pytest.mark.parametrize(
    ("scope", "teams"),
    [
        (Scope.OWN, {"east"}),
        (Scope.TEAM, {"east"}),
        (Scope.SUBTREE, {"east", "shanghai", "west"}),
        (Scope.ALL, set()),
        (None, {"east"}),
    ],
)
def test_a_scope_set_for_a_member_decides_which_teams_he_sees(scope: Scope | None, teams: set[str]) -> None:
    caller = caller_of(KEY, Standing(replace(LIN, scope=scope), led=frozenset({"west"})), TREE)

    assert caller is not None
    assert caller.scope is (scope or Scope.OWN)
    assert caller.teams == teams


def test_a_viewer_can_be_kept_to_a_subtree() -> None:
    caller = caller_of(replace(KEY, role=Role.VIEWER), Standing(replace(LIN, scope=Scope.SUBTREE)), TREE)

    assert caller is not None
    assert not caller.sees_all
    assert caller.teams == {"east", "shanghai"}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CLOCK])
def test_some_roles_see_all_whatever_is_set(role: Role) -> None:
    caller = caller_of(replace(KEY, role=role), Standing(replace(LIN, scope=Scope.OWN)), TREE)

    assert caller is not None
    assert caller.sees_all


def test_a_key_brings_the_work_groups_of_its_member() -> None:
    caller = caller_of(KEY, Standing(LIN, groups=frozenset({"fair"})), TREE)

    assert caller is not None
    assert caller.groups == {"fair"}


@pytest.mark.parametrize(
    ("key_role", "at_first", "now", "held"),
    [
        (Role.MANAGER, "manager", "manager", Role.MANAGER),
        (Role.MANAGER, "manager", "rep", Role.REP),
        (Role.ADMIN, "admin", "manager", Role.MANAGER),
        (Role.ADMIN, "admin", "intern", Role.REP),
        (Role.REP, "rep", "manager", Role.REP),
        (Role.VIEWER, "rep", "intern", Role.REP),
        (Role.MANAGER, "manager", "admin", Role.MANAGER),
        (Role.PUBLISHER, "rep", "manager", Role.PUBLISHER),
        (Role.MANAGER, "rep", "rep", Role.MANAGER),
        (Role.MANAGER, None, "rep", Role.MANAGER),
    ],
)
def test_a_change_of_role_takes_from_a_key_and_never_gives(
    key_role: Role, at_first: str | None, now: str, held: Role
) -> None:
    assert role_held(replace(KEY, role=key_role, member_role=at_first), replace(LIN, role=now)) is held


def test_a_key_from_before_somebody_left_stays_dead_when_he_is_back() -> None:
    back = replace(LIN, was_away_until=THEN + timedelta(days=30))

    assert caller_of(KEY, Standing(back), TREE) is None
    assert caller_of(replace(KEY, created_at=THEN + timedelta(days=31)), Standing(back), TREE) is not None


def test_a_deputy_sees_what_the_member_sees_and_nothing_of_his_own() -> None:
    away = Standing(LIN, frozenset({"west"}), frozenset({"fair"}), frozenset({Role.REP, Role.MANAGER}))

    assert in_place_of(DEPUTY, away, TREE) == Caller(
        "k",
        Role.MANAGER,
        "lin",
        "east",
        frozenset({"east", "shanghai", "west"}),
        groups=frozenset({"fair"}),
        deputy_id="wu",
    )


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ({Role.ADMIN}, Role.MANAGER),
        ({Role.FINANCE, Role.REP}, Role.FINANCE),
        ({Role.VIEWER}, Role.VIEWER),
        ({Role.PUBLISHER}, Role.REP),
        (set(), Role.REP),
    ],
)
def test_a_deputy_gets_what_the_members_keys_give_and_never_an_admins_rights(roles: set[Role], role: Role) -> None:
    said_to_be = replace(LIN, role="admin")

    caller = in_place_of(DEPUTY, Standing(said_to_be, roles=frozenset(roles)), TREE)

    assert caller is not None
    assert caller.role is role


def test_a_key_that_opens_nothing_gives_a_deputy_nothing() -> None:
    withdrawn = replace(KEY, role=Role.MANAGER, member_role="rep", withdrawn_at=THEN)

    assert roles_held([KEY, withdrawn], LIN) == {Role.REP}


@pytest.mark.parametrize(
    ("deputy", "away"),
    [
        pytest.param(replace(DEPUTY, role=Role.VIEWER), LIN, id="his key only reads"),
        pytest.param(replace(DEPUTY, role=Role.PUBLISHER), LIN, id="his key only publishes"),
        pytest.param(replace(DEPUTY, member_id=None), LIN, id="his key is nobody's"),
        pytest.param(DEPUTY, replace(LIN, left_at=THEN), id="the member has left"),
    ],
)
def test_nobody_acts_in_anothers_place_when(deputy: Caller, away: Member) -> None:
    assert in_place_of(deputy, Standing(away), TREE) is None
