import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.problems import Refused
from services.activities.domain.frequency import (
    USUAL,
    FrequencyRule,
    Interval,
    Lapse,
    Mark,
    Rhythm,
    Unit,
    changes_nothing,
    rhythm_of,
    set_rule,
    standing,
)

RULE = FrequencyRule(intervals=USUAL)
DAY = date(2026, 3, 2)


def on(days: int) -> date:
    return DAY + timedelta(days=days)


def entered(days: int = 0, grade: str | None = "A", owner: str = "li") -> Mark:
    return Mark(on=on(days), order=days * 10, what="entered", grade=grade, owner_id=owner, team_id="north")


def graded(days: int, grade: str, owner: str = "li") -> Mark:
    return Mark(on=on(days), order=days * 10 + 2, what="graded", grade=grade, owner_id=owner, team_id="north")


def owned(days: int, owner: str) -> Mark:
    return Mark(on=on(days), order=days * 10 + 3, what="owned", owner_id=owner, team_id="north")


def visited(days: int) -> Mark:
    return Mark(on=on(days), order=days * 10 + 5, what="visited")


def rhythm(*marks: Mark, rule: FrequencyRule = RULE) -> Rhythm:
    return rhythm_of("customer-1", marks, rule, merged_into=None)


@pytest.mark.parametrize(
    ("grade", "due_on"),
    [("A", date(2026, 3, 9)), ("B", date(2026, 3, 16)), ("C", date(2026, 4, 2)), (None, None), ("D", None)],
)
def test_a_new_customer_is_due_one_interval_of_its_grade_later(grade: str | None, due_on: date | None) -> None:
    assert rhythm(entered(grade=grade)).due_on == due_on


@pytest.mark.parametrize(
    ("day", "every", "unit", "after"),
    [
        (date(2026, 1, 31), 1, "month", date(2026, 2, 28)),
        (date(2024, 1, 31), 1, "month", date(2024, 2, 29)),
        (date(2026, 11, 30), 3, "month", date(2027, 2, 28)),
        (date(2026, 12, 28), 1, "week", date(2027, 1, 4)),
        (date(2026, 3, 2), 10, "day", date(2026, 3, 12)),
    ],
)
def test_an_interval_goes_by_the_calendar(day: date, every: int, unit: Unit, after: date) -> None:
    assert Interval(every=every, unit=unit).after(day) == after


def test_a_visit_in_time_sets_the_next_day_and_leaves_no_lapse() -> None:
    assert rhythm(entered(), visited(7)) == Rhythm(
        customer_id="customer-1",
        owner_id="li",
        team_id="north",
        grade="A",
        last_visit_on=on(7),
        first_then=visited(7).order,
        due_on=on(14),
    )


def test_a_visit_that_came_late_is_a_lapse_of_whoever_owned_the_customer_on_the_day() -> None:
    found = rhythm(entered(), owned(9, "mei"), visited(12))

    assert found.lapses == (Lapse(due_on=on(7), grade="A", owner_id="li", team_id="north", met_on=on(12)),)
    assert (found.owner_id, found.due_on) == ("mei", on(19))


def test_a_lapse_that_is_open_when_the_owner_changes_stays_the_first_ones() -> None:
    found = rhythm(entered(), owned(9, "mei"))

    assert found.lapses == (Lapse(due_on=on(7), grade="A", owner_id="li", team_id="north"),)
    assert (found.owner_id, found.due_on) == ("mei", on(7))


def test_a_new_grade_begins_a_new_interval() -> None:
    assert rhythm(entered(grade="C"), visited(20), graded(25, "A")).due_on == on(32)
    # What was missed by then stays missed.
    late = rhythm(entered(), graded(10, "C"))
    assert late.lapses == (Lapse(due_on=on(7), grade="A", owner_id="li", team_id="north"),)
    assert late.due_on == date(2026, 4, 12)


def test_a_customer_that_went_into_another_one_is_due_no_more() -> None:
    assert rhythm_of("customer-1", [entered()], RULE, merged_into="customer-2").due_on is None


@pytest.mark.parametrize(
    ("today", "stands"),
    [(0, "due"), (-1, "fine"), (7, "due"), (8, "missed")],
    ids=["7 days", "8 days", "today", "past"],
)
def test_a_customer_stands_by_the_day_it_is_due(today: int, stands: str) -> None:
    assert standing(rhythm(entered()), on(today), within_days=7) == stands
    assert standing(rhythm(entered(grade=None)), on(today), within_days=7) == "unplanned"


def test_a_rule_may_be_changed_and_holds_for_what_is_past_too() -> None:
    rule = set_rule(RULE, {"A": Interval(every=3, unit="week")})

    found = rhythm(entered(), visited(14), rule=rule)

    assert (rule.number, found.rule_number) == (1, 1)
    assert (found.due_on, found.lapses) == (on(35), ())
    with pytest.raises(Refused):
        set_rule(RULE, {"A": Interval(every=200, unit="week")})


marks = st.lists(
    st.one_of(
        st.builds(graded, st.integers(0, 200), st.sampled_from("ABCD")),
        st.builds(owned, st.integers(0, 200), st.sampled_from(["li", "mei"])),
        st.builds(visited, st.integers(0, 200)),
    ),
    max_size=12,
    unique_by=lambda mark: (mark.on, mark.what),
)


@given(marks, st.randoms(use_true_random=False))
def test_the_same_marks_in_any_order_give_the_same_rhythm(said: list[Mark], dice: object) -> None:
    ordered = [entered(), *said]
    shuffled = list(ordered)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]

    assert rhythm(*shuffled) == rhythm(*ordered)


@given(st.lists(st.integers(0, 300), max_size=30))
def test_a_customer_lapses_exactly_where_two_visits_lie_more_than_an_interval_apart(days: Sequence[int]) -> None:
    found = rhythm(entered(), *(visited(day) for day in sorted(set(days))))

    visits = [0, *sorted(set(days))]
    gaps = [(one, other) for one, other in itertools.pairwise(visits) if other - one > 7]
    assert [(lapse.due_on, lapse.met_on) for lapse in found.lapses] == [(on(one + 7), on(other)) for one, other in gaps]
    assert found.due_on == on(visits[-1] + 7)


@given(marks)
def test_who_has_a_rhythm_is_due_after_the_last_thing_that_counts(said: list[Mark]) -> None:
    found = rhythm(entered(), *said)

    if found.due_on is not None and found.last_visit_on is not None:
        assert found.due_on > found.last_visit_on
    assert all(lapse.met_on is None or lapse.met_on > lapse.due_on for lapse in found.lapses)
    assert found == replace(found, lapses=tuple(sorted(found.lapses, key=lambda lapse: lapse.due_on)))


@given(
    st.lists(
        st.builds(
            lambda mark, hour: replace(mark, order=hour),
            st.one_of(
                st.builds(graded, st.integers(0, 12), st.sampled_from("ABCD")),
                st.builds(owned, st.integers(0, 12), st.sampled_from(["li", "mei"])),
                st.builds(visited, st.integers(0, 12)),
            ),
            st.integers(0, 5),
        ),
        max_size=12,
    ),
    st.integers(0, 12),
    st.integers(0, 5),
)
def test_a_visit_said_to_change_nothing_changes_nothing(said: list[Mark], day: int, hour: int) -> None:
    found = rhythm(entered(), *said)
    further = replace(visited(day), order=hour)

    if changes_nothing(further, found):
        assert rhythm(entered(), *said, further) == found


def test_a_second_visit_of_a_day_changes_nothing_and_one_before_the_first_may() -> None:
    found = rhythm(entered(), visited(7))

    assert changes_nothing(visited(7), found)
    assert not changes_nothing(replace(visited(7), order=visited(7).order - 1), found)
    assert not changes_nothing(visited(8), found)
    assert not changes_nothing(visited(7), replace(found, merged_into="customer-2"))
    assert not changes_nothing(visited(7), None)
