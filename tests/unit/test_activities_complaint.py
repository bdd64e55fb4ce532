from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintOpened,
    ComplaintPaused,
    ComplaintReopened,
    ComplaintReplied,
    ComplaintResolved,
    ComplaintResumed,
)
from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.activities.domain import complaint as complaints
from services.activities.domain.complaint import ALLOWED, Complaint, Decided, Move, State

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(days=7)
COMPLAINT = Complaint(
    complaint_id="complaint-1",
    owner_id="li",
    team_id="north",
    customer_id="customer-1",
    channel="phone",
    since=OPENED,
    owned_since=OPENED,
    opened_at=OPENED,
    recorded_at=OPENED,
)
WHOSE: dict[str, Any] = {
    "complaint_id": "complaint-1",
    "customer_id": "customer-1",
    "owner_id": "li",
    "team_id": "north",
}

MOVES: dict[Move, Callable[[Complaint, datetime, datetime], Decided]] = {
    "assign": lambda was, at, now: complaints.assign(was, at, now, owner_id=f"not-{was.owner_id}", team_id="south"),
    "pause": lambda was, at, now: complaints.pause(was, at, now, member_id="li", reason="waits-for-customer"),
    "resume": lambda was, at, now: complaints.resume(was, at, now, member_id="li"),
    "resolve": lambda was, at, now: complaints.resolve(was, at, now, member_id="li"),
    "reopen": complaints.reopen,
    "close": lambda was, at, now: complaints.close(was, at, now, reason="withdrawn"),
}


def hours(count: float) -> datetime:
    return OPENED + timedelta(hours=count)


def in_state(state: State, since: datetime = OPENED) -> Complaint:
    return replace(COMPLAINT, state=state, since=since)


def test_an_opened_complaint_tells_who_is_to_answer_by_which_policy() -> None:
    complaint = replace(
        COMPLAINT, product_id="pump", severity="high", summary_code="broken", policy_id="first-reply-4h"
    )

    assert complaints.open_complaint(complaint, NOW) == (
        complaint,
        [
            ComplaintOpened(
                **WHOSE,
                channel="phone",
                product_id="pump",
                severity="high",
                summary_code="broken",
                policy_id="first-reply-4h",
            )
        ],
    )


def test_a_complaint_may_wait_for_an_owner() -> None:
    complaint = replace(COMPLAINT, owner_id=None, team_id=None)

    _, (event,) = complaints.open_complaint(complaint, NOW)

    assert event == ComplaintOpened(**{**WHOSE, "owner_id": None, "team_id": None}, channel="phone")


def test_a_complaint_is_not_opened_in_the_future() -> None:
    with pytest.raises(Refused) as refused:
        complaints.open_complaint(replace(COMPLAINT, opened_at=NOW + timedelta(minutes=6)), NOW)

    assert (refused.value.code, refused.value.field) == ("future-time", "/opened_at")


def test_an_assignment_tells_who_had_it_before() -> None:
    assigned, events = complaints.assign(COMPLAINT, hours(1), NOW, owner_id="wang", team_id="south", reason="ill")

    assert assigned == replace(COMPLAINT, owner_id="wang", team_id="south", owned_since=hours(1))
    assert events == [
        ComplaintAssigned(
            complaint_id="complaint-1",
            customer_id="customer-1",
            owner_id="wang",
            team_id="south",
            from_owner_id="li",
            from_team_id="north",
            reason="ill",
        )
    ]


def test_a_complaint_is_not_assigned_to_the_member_who_has_it() -> None:
    with pytest.raises(Refused) as refused:
        complaints.assign(COMPLAINT, hours(1), NOW, owner_id="li", team_id="north")

    assert refused.value.code == "assigned-before"


def test_an_assignment_does_not_lie_before_the_one_before_it() -> None:
    complaint = replace(COMPLAINT, owned_since=hours(5))

    with pytest.raises(Refused) as refused:
        complaints.assign(complaint, hours(4), NOW, owner_id="wang", team_id="south")

    assert refused.value.code == "too-early"


def test_a_reply_leaves_the_state_as_it_is() -> None:
    replied, events = complaints.reply(in_state("paused"), hours(3), NOW, member_id="wang", channel="mail")

    assert replied == replace(in_state("paused"), first_replied_at=hours(3), last_replied_at=hours(3))
    assert events == [ComplaintReplied(**WHOSE, member_id="wang", channel="mail")]


@given(st.permutations([1, 4, 9, 30]))
def test_the_first_reply_is_the_earliest_in_whatever_order_phones_tell(told: list[int]) -> None:
    complaint = COMPLAINT
    for hour in told:
        complaint, _ = complaints.reply(complaint, hours(hour), NOW, member_id="li")

    assert (complaint.first_replied_at, complaint.last_replied_at) == (hours(1), hours(30))


def test_a_reply_from_before_the_closing_may_be_told_after_it() -> None:
    replied, _ = complaints.reply(in_state("closed", hours(10)), hours(2), NOW, member_id="li")

    assert (replied.state, replied.first_replied_at) == ("closed", hours(2))


def test_a_closed_complaint_is_not_answered_any_more() -> None:
    with pytest.raises(Refused) as refused:
        complaints.reply(in_state("closed", hours(10)), hours(11), NOW, member_id="li")

    assert refused.value.code == "closed"


def test_a_pause_says_what_is_waited_for() -> None:
    paused, events = complaints.pause(COMPLAINT, hours(2), NOW, member_id="li", reason="waits-for-customer")

    assert paused == replace(in_state("paused", hours(2)), pause_reason="waits-for-customer")
    assert events == [ComplaintPaused(**WHOSE, member_id="li", reason="waits-for-customer")]


def test_the_end_of_a_pause_tells_how_long_it_was() -> None:
    paused = replace(in_state("paused", hours(2)), pause_reason="waits-for-customer")

    resumed, events = complaints.resume(paused, hours(5), NOW, member_id="li")

    assert resumed == in_state("open", hours(5))
    assert events == [ComplaintResumed(**WHOSE, member_id="li", paused_seconds=3 * 3600)]


def test_a_solved_complaint_says_what_was_done() -> None:
    resolved, events = complaints.resolve(COMPLAINT, hours(2), NOW, member_id="wang", resolution="replaced")

    assert resolved == replace(in_state("resolved", hours(2)), resolved_at=hours(2), resolution="replaced")
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

    assert closed == replace(in_state("closed", hours(30)), closed_at=hours(30))
    assert events == [ComplaintClosed(**WHOSE)]


def test_a_complaint_that_is_not_resolved_is_closed_with_a_reason_only() -> None:
    with pytest.raises(Refused) as refused:
        complaints.close(COMPLAINT, hours(2), NOW)

    assert (refused.value.code, refused.value.field) == ("no-reason", "/reason")


def test_a_reopened_complaint_is_open_as_if_it_had_never_been_resolved() -> None:
    resolved, _ = complaints.resolve(COMPLAINT, hours(2), NOW, member_id="li", resolution="replaced")
    closed, _ = complaints.close(resolved, hours(3), NOW)

    reopened, events = complaints.reopen(closed, hours(9), NOW, reason="broke-again")

    assert reopened == replace(in_state("open", hours(9)), times_reopened=1)
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


@pytest.mark.parametrize("move", [move for move in MOVES if move != "assign"])
def test_no_move_of_the_state_lies_before_the_one_before_it(move: Move) -> None:
    with pytest.raises(Refused) as refused:
        MOVES[move](in_state(ALLOWED[move][0], since=hours(5)), hours(4), NOW)

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
