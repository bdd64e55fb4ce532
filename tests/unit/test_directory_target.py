"""Targets: sums are exact to the minor unit, over months and down the tree, and nobody approves his own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.directory import TargetProposed, TargetReturned, TargetSet
from backbone.problems import Forbidden, Refused
from services.directory.domain.spread import down, months_of, over_months, read_target_period, spread
from services.directory.domain.target import (
    Part,
    Signed,
    State,
    Target,
    approve,
    check_may_decide,
    divide,
    parts_of,
    propose,
    propose_anew,
    return_to_proposer,
    spread_over_months,
)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
QUARTER = Target(
    target_id="t", member_id="li", team_id="north", metric="won-amount", period="2026-Q1", value=100, currency="CNY"
)
TEAM = Target(target_id="north", team_id="north", metric="visits", period="2026-Q1", value=100)
BOSS = Signed(by="chen", at=NOW, note="as agreed")
ABOVE = Signed(by="zhao", at=NOW + timedelta(hours=1))

VALUES = st.integers(min_value=0, max_value=10**15)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=40).filter(any)


def proposed(target: Target, by: Signed = BOSS) -> Target:
    state, _ = propose(spread_over_months(target, None), by)
    return state


def approved(target: Target) -> Target:
    state, _ = approve(proposed(target), ABOVE)
    return state


@given(VALUES, WEIGHTS)
def test_parts_add_up_to_the_value_exactly(value: int, weights: list[int]) -> None:
    assert sum(spread(value, weights)) == value


@given(VALUES, WEIGHTS)
def test_every_part_but_the_last_is_its_share_rounded_down_and_none_is_negative(value: int, weights: list[int]) -> None:
    parts = spread(value, weights)
    whole = sum(weights)

    assert parts[:-1] == [value * weight // whole for weight in weights[:-1]]
    assert 0 <= parts[-1] - value * weights[-1] // whole < len(parts)


@given(VALUES, WEIGHTS, st.lists(st.integers(min_value=0, max_value=99), min_size=12, max_size=12).filter(any))
def test_months_and_members_add_up_to_the_same_sum_both_ways(
    value: int, weights: list[int], by_month: list[int]
) -> None:
    months = months_of(read_target_period("2026"))
    whole = over_months(value, months, dict(zip(months, by_month, strict=True)))

    shares = down(whole, weights)

    assert sum(whole.values()) == value
    assert {month: sum(share[month] for share in shares) for month in months} == whole
    assert sum(sum(share.values()) for share in shares) == value


@given(VALUES, st.lists(st.integers(min_value=0, max_value=1000), min_size=1, max_size=30).filter(any))
def test_the_parts_of_a_teams_target_add_up_to_it(value: int, weights: list[int]) -> None:
    parts = [Part(target_id=f"p{n}", member_id=f"m{n}", team_id="north", weight=w) for n, w in enumerate(weights)]

    below = parts_of(divide(approved(replace(TEAM, value=value)), parts, BOSS))

    assert sum(one.value for one in below) == value
    assert all(sum(one.months.values()) == one.value for one in below)


def test_the_last_month_takes_the_rounding() -> None:
    assert over_months(100, ["2026-01", "2026-02", "2026-03"], None) == {"2026-01": 33, "2026-02": 33, "2026-03": 34}


def test_months_take_their_weights_and_one_left_out_nothing() -> None:
    assert over_months(100, ["2026-01", "2026-02", "2026-03"], {"2026-01": 2, "2026-03": 1}) == {
        "2026-01": 66,
        "2026-02": 0,
        "2026-03": 34,
    }


@pytest.mark.parametrize(
    ("weights", "code"), [({"2026-04": 1}, "month-outside"), ({"2026-01": 0}, "no-weight"), ({}, "no-weight")]
)
def test_weights_are_refused_when(weights: dict[str, int], code: str) -> None:
    with pytest.raises(Refused) as refused:
        over_months(100, ["2026-01", "2026-02", "2026-03"], weights)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("2026-02", ["2026-02"]),
        ("2026-Q4", ["2026-10", "2026-11", "2026-12"]),
        ("2026", [f"2026-{month:02}" for month in range(1, 13)]),
    ],
)
def test_a_period_has_its_months(text: str, months: list[str]) -> None:
    assert months_of(read_target_period(text)) == months


@pytest.mark.parametrize("text", ["2026-W05", "2026-03-02", "all", "soon", "2026-Q5"])
def test_a_target_is_for_a_year_a_quarter_or_a_month(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_target_period(text)

    assert refused.value.code == "bad-period"


def test_a_proposed_target_counts_nothing_yet() -> None:
    state, events = propose(spread_over_months(QUARTER, None), BOSS)

    assert (state.state, state.approved_value) == (State.PROPOSED, None)
    assert state.history == (BOSS.step(State.PROPOSED, 100),)
    assert events == [
        TargetProposed(
            target_id="t",
            member_id="li",
            team_id="north",
            metric="won-amount",
            period="2026-Q1",
            value=100,
            currency="CNY",
        )
    ]


def test_approval_tells_the_period_and_each_of_its_months() -> None:
    state, events = approve(proposed(QUARTER), ABOVE)
    told = [(event.period, event.from_value, event.value) for event in events if isinstance(event, TargetSet)]

    assert state.approved_value == 100
    assert [step.state for step in state.history] == [State.PROPOSED, State.APPROVED]
    assert told == [("2026-Q1", None, 100), ("2026-01", None, 33), ("2026-02", None, 33), ("2026-03", None, 34)]


def test_the_target_of_a_month_is_told_once() -> None:
    _, events = approve(proposed(replace(QUARTER, period="2026-02")), ABOVE)

    assert [event.period for event in events if isinstance(event, TargetSet)] == ["2026-02"]


def test_what_was_approved_counts_until_another_value_is() -> None:
    before = approved(QUARTER)
    again, _ = propose_anew(before, spread_over_months(replace(before, value=130), None), BOSS)
    after, events = approve(again, ABOVE)
    told = [(event.period, event.from_value, event.value) for event in events if isinstance(event, TargetSet)]

    assert (again.state, again.value, again.approved_value) == (State.PROPOSED, 130, 100)
    assert after.approved_value == 130
    assert told == [("2026-Q1", 100, 130), ("2026-01", 33, 43), ("2026-02", 33, 43), ("2026-03", 34, 44)]


def test_a_returned_target_keeps_why_and_can_be_proposed_anew() -> None:
    returned, events = return_to_proposer(proposed(QUARTER), replace(ABOVE, note="too low"))
    again, _ = propose_anew(returned, spread_over_months(replace(returned, value=150), None), BOSS)

    assert returned.history[-1] == replace(ABOVE, note="too low").step(State.RETURNED, 100)
    assert [type(event) for event in events] == [TargetReturned]
    assert [step.state for step in again.history] == [State.PROPOSED, State.RETURNED, State.PROPOSED]


@pytest.mark.parametrize("decide", [approve, return_to_proposer])
def test_only_a_proposed_target_is_decided(decide: object) -> None:
    assert callable(decide)
    with pytest.raises(Refused) as refused:
        decide(approved(QUARTER), ABOVE)

    assert refused.value.code == "not-proposed"


@pytest.mark.parametrize(
    ("who", "above", "code"),
    [
        (("zhao", "zhao"), True, None),
        (("chen", "chen"), True, "own-proposal"),
        (("wu", "chen"), True, "own-proposal"),
        (("li", "li"), True, "not-above"),
        (("zhao", "zhao"), False, "not-above"),
        (("key:1", None), True, None),
    ],
)
def test_a_target_is_decided_from_above_by_somebody_else(
    who: tuple[str, str | None], above: bool, code: str | None
) -> None:
    refused = None
    try:
        check_may_decide(proposed(QUARTER), who, above=above)
    except Forbidden as forbidden:
        refused = forbidden.code

    assert refused == code


def test_who_proposed_in_anothers_name_decides_for_neither() -> None:
    target = proposed(QUARTER, replace(BOSS, by="wu", on_behalf_of="chen"))

    for one in ("wu", "chen"):
        with pytest.raises(Forbidden):
            check_may_decide(target, (one,), above=True)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (replace(QUARTER, metric="likes"), "unknown-metric"),
        (replace(QUARTER, currency=None), "currency-and-figure"),
        (replace(QUARTER, metric="visits"), "currency-and-figure"),
    ],
)
def test_a_target_is_of_a_figure_there_is_a_board_of(target: Target, code: str) -> None:
    with pytest.raises(Refused) as refused:
        propose(target, BOSS)

    assert refused.value.code == code


LI = Part(target_id="li", member_id="li", team_id="north", weight=2)
MEI = Part(target_id="mei", member_id="mei", team_id="north", weight=1)


def test_an_approved_team_target_is_spread_month_by_month() -> None:
    li, mei = parts_of(divide(approved(TEAM), [LI, MEI], BOSS))

    assert (li.months, li.value) == ({"2026-01": 22, "2026-02": 22, "2026-03": 22}, 66)
    assert (mei.months, mei.value) == ({"2026-01": 11, "2026-02": 11, "2026-03": 12}, 34)
    assert (mei.parent_id, mei.metric, mei.period) == ("north", "visits", "2026-Q1")


@pytest.mark.parametrize(
    ("target", "parts", "code"),
    [
        (QUARTER, [LI], "not-a-teams"),
        (TEAM, [], "nobody-below"),
        (TEAM, [LI, LI], "named-twice"),
        (TEAM, [replace(LI, weight=0)], "no-weight"),
    ],
)
def test_a_target_is_not_spread_when(target: Target, parts: list[Part], code: str) -> None:
    with pytest.raises(Refused) as refused:
        divide(approved(target), parts, BOSS)

    assert refused.value.code == code


def test_a_target_is_spread_when_it_is_approved() -> None:
    with pytest.raises(Refused) as refused:
        divide(proposed(TEAM), [LI], BOSS)

    assert refused.value.code == "not-approved"
