"""How long a complaint was in each state, however it was told: by members' moves and by outside events in any order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintEvent,
    ComplaintJudged,
    ComplaintMerged,
    ComplaintOpened,
    ComplaintPaused,
    ComplaintReopened,
    ComplaintReplied,
    ComplaintResolved,
    ComplaintResumed,
)
from backbone.problems import Refused
from services.activities.domain import complaint as complaints
from services.activities.domain import opening
from services.activities.domain.adoption import Heard, adopt_step
from services.activities.domain.moving import Decided
from services.activities.domain.opening import Choice
from services.activities.domain.policy import Terms
from services.activities.domain.story import Assignment, Complaint, retold, spent_until

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(days=30)
LI = Choice(owner_id="li", team_id="north", assignment=Assignment(reason="own"))
RAISED = Complaint(
    complaint_id="k-1",
    owner_id=None,
    team_id=None,
    channel="phone",
    since=OPENED,
    owned_since=OPENED,
    opened_at=OPENED,
    recorded_at=OPENED,
)
COMPLAINT, _ = opening.open_complaint(RAISED, NOW, LI)

WAYS: dict[str, Callable[[Complaint, datetime], Decided]] = {
    "pause": lambda was, at: complaints.pause(was, at, NOW, member_id="li", reason="waits"),
    "resume": lambda was, at: complaints.resume(was, at, NOW, member_id="li"),
    "reply": lambda was, at: complaints.reply(was, at, NOW, member_id="li"),
    "resolve": lambda was, at: complaints.resolve(was, at, NOW, member_id="li"),
    "reopen": lambda was, at: complaints.reopen(was, at, NOW),
    "close": lambda was, at: complaints.close(was, at, NOW, reason="done"),
}
moments = st.integers(0, 30 * 86_400).map(lambda seconds: OPENED + timedelta(seconds=seconds))
tries = st.lists(st.tuples(st.sampled_from(sorted(WAYS)), moments), max_size=25)


def lived(tried: list[tuple[str, datetime]]) -> tuple[Complaint, list[ComplaintEvent], list[tuple[str, datetime]]]:
    """A complaint after whatever could be done of it, what the log says, and the states by their begin."""
    complaint, log, states = COMPLAINT, [], [("open", OPENED)]
    for way, at in tried:
        try:
            complaint, events = WAYS[way](complaint, at)
        except Refused:
            continue
        log += [event for event in events if isinstance(event, ComplaintEvent)]
        if way != "reply":
            states.append((complaint.state, at))
    return complaint, log, states


@given(tries)
def test_the_states_add_up_to_the_time_since_the_opening(tried: list[tuple[str, datetime]]) -> None:
    complaint, _, _ = lived(tried)

    assert sum(spent_until(complaint, NOW).values(), timedelta()) == NOW - OPENED


@given(tries)
def test_every_state_took_what_lay_between_its_moves(tried: list[tuple[str, datetime]]) -> None:
    complaint, _, states = lived(tried)

    expected = {state: timedelta() for state in ("open", "paused", "resolved", "closed", "merged")}
    for (state, begun), (_, ended) in pairwise([*states, ("", NOW)]):
        expected[state] += ended - begun
    assert spent_until(complaint, NOW) == expected


@given(tries)
def test_the_pauses_on_the_log_are_the_time_it_was_paused(tried: list[tuple[str, datetime]]) -> None:
    complaint, log, _ = lived(tried)
    told = sum(event.paused_seconds or 0 for event in log if isinstance(event, ComplaintResumed))
    running = (NOW - complaint.since).total_seconds() if complaint.state == "paused" else 0

    assert spent_until(complaint, NOW)["paused"].total_seconds() == told + running


@given(tries)
def test_as_many_reopenings_are_counted_as_the_log_tells(tried: list[tuple[str, datetime]]) -> None:
    complaint, log, _ = lived(tried)

    assert complaint.times_reopened == sum(isinstance(event, ComplaintReopened) for event in log)


@given(tries)
def test_a_complaint_told_again_from_its_steps_is_the_same(tried: list[tuple[str, datetime]]) -> None:
    complaint, _, _ = lived(tried)

    assert retold(complaint) == complaint


@given(tries, moments)
def test_no_pause_and_no_reopening_moves_the_first_reply(tried: list[tuple[str, datetime]], at: datetime) -> None:
    complaint, log, _ = lived(tried)
    replied = [said for said in log if isinstance(said, ComplaintReplied)]

    assert (complaint.first_replied_at is None) == (not replied)
    if complaint.state != "closed" or at <= complaint.since:
        after, _ = complaints.reply(complaint, at, NOW, member_id="li")
        assert after.first_replied_at == min(at, complaint.first_replied_at or at)


def whose(owner: str | None) -> dict[str, Any]:
    return {"complaint_id": "k-1", "customer_id": "c-1", "owner_id": owner, "team_id": owner and f"team-of-{owner}"}


owners = st.sampled_from([None, "li", "mei", "wang"])


@st.composite
def outside_steps(draw: st.DrawFn) -> tuple[ComplaintEvent, Heard]:
    owner = whose(draw(owners))
    member = {**owner, "member_id": draw(st.sampled_from(["li", "mei"]))}
    codes = st.sampled_from(["a", "b"])
    said: ComplaintEvent = draw(
        st.sampled_from(
            [
                ComplaintOpened(**owner, channel=draw(codes), severity=draw(codes), summary_code=draw(codes)),
                ComplaintJudged(**member, severity=draw(codes), policy_id=draw(codes)),
                ComplaintAssigned(**{**owner, "owner_id": "mei"}),
                ComplaintReplied(**member),
                ComplaintPaused(**member, reason="waits"),
                ComplaintResumed(**member),
                ComplaintResolved(**member, resolution=draw(codes)),
                ComplaintReopened(**member),
                ComplaintClosed(**member),
                ComplaintMerged(**owner, into_complaint_id="k-2"),
            ]
        )
    )
    heard = Heard(
        event_id=draw(st.uuids().map(str)),
        source="urn:call-centre",
        at=OPENED + timedelta(hours=draw(st.integers(0, 9))),
        sequence=draw(st.integers(0, 3)),
        recorded_at=NOW,
    )
    return said, heard


def adopted(told: list[tuple[ComplaintEvent, Heard]]) -> Complaint:
    complaint: Complaint | None = None
    for said, heard in told:
        complaint = adopt_step(complaint, said, heard)
    assert complaint is not None
    return complaint


@given(st.lists(outside_steps(), min_size=1, max_size=8), st.data())
def test_an_outside_complaint_is_the_same_in_whatever_order_and_however_often_it_is_told(
    told: list[tuple[ComplaintEvent, Heard]], data: st.DataObject
) -> None:
    again = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told), max_size=5))]))

    assert adopted(again) == adopted(told)


@given(st.lists(outside_steps(), min_size=1, max_size=8))
def test_the_states_of_an_outside_complaint_add_up_too(told: list[tuple[ComplaintEvent, Heard]]) -> None:
    complaint = adopted(told)

    assert sum(spent_until(complaint, NOW).values(), timedelta()) == NOW - complaint.opened_at


def heard_at(hours: float, event_id: str = "e-1", sequence: int = 0) -> Heard:
    at = OPENED + timedelta(hours=hours)
    return Heard(event_id=event_id, source="urn:call-centre", at=at, sequence=sequence, recorded_at=NOW)


def test_an_outside_complaint_stands_as_it_was_told() -> None:
    li, mei = whose("li"), whose("mei")
    complaint = adopted(
        [
            (ComplaintResumed(**mei, member_id="mei"), heard_at(5, "e-4", 4)),
            (ComplaintOpened(**li, channel="phone", severity="high", product_id="pump"), heard_at(0)),
            (ComplaintReplied(**mei, member_id="mei"), heard_at(5, "e-5", 5)),
            (ComplaintPaused(**li, member_id="li", reason="waiting"), heard_at(2, "e-3", 3)),
        ]
    )

    assert (complaint.channel, complaint.severity, complaint.product_id) == ("phone", "high", "pump")
    assert (complaint.owner_id, complaint.team_id) == ("mei", "team-of-mei")
    assert (complaint.state, complaint.since) == ("open", OPENED + timedelta(hours=5))
    assert complaint.first_replied_at == OPENED + timedelta(hours=5)
    assert spent_until(complaint, NOW)["paused"] == timedelta(hours=3)


def test_what_an_outside_system_says_of_our_own_complaint_is_a_step_of_it() -> None:
    replied = adopt_step(COMPLAINT, ComplaintReplied(**whose("li"), member_id="mei"), heard_at(3))
    opened = adopt_step(COMPLAINT, ComplaintOpened(**whose("mei"), channel="web"), heard_at(1))

    assert replied.first_replied_at == OPENED + timedelta(hours=3)
    assert opened == COMPLAINT


TERMS = Terms(policy_id="usual", policy_version=1, first_reply_seconds=3600, close_after_seconds=86_400)
RULED = Choice(owner_id="mei", team_id="north", assignment=Assignment(reason="least-open", rule_id="r-1"))


def test_an_outside_complaint_without_policy_and_owner_gets_both_once() -> None:
    complaint = adopted([(ComplaintOpened(**whose(None), channel="phone"), heard_at(0))])

    taken, events = opening.take_in(complaint, NOW, terms=TERMS, choice=RULED)

    assert (taken.policy_id, taken.owner_id, taken.assignment) == ("usual", "mei", RULED.assignment)
    unowned = {**whose(None)}
    assert events == [
        ComplaintJudged(**unowned, policy_id="usual", policy_version=1, first_reply_seconds=3600),
        ComplaintAssigned(**{**unowned, "owner_id": "mei", "team_id": "north"}, reason="least-open", rule_id="r-1"),
    ]
    assert opening.take_in(taken, NOW, terms=TERMS, choice=RULED) == (taken, [])


def test_an_outside_complaint_nobody_on_duty_can_take_lies_with_the_leader_whatever_is_told_later() -> None:
    complaint = adopted([(ComplaintOpened(**whose(None), channel="phone"), heard_at(0))])
    leader = Choice(owner_id=None, team_id="north", assignment=Assignment(reason="nobody-on-duty", rule_id="r-1"))

    taken, events = opening.take_in(complaint, NOW, terms=None, choice=leader)
    later = adopt_step(taken, ComplaintReplied(**whose(None), member_id="x"), heard_at(1, "e-2"))

    assert ([*events], taken.team_id, later.team_id) == ([], "north", "north")


def test_a_complaint_an_outside_system_resolved_gets_its_timer_when_it_is_taken_in() -> None:
    told = adopted(
        [
            (ComplaintOpened(**whose("li"), channel="phone"), heard_at(0)),
            (ComplaintResolved(**whose("li"), member_id="li"), heard_at(2, "e-2")),
        ]
    )

    taken, _ = opening.take_in(told, NOW, terms=replace(TERMS, policy_id=None), choice=None)

    assert taken.close_at == OPENED + timedelta(hours=26)
