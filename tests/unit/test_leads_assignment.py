from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.leads import LeadAssigned
from backbone.problems import Refused
from services.leads.domain.assignment import (
    Choice,
    Conditions,
    Decision,
    Person,
    Rule,
    RuleSet,
    Seat,
    Skipped,
    available,
    check_rules,
    choose,
    matching,
    seats_of,
    turned,
)
from services.leads.domain.lead import Lead
from services.leads.domain.moves import assign, leave_in_pool
from services.leads.domain.replay import Replay, Replayed, nobody
from tests.unit.leads_made import NOW, a_lead

MEMBERS = ("lin", "mei", "wang", "zhao")
CHOICES: list[Choice] = ["round-robin", "least-open", "capacity"]
people_strategy = st.fixed_dictionaries(
    {
        one: st.builds(
            Person,
            member_id=st.just(one),
            active=st.booleans(),
            on_duty=st.booleans(),
            open_leads=st.integers(0, 5),
        )
        for one in MEMBERS
    }
)
seats_strategy = st.lists(
    st.builds(Seat, member_id=st.sampled_from(MEMBERS), capacity=st.none() | st.integers(1, 5)),
    unique_by=lambda seat: seat.member_id,
    max_size=4,
)


def a_rule(rule_id: str = "all", choose: Choice = "round-robin", **told: Any) -> Rule:
    when = told.pop("when", {})
    people = tuple(Seat(member_id=one) for one in told.pop("names", ("lin", "mei")))
    return Rule(
        **{"rule_id": rule_id, "name": rule_id, "choose": choose, "people": people, "when": Conditions(**when), **told}
    )


def everybody(**told: Any) -> dict[str, Person]:
    return {one: Person(one, **told) for one in MEMBERS}


@pytest.mark.parametrize(
    ("when", "fits", "does_not"),
    [
        ({"territories": ("CN-31",)}, {"territory": "CN-31"}, {"territory": None}),
        ({"product_ids": ("pump", "valve")}, {"product_ids": ("valve",)}, {"product_ids": ("motor",)}),
        ({"channels": ("web",)}, {"channel": "web"}, {"channel": "fair"}),
        ({"campaigns": ("spring",)}, {"campaign": "spring"}, {"campaign": "autumn"}),
        ({"industries": ("machinery",)}, {"industry": "machinery"}, {"industry": "food"}),
        (
            {"value_from": 100, "value_below": 200, "currency": "CNY"},
            {"value_estimate": 100, "currency": "CNY"},
            {"value_estimate": 200, "currency": "CNY"},
        ),
        (
            {"value_from": 100, "currency": "CNY"},
            {"value_estimate": 100, "currency": "CNY"},
            {"value_estimate": 100, "currency": "EUR"},
        ),
        ({"value_from": 0, "currency": "CNY"}, {"value_estimate": 0, "currency": "CNY"}, {}),
    ],
)
def test_a_condition_is_met_or_not(when: dict[str, Any], fits: dict[str, Any], does_not: dict[str, Any]) -> None:
    assert Conditions(**when).meets(a_lead(**fits))
    assert not Conditions(**when).meets(a_lead(**does_not))


def test_all_conditions_of_a_rule_must_be_met() -> None:
    both = Conditions(channels=("web",), territories=("CN-31",))

    assert not both.meets(a_lead(channel="web", territory="CN-32"))
    assert both.meets(a_lead(channel="web", territory="CN-31"))


def test_the_first_rule_that_fits_decides_and_hands_on_only_when_it_says_so() -> None:
    fair = a_rule("fair", when={"channels": ("fair",)})
    soft, hard, last = a_rule("soft", if_nobody="next-rule"), a_rule("hard"), a_rule("last")

    assert [rule.rule_id for rule in matching((fair, soft, hard, last), a_lead(channel="web"))] == ["soft", "hard"]
    assert [rule.rule_id for rule in matching((fair, last), a_lead(channel="fair"))] == ["fair"]


def test_who_has_left_is_off_duty_full_or_serves_elsewhere_is_passed_over_with_the_reason() -> None:
    rule = a_rule(names=("gone", "lin", "mei", "wang", "zhao"), within_territory=True)
    seats = tuple(replace(seat, capacity=3) for seat in rule.people)
    people = {
        "lin": Person("lin", active=False),
        "mei": Person("mei", on_duty=False),
        "wang": Person("wang", territories=("CN-31",), open_leads=3),
        "zhao": Person("zhao", territories=("CN-32",)),
    }

    free, skipped = available(rule, a_lead(territory="CN-31"), seats, people)

    assert free == []
    assert skipped == (
        Skipped("gone", "left"),
        Skipped("lin", "left"),
        Skipped("mei", "off-duty"),
        Skipped("wang", "full"),
        Skipped("zhao", "other-territory"),
    )


def test_a_team_is_chosen_from_beside_those_named() -> None:
    rule = a_rule(people=(Seat(member_id="lin", capacity=9),), team_id="north", team_capacity=2)

    assert seats_of(rule, ["lin", "mei"]) == (Seat(member_id="lin", capacity=9), Seat(member_id="mei", capacity=2))


def test_the_least_loaded_is_chosen_by_leads_or_by_how_full_he_is() -> None:
    seats = (Seat(member_id="lin", capacity=4), Seat(member_id="mei", capacity=100))
    people = {"lin": Person("lin", open_leads=3), "mei": Person("mei", open_leads=10)}

    assert choose(a_rule(choose="least-open"), seats, people, ()) == "lin"
    assert choose(a_rule(choose="capacity"), seats, people, ()) == "mei"


def test_among_equals_it_is_the_turn_of_whoever_waited_longest() -> None:
    seats = tuple(Seat(member_id=one) for one in MEMBERS)

    for way in CHOICES:
        assert choose(a_rule(choose=way), seats, everybody(), ("lin", "mei")) == "wang"
        assert choose(a_rule(choose=way), seats, everybody(), ("wang", "lin", "zhao", "mei")) == "wang"


@given(st.sampled_from(CHOICES), people_strategy, seats_strategy, st.permutations(MEMBERS))
def test_nobody_is_chosen_who_cannot_take_it_and_somebody_is_if_anybody_can(
    way: Choice, people: dict[str, Person], seats: list[Seat], turn: list[str]
) -> None:
    rule = a_rule(choose=way)
    free, skipped = available(rule, a_lead(), seats, people)
    chosen = choose(rule, free, people, turn)

    assert len(free) + len(skipped) == len(seats)
    assert (chosen is None) == (not free)
    if chosen is not None:
        person, seat = people[chosen], next(seat for seat in seats if seat.member_id == chosen)
        assert person.active
        assert person.on_duty
        assert seat.capacity is None or person.open_leads < seat.capacity


@given(st.integers(1, 60))
def test_a_round_robin_is_even_and_in_turn(leads: int) -> None:
    seats, turn, got = [Seat(member_id=one) for one in MEMBERS], tuple[str, ...](), Counter[str]()
    for _ in range(leads):
        chosen = choose(a_rule(), seats, everybody(), turn)
        assert chosen is not None
        turn, got[chosen] = turned(turn, chosen), got[chosen] + 1

    counts = [got[one] for one in MEMBERS]
    assert max(counts) - min(counts) <= 1


@given(st.lists(st.sets(st.sampled_from(MEMBERS), min_size=1), min_size=1, max_size=40))
def test_who_comes_back_from_a_day_off_gets_no_more_than_one_before_the_others(present: list[set[str]]) -> None:
    turn: tuple[str, ...] = ()
    for here in present:
        seats = [Seat(member_id=one) for one in MEMBERS if one in here]
        chosen = choose(a_rule(), seats, everybody(), turn)
        assert chosen in here
        assert chosen == min(here, key=lambda one: (turn.index(one) if one in turn else -1, MEMBERS.index(one)))
        turn = turned(turn, str(chosen))


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([a_rule("a"), a_rule("a")], "same-rule"),
        ([a_rule(people=())], "no-people"),
        ([a_rule(names=("lin", "lin"))], "same-member"),
        ([a_rule(when={"value_from": 5})], "no-currency"),
        ([a_rule(when={"value_from": 5, "value_below": 5, "currency": "CNY"})], "bad-order"),
    ],
)
def test_rules_that_cannot_be_followed_are_refused(rules: list[Rule], code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_rules(rules)

    assert refused.value.code == code


def test_the_decision_and_its_reason_are_kept_and_told() -> None:
    decision = Decision(rules_version=4, rule_id="east", member_id="mei", reason="least-open")
    lead = a_lead(owner_id=None, undecided=True, pooled_at=None)

    given_away, told = assign(lead, NOW, NOW, owner_id="mei", team_id="north", decision=decision)

    assert given_away == a_lead(owner_id="mei", decision=decision)
    assert told == [
        LeadAssigned(
            lead_id="lead-1", owner_id="mei", team_id="north", rule="east", rules_version=4, reason="least-open"
        )
    ]


def test_a_lead_the_rules_found_nobody_for_lies_in_the_pool_with_the_reason() -> None:
    decision = nobody(4, "east", (Skipped("mei", "off-duty"),))

    pooled, told = leave_in_pool(a_lead(owner_id=None, undecided=True, pooled_at=None), NOW, decision)

    assert (pooled, told) == (a_lead(owner_id=None, decision=decision), [])
    assert (decision.reason, nobody(4, None).reason) == ("nobody-available", "no-rule")


def leads_of_a_month(count: int = 12) -> list[Lead]:
    was = Decision(rules_version=1, rule_id="old", member_id="zhao", reason="round-robin")
    return [
        a_lead(
            f"lead-{number:02}",
            channel="fair" if number % 3 else "web",
            decision=was,
            created_at=NOW + timedelta(days=number),
        )
        for number in range(count)
    ]


def test_a_replay_says_who_would_have_got_what() -> None:
    rules = RuleSet(2, (a_rule("web", when={"channels": ("web",)}, names=("zhao",)), a_rule("rest")))

    found = Replay(rules, everybody(on_duty=False), {}).run(leads_of_a_month())

    assert [one.decision.member_id for one in found[:4]] == ["zhao", "lin", "mei", "zhao"]
    assert Counter(one.decision.member_id for one in found) == {"zhao": 4, "lin": 4, "mei": 4}
    assert sum(one.changes for one in found) == 8
    assert found[1] == Replayed(
        "lead-01",
        "zhao",
        Decision(rules_version=2, rule_id="rest", member_id="lin", reason="round-robin"),
    )


@given(st.permutations(range(12)), st.sampled_from(CHOICES), st.integers(1, 5))
def test_a_replay_is_the_same_in_whatever_order_the_leads_are_read(
    order: list[int], way: Choice, capacity: int
) -> None:
    seats = tuple(Seat(member_id=one, capacity=capacity) for one in MEMBERS[:3])
    rules = RuleSet(2, (a_rule(choose=way, people=seats),))
    leads = leads_of_a_month()

    found = Replay(rules, everybody(), {}).run(leads[place] for place in order)

    assert found == Replay(rules, everybody(), {}).run(leads)
    got = Counter(one.decision.member_id for one in found)
    assert max(got[one] for one in MEMBERS) <= capacity
    assert got[None] == max(12 - 3 * capacity, 0)
