"""A list shows exactly what may be read one by one, to every role."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backbone.callers import Caller, Role

MEMBERS = st.sampled_from(["li", "mei", None])
TEAMS = st.sampled_from(["north", "south", None])
CALLERS = st.builds(
    Caller,
    key_id=st.just("key"),
    role=st.sampled_from(Role),
    member_id=MEMBERS,
    team_id=TEAMS,
    teams=st.frozensets(st.sampled_from(["north", "south"])),
)


def meets(row: dict[str, str | None], wanted: dict[str, Any]) -> bool:
    """Whether a store would find the row by this filter."""
    for name, value in wanted.items():
        if name == "$or":
            if not any(meets(row, one) for one in value):
                return False
        elif isinstance(value, dict):
            if row[name] not in value["$in"]:
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
