"""How a complaint is paused, resolved, closed and reopened, and in which states."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.complaints import (
    ComplaintClosed,
    ComplaintPaused,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintResumed,
)
from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.activities.domain import complaint as complaints
from services.activities.domain.moving import ALLOWED, Move
from services.activities.domain.story import (
    Spent,
    State,
)
from tests.unit.complaints_made import COMPLAINT, MOVES, NOW, OPENED, WHOSE, code, differ, hours, in_state


def test_a_pause_says_what_is_waited_for() -> None:
    paused, events = complaints.pause(COMPLAINT, hours(2), NOW, member_id="li", reason="waits-for-customer")

    assert differ(paused, COMPLAINT) == {
        "state": "paused",
        "since": hours(2),
        "spent": Spent(open=2 * 3_600_000),
        "pause_reason": "waits-for-customer",
    }
    assert events == [ComplaintPaused(**WHOSE, member_id="li", reason="waits-for-customer")]


def test_the_end_of_a_pause_tells_how_long_it_was() -> None:
    resumed, events = complaints.resume(in_state("paused", hours(2)), hours(5), NOW, member_id="li")

    assert differ(resumed, COMPLAINT) == {
        "since": hours(5),
        "spent": Spent(open=2 * 3_600_000, paused=3 * 3_600_000),
    }
    assert events == [ComplaintResumed(**WHOSE, member_id="li", paused_seconds=3 * 3600)]


def test_a_solved_complaint_says_what_was_done() -> None:
    resolved, events = complaints.resolve(COMPLAINT, hours(2), NOW, member_id="wang", resolution="replaced")

    assert differ(resolved, COMPLAINT) == {
        "state": "resolved",
        "since": hours(2),
        "spent": Spent(open=2 * 3_600_000),
        "resolved_at": hours(2),
        "resolution": "replaced",
    }
    assert events == [ComplaintResolved(**WHOSE, member_id="wang", resolution="replaced")]


def test_solving_a_paused_complaint_ends_its_pause_first() -> None:
    resolved, events = complaints.resolve(in_state("paused", hours(2)), hours(6), NOW, member_id="li")

    assert resolved.state == "resolved"
    assert events == [
        ComplaintResumed(**WHOSE, member_id="li", paused_seconds=4 * 3600),
        ComplaintResolved(**WHOSE, member_id="li"),
    ]


def test_closing_a_paused_complaint_ends_its_pause_first() -> None:
    closed, events = complaints.close(in_state("paused", hours(2)), hours(6), NOW, member_id="li", reason="withdrawn")

    assert closed.state == "closed"
    assert events == [
        ComplaintResumed(**WHOSE, member_id="li", paused_seconds=4 * 3600),
        ComplaintClosed(**WHOSE, member_id="li", reason="withdrawn"),
    ]


def test_a_resolved_complaint_is_closed_without_a_reason() -> None:
    closed, events = complaints.close(in_state("resolved", hours(2)), hours(30), NOW)

    assert (closed.state, closed.closed_at, closed.resolved_at) == ("closed", hours(30), hours(2))
    assert events == [ComplaintClosed(**WHOSE)]


def test_a_complaint_that_is_not_resolved_is_closed_with_a_reason_only() -> None:
    with pytest.raises(Refused) as refused:
        complaints.close(COMPLAINT, hours(2), NOW)

    assert (refused.value.code, refused.value.field) == ("no-reason", "/reason")


def test_a_reopened_complaint_is_open_as_if_it_had_never_been_resolved() -> None:
    resolved, _ = complaints.resolve(COMPLAINT, hours(2), NOW, member_id="li", resolution="replaced")
    closed, _ = complaints.close(resolved, hours(3), NOW)

    reopened, events = complaints.reopen(closed, hours(9), NOW, reason="broke-again")

    assert differ(reopened, COMPLAINT) == {
        "since": hours(9),
        "times_reopened": 1,
        "spent": Spent(open=2 * 3_600_000, resolved=3_600_000, closed=6 * 3_600_000),
    }
    assert events == [ComplaintReopened(**WHOSE, member_id=None, reason="broke-again")]


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_made_in_the_states_it_is_allowed_in_and_in_no_other(move: Move, state: State) -> None:
    complaint = in_state(state)
    if state in ALLOWED[move]:
        assert MOVES[move](complaint, hours(1), NOW)[1]
        return

    with pytest.raises(Refused) as refused:
        MOVES[move](complaint, hours(1), NOW)

    assert refused.value.code == f"not-{ALLOWED[move][0]}"


@pytest.mark.parametrize("move", MOVES)
def test_no_move_lies_before_the_opening(move: Move) -> None:
    with pytest.raises(Refused) as refused:
        MOVES[move](in_state(ALLOWED[move][0]), OPENED - timedelta(seconds=1), NOW)

    assert refused.value.code == "too-early"


@pytest.mark.parametrize("move", MOVES)
def test_no_move_lies_in_the_future(move: Move) -> None:
    with pytest.raises(Refused) as refused:
        MOVES[move](in_state(ALLOWED[move][0]), NOW + timedelta(minutes=6), NOW)

    assert refused.value.code == "future-time"


@pytest.mark.parametrize("move", [move for move in MOVES if move not in ("assign", "judge")])
def test_no_move_of_the_state_lies_before_the_one_before_it(move: Move) -> None:
    with pytest.raises(Refused) as refused:
        MOVES[move](in_state(ALLOWED[move][0], hours(5)), hours(4), NOW)

    assert refused.value.code == "too-early"


@given(st.lists(st.tuples(st.sampled_from(list(MOVES)), st.integers(0, 160)), max_size=12))
def test_whatever_is_tried_every_pause_on_the_log_ends_by_an_event_of_its_own(
    tried: list[tuple[Move, int]],
) -> None:
    complaint = COMPLAINT
    log: list[EventData] = []
    for move, hour in tried:
        try:
            complaint, events = MOVES[move](complaint, hours(hour), NOW)
        except Refused:
            continue
        log += events

    begun = sum(isinstance(event, ComplaintPaused) for event in log)
    ended = sum(isinstance(event, ComplaintResumed) for event in log)
    assert begun - ended == (complaint.state == "paused")


def test_a_pause_may_say_when_it_ends_by_itself() -> None:
    paused, events = complaints.pause(
        COMPLAINT, hours(1), NOW, member_id="li", reason="part-ordered", until_at=NOW + timedelta(days=2)
    )

    assert paused.resume_at == NOW + timedelta(days=2)
    assert events == [ComplaintPaused(**WHOSE, member_id="li", reason="part-ordered", until_at=NOW + timedelta(days=2))]


@pytest.mark.parametrize("until_at", [hours(1), hours(0), hours(1) + timedelta(days=367)])
def test_a_pause_does_not_end_before_it_began_nor_after_a_year(until_at: datetime) -> None:
    assert code(lambda: complaints.pause(COMPLAINT, hours(1), NOW, member_id="li", reason="x", until_at=until_at)) == (
        "bad-until",
        "/until_at",
    )


def test_a_solution_says_when_the_complaint_closes_by_itself_and_a_reopening_takes_it_back() -> None:
    complaint = replace(COMPLAINT, close_after_seconds=86_400)

    resolved, _ = complaints.resolve(complaint, hours(2), NOW, member_id="li")
    reopened, _ = complaints.reopen(resolved, hours(3), NOW)

    assert (resolved.close_at, reopened.close_at) == (hours(26), None)
