from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.problems import Refused
from services.activities.domain.assigning import (
    AssignmentRule,
    Facts,
    Hand,
    Turns,
    chosen_by,
    first_rule,
    hands_for,
    next_hand,
    withdraw_rule,
)
from services.activities.domain.opening import Choice
from services.activities.domain.story import Assignment

RULE = AssignmentRule(
    rule_id="r-1",
    name="all",
    position=10,
    way="round-robin",
    team_id="service",
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
)
PUMP = Facts(severity="high", product_id="pump", customer_grade="A", territory="north", channel="web")
LI, MEI, WANG = (Hand(member_id=name, team_id="service") for name in ("li", "mei", "wang"))


def test_the_first_rule_by_position_whose_conditions_hold_decides() -> None:
    late, early = replace(RULE, rule_id="late", position=20), replace(RULE, rule_id="early", severities=("high",))

    assert first_rule([late, early], PUMP) == early
    assert first_rule([late, early], replace(PUMP, severity="low")) == late


def test_of_two_rules_in_one_place_the_smaller_id_decides() -> None:
    other = replace(RULE, rule_id="r-2")

    assert first_rule([other, RULE], PUMP) == RULE


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ({"severities": ("high",)}, {"severity": "low"}),
        ({"product_ids": ("pump", "valve")}, {"product_id": "hose"}),
        ({"customer_grades": ("A",)}, {"customer_grade": "B"}),
        ({"territories": ("north",)}, {"territory": None}),
        ({"channels": ("web",)}, {"channel": "phone"}),
    ],
)
def test_every_condition_must_hold(condition: dict[str, Any], other: dict[str, Any]) -> None:
    rule = replace(RULE, **condition)

    assert first_rule([rule], PUMP) == rule
    assert first_rule([rule], replace(PUMP, **other)) is None


def test_a_withdrawn_rule_decides_nothing_and_is_withdrawn_once() -> None:
    withdrawn = withdraw_rule(RULE)

    assert first_rule([withdrawn], PUMP) is None
    with pytest.raises(Refused):
        withdraw_rule(withdrawn)


def test_who_left_or_is_off_duty_is_passed_over_and_said_so() -> None:
    hands = [WANG, replace(MEI, on_duty=False), replace(LI, active=False)]

    assert hands_for(RULE, hands) == ([WANG], ["li", "mei"])


def test_a_rule_that_names_nobody_takes_those_with_the_role_service_only() -> None:
    assert hands_for(RULE, [LI, replace(MEI, serves=False)]) == ([LI], [])


def test_a_rule_that_names_members_takes_them_whatever_their_role() -> None:
    rule = replace(RULE, member_ids=("mei",))

    assert hands_for(rule, [LI, replace(MEI, serves=False)]) == ([replace(MEI, serves=False)], [])


def test_round_robin_takes_whoever_had_his_turn_longest_ago() -> None:
    turns, taken = Turns(), []
    for _ in range(7):
        hand, turns = next_hand("round-robin", [LI, MEI, WANG], turns, {})
        taken.append(hand.member_id)

    assert taken == ["li", "mei", "wang", "li", "mei", "wang", "li"]


def test_who_comes_back_on_duty_is_next_and_gets_no_more_than_his_turn() -> None:
    turns = Turns()
    for _ in range(4):
        _, turns = next_hand("round-robin", [LI, MEI], turns, {})
    taken = []
    for _ in range(4):
        hand, turns = next_hand("round-robin", [LI, MEI, WANG], turns, {})
        taken.append(hand.member_id)

    assert taken == ["wang", "li", "mei", "wang"]


def test_least_open_takes_whoever_has_the_fewest_then_whose_turn_was_longest_ago() -> None:
    turns = Turns(count=3, last=(("li", 3), ("mei", 2)))

    assert next_hand("least-open", [LI, MEI, WANG], turns, {"li": 0, "mei": 1, "wang": 1})[0] == LI
    assert next_hand("least-open", [LI, MEI], turns, {"li": 1, "mei": 1})[0] == MEI


@given(st.lists(st.sets(st.sampled_from([LI, MEI, WANG]), min_size=1), max_size=60))
def test_whoever_is_always_on_duty_never_falls_a_turn_behind(days: list[set[Hand]]) -> None:
    turns, taken = Turns(), Counter[str]()
    for present in days:
        hand, turns = next_hand("round-robin", sorted(present | {LI, MEI}, key=lambda one: one.member_id), turns, {})
        taken[hand.member_id] += 1

    assert abs(taken["li"] - taken["mei"]) <= 1
    assert turns.count == len(days)


@given(st.permutations([LI, MEI, WANG]), st.dictionaries(st.sampled_from(["li", "mei", "wang"]), st.integers(0, 5)))
def test_the_choice_does_not_hang_on_the_order_of_the_members(hands: list[Hand], counts: dict[str, int]) -> None:
    assert next_hand("least-open", hands, Turns(), counts) == next_hand("least-open", [LI, MEI, WANG], Turns(), counts)


def test_the_decision_keeps_its_reason() -> None:
    assert chosen_by(RULE, MEI, ["li"]) == Choice(
        owner_id="mei",
        team_id="service",
        assignment=Assignment(reason="round-robin", rule_id="r-1", passed_over=("li",)),
    )
    assert chosen_by(RULE, None, []) == Choice(
        owner_id=None, team_id="service", assignment=Assignment(reason="nobody-on-duty", rule_id="r-1")
    )
