"""The clock of a complaint: a function of its history, the policy and a moment."""

from typing import Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.sla import (
    FIRST_REPLY,
    Clock,
    Kind,
    Moment,
    due_at,
    in_time,
    next_look,
    reached_by,
    state_of,
    with_moment,
)
from services.analytics.folds.clocks import Alert, looked_at

HOUR: Final = 3_600_000
WARNING: Final = 24 * HOUR * 80 // 100
DUE: Final = 24 * HOUR
FOREVER: Final = 10**6 * HOUR


def clock(*moments: tuple[float, str]) -> Clock:
    """A clock whose history is told in hours since it was opened."""
    history: tuple[Moment, ...] = ()
    for place, (hours, kind) in enumerate(moments):
        moment = Moment(int(hours * HOUR), cast("Kind", kind), f"e{place}", "ann", "north", 20260301)
        history = with_moment(history, moment)
    return Clock("c1", history)


def test_the_time_is_up_a_day_after_the_complaint_was_opened() -> None:
    assert due_at(clock((3, "opened")), FIRST_REPLY) == 27 * HOUR


@pytest.mark.parametrize(("replied", "timely"), [(0.5, True), (24, True), (24.001, False)])
def test_a_reply_at_the_very_deadline_is_in_time(replied: float, timely: bool) -> None:
    answered = clock((0, "opened"), (replied, "replied"))

    assert (in_time(answered, FIRST_REPLY) is not None) is timely
    assert ("breach" in reached_by(answered, FIRST_REPLY, FOREVER)) is not timely


@pytest.mark.parametrize(
    ("story", "state"),
    [
        ([(1, "replied")], "unopened"),
        ([(0, "opened")], "open"),
        ([(0, "opened"), (1, "paused")], "open"),
        ([(0, "opened"), (1, "resolved")], "closed"),
        ([(0, "opened"), (1, "merged")], "closed"),
        ([(0, "opened"), (1, "closed"), (2, "reopened")], "open"),
        ([(0, "opened"), (1, "replied"), (2, "reopened")], "answered"),
    ],
)
def test_the_state_follows_from_the_history(story: list[tuple[float, str]], state: str) -> None:
    assert state_of(clock(*story)) == state


def test_a_pause_does_not_stop_it() -> None:
    paused = clock((0, "opened"), (1, "paused"), (30, "resumed"))

    assert reached_by(paused, FIRST_REPLY, 26 * HOUR) == {"warning": WARNING, "breach": DUE}


def test_a_closed_complaint_reaches_nothing_and_a_reopened_one_runs_on_with_its_old_deadline() -> None:
    assert reached_by(clock((0, "opened"), (5, "closed")), FIRST_REPLY, FOREVER) == {}

    again = clock((0, "opened"), (5, "closed"), (30, "reopened"))
    assert reached_by(again, FIRST_REPLY, 29 * HOUR) == {}
    assert reached_by(again, FIRST_REPLY, 31 * HOUR) == {"warning": 30 * HOUR, "breach": 30 * HOUR}


def test_the_next_look_is_at_the_next_level_until_all_are_reached() -> None:
    running = clock((0, "opened"))
    assert next_look(running, FIRST_REPLY) == WARNING

    warned, _ = looked_at(running, FIRST_REPLY, WARNING)
    assert next_look(warned, FIRST_REPLY) == DUE

    breached, _ = looked_at(warned, FIRST_REPLY, DUE)
    assert next_look(breached, FIRST_REPLY) is None


def test_each_level_raises_its_alert_once() -> None:
    warned, first = looked_at(clock((0, "opened")), FIRST_REPLY, 20 * HOUR)
    _, again = looked_at(warned, FIRST_REPLY, 21 * HOUR)
    _, last = looked_at(warned, FIRST_REPLY, 25 * HOUR)

    assert first == (Alert("raise", "warning", WARNING),)
    assert again == ()
    assert last == (Alert("raise", "breach", DUE),)


def test_a_breach_noticed_after_the_late_reply_is_raised_and_a_warning_is_not() -> None:
    late = clock((0, "opened"), (30, "replied"))

    after, alerts = looked_at(late, FIRST_REPLY, 0)

    assert alerts == (Alert("raise", "breach", DUE),)
    assert [(one.level, one.raised) for one in after.reached] == [("warning", False), ("breach", True)]


def test_a_timely_reply_that_is_told_late_clears_what_was_raised() -> None:
    breached, _ = looked_at(clock((0, "opened")), FIRST_REPLY, 25 * HOUR)
    reply = Moment(2 * HOUR, "replied", "e9", "ann", "north", 20260301)
    answered = Clock("c1", with_moment(breached.history, reply), seen=breached.seen, reached=breached.reached)

    after, alerts = looked_at(answered, FIRST_REPLY, 0)

    assert alerts == (Alert("clear", "warning", WARNING), Alert("clear", "breach", DUE))
    assert after.reached == ()


STORIES = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.sampled_from(["replied", "resolved", "closed", "merged", "reopened", "paused", "resumed"]),
    ),
    max_size=8,
)


@given(STORIES, st.permutations(range(8)), st.integers(0, 80))
def test_the_order_in_which_a_story_is_told_does_not_matter(
    story: list[tuple[int, str]], order: list[int], hours: int
) -> None:
    whole = [(0, "opened"), *story]
    told = [whole[place] for place in order if place < len(whole)] + whole[8:]
    names = {moment: f"e{place}" for place, moment in enumerate(dict.fromkeys(whole))}

    def of(moments: list[tuple[int, str]]) -> Clock:
        history: tuple[Moment, ...] = ()
        for moment in moments:
            at, kind = moment
            history = with_moment(history, Moment(at * HOUR, cast("Kind", kind), names[moment], "ann", None, 20260301))
        return Clock("c1", history)

    assert reached_by(of(told), FIRST_REPLY, hours * HOUR) == reached_by(of(whole), FIRST_REPLY, hours * HOUR)
    assert state_of(of(told)) == state_of(of(whole))


@given(STORIES, st.integers(0, 80), st.integers(0, 80))
def test_a_level_once_reached_stays_reached_as_time_goes_on(story: list[tuple[int, str]], one: int, two: int) -> None:
    told = clock((0, "opened"), *story)
    earlier, later = sorted((one, two))

    assert reached_by(told, FIRST_REPLY, earlier * HOUR).items() <= reached_by(told, FIRST_REPLY, later * HOUR).items()
