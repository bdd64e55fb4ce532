"""A list shows exactly what may be read one by one, to every role."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.callers import Caller, Role, Scope
from backbone.problems import Forbidden

MEMBERS = st.sampled_from(["li", "mei", None])
TEAMS = st.sampled_from(["north", "south", None])
CALLERS = st.builds(
    Caller,
    key_id=st.just("key"),
    role=st.sampled_from(Role),
    member_id=MEMBERS,
    team_id=TEAMS,
    teams=st.frozensets(st.sampled_from(["north", "south"])),
    own_scope=st.sampled_from([None, *Scope]),
    groups=st.frozensets(st.sampled_from(["fair", "expo"])),
)
GROUPS = st.lists(st.sampled_from(["fair", "expo", "li"]), unique=True)


def meets(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether a store would find the row by this filter."""
    for name, value in wanted.items():
        if name == "$or":
            if not any(meets(row, one) for one in value):
                return False
        elif isinstance(value, dict):
            held = row[name] if isinstance(row[name], list) else [row[name]]
            if not set(held) & set(value["$in"]):
                return False
        elif row[name] != value:
            return False
    return True


@given(CALLERS, MEMBERS, TEAMS)
def test_a_list_shows_what_may_be_read_and_nothing_else(
    caller: Caller, owner_id: str | None, team_id: str | None
) -> None:
    row = {"owner_id": owner_id, "team_id": team_id}

    assert meets(row, caller.rows(prefix="")) == caller.may_see(owner_id, team_id)


@given(CALLERS, MEMBERS, TEAMS, GROUPS)
def test_a_list_of_what_can_be_shared_shows_what_may_be_read_and_nothing_else(
    caller: Caller, owner_id: str | None, team_id: str | None, group_ids: list[str]
) -> None:
    row = {"owner_id": owner_id, "team_id": team_id, "group_ids": group_ids}

    assert meets(row, caller.rows(prefix="", shared=True)) == caller.may_see(owner_id, team_id, group_ids)


@given(MEMBERS, TEAMS, GROUPS, st.sampled_from([None, *Scope]))
def test_a_publisher_sees_no_row_whatever_is_set(
    owner_id: str | None, team_id: str | None, group_ids: list[str], own_scope: Scope | None
) -> None:
    caller = Caller("key", Role.PUBLISHER, "li", "north", frozenset({"north"}), own_scope, frozenset({"fair"}))

    assert not caller.may_see(owner_id, team_id, group_ids)


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope.OWN, {"mine"}),
        (Scope.TEAM, {"mine", "team's"}),
        (Scope.SUBTREE, {"mine", "team's", "below"}),
        (Scope.ALL, {"mine", "team's", "below", "elsewhere"}),
    ],
)
def test_a_scope_set_for_a_member_replaces_his_roles(scope: Scope, seen: set[str]) -> None:
    teams = {"north", "harbin"} if scope is Scope.SUBTREE else {"north"}
    caller = Caller("key", Role.REP, "li", "north", frozenset(teams), scope)
    rows = {"mine": ("li", None), "team's": ("mei", "north"), "below": ("wu", "harbin"), "elsewhere": ("wang", "south")}

    assert {name for name, (owner, team) in rows.items() if caller.may_see(owner, team)} == seen


@pytest.mark.parametrize(
    ("role", "kind", "owner_id", "code"),
    [
        (Role.SERVICE, "complaint", "mei", None),
        (Role.SERVICE, "deal", "mei", "wrong-role"),
        (Role.SERVICE, "deal", "li", None),
        (Role.FINANCE, "payment", "mei", None),
        (Role.FINANCE, "complaint", "mei", "wrong-role"),
        (Role.VIEWER, "complaint", "li", "read-only"),
        (Role.PLATFORM, "deal", "mei", None),
    ],
)
def test_a_narrow_role_sees_all_and_changes_its_own_kinds(
    role: Role, kind: str, owner_id: str, code: str | None
) -> None:
    caller = Caller("key", role, "li", "north")
    refused = None
    try:
        caller.check_may_change(kind, "1", owner_id, "north")
    except Forbidden as forbidden:
        refused = forbidden.code

    assert refused == code


def test_a_co_owner_sees_and_changes_what_is_given_to_him() -> None:
    co_owner = Caller("key", Role.REP, "li", "north")

    co_owner.check_may_change("customer", "1", "mei", "south", ("fair", "li"))
    assert not co_owner.may_see("mei", "south", ("fair",))


def test_who_writes_only_some_kinds_acts_for_others_in_those() -> None:
    service = Caller("key", Role.SERVICE, "li", "north")

    service.check_may_act_for("mei", "north", "complaint")
    service.check_may_act_for("li", "north", "visit")
    with pytest.raises(Forbidden):
        service.check_may_act_for("mei", "north", "visit")


def test_a_deputy_acts_with_the_rows_of_whom_he_stands_in_for_and_the_record_names_both() -> None:
    deputy = Caller("key", Role.REP, "mei", "north", frozenset({"north"}), deputy_id="li")

    assert (deputy.actor, deputy.for_member) == ("li", "mei")
    assert deputy.may_see("mei", "north")
    assert not deputy.may_see("li", "north")
    with pytest.raises(Forbidden):
        deputy.check_in_person("hand over work")


@pytest.mark.parametrize(
    ("caller", "actor"),
    [
        (Caller("0123", Role.VIEWER), "key:0123"),
        (Caller("0123", Role.REP, "li"), "li"),
        (Caller("leads", Role.PLATFORM), "service:leads"),
        (Caller("leads", Role.PLATFORM, "li"), "li"),
    ],
)
def test_the_record_says_who_acts(caller: Caller, actor: str) -> None:
    assert caller.actor == actor
