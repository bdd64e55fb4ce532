from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.callers import Caller, Role
from backbone.problems import Refused
from services.directory.domain.access import Standing, caller_of
from services.directory.domain.key import Key, issue_key, withdraw_key
from services.directory.domain.member import Member
from services.directory.domain.team import Tree

THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = THEN + timedelta(days=30)
KEY = Key(key_id="0123456789ab", hash="h", role=Role.REP, label="phone", member_id="lin", created_at=THEN)
LIN = Member(member_id="lin", name="Lin", role="rep", team_id="east")
TREE = Tree({"china": None, "east": "china", "shanghai": "east", "west": "china"})


@pytest.mark.parametrize(
    ("role", "teams"),
    [
        pytest.param(Role.REP, {"east"}, id="a rep's own team"),
        pytest.param(Role.MANAGER, {"east", "shanghai"}, id="a manager's team and those below"),
        pytest.param(Role.VIEWER, set(), id="no teams for who sees all"),
    ],
)
def test_a_key_sees_what_its_role_and_its_members_team_allow(role: Role, teams: set[str]) -> None:
    assert caller_of(replace(KEY, role=role), Standing(LIN), TREE) == Caller(
        "0123456789ab", role, "lin", "east", frozenset(teams)
    )


def test_a_manager_also_sees_the_teams_he_leads_elsewhere() -> None:
    caller = caller_of(replace(KEY, role=Role.MANAGER), Standing(LIN, frozenset({"west"})), TREE)

    assert caller is not None
    assert caller.teams == {"east", "shanghai", "west"}


def test_a_manager_in_no_team_sees_no_team() -> None:
    caller = caller_of(replace(KEY, role=Role.MANAGER), Standing(replace(LIN, team_id=None)), TREE)

    assert caller == Caller("0123456789ab", Role.MANAGER, "lin", None, frozenset())


def test_a_key_of_nobody_stands_for_itself() -> None:
    assert caller_of(replace(KEY, role=Role.PUBLISHER, member_id=None), None, TREE) == Caller(
        "0123456789ab", Role.PUBLISHER
    )


@pytest.mark.parametrize(
    ("key", "member"),
    [
        pytest.param(replace(KEY, withdrawn_at=NOW), LIN, id="it was withdrawn"),
        pytest.param(KEY, replace(LIN, left_at=NOW), id="its member has left"),
        pytest.param(KEY, None, id="its member is unknown"),
    ],
)
def test_a_key_opens_nothing_when(key: Key, member: Member | None) -> None:
    assert caller_of(key, None if member is None else Standing(member), TREE) is None


@pytest.mark.parametrize("role", [Role.MANAGER, Role.REP])
def test_a_key_that_sees_a_members_rows_needs_the_member(role: Role) -> None:
    with pytest.raises(Refused) as refused:
        issue_key(replace(KEY, role=role, member_id=None), None)

    assert (refused.value.code, refused.value.field) == ("member-needed", "/member_id")


def test_who_has_left_gets_no_key() -> None:
    with pytest.raises(Refused) as refused:
        issue_key(KEY, replace(LIN, left_at=NOW))

    assert refused.value.code == "member-left"


def test_a_key_is_withdrawn_once_and_stays_so() -> None:
    withdrawn = withdraw_key(KEY, THEN)

    assert withdrawn == replace(KEY, withdrawn_at=THEN)
    assert withdraw_key(withdrawn, NOW) == withdrawn
