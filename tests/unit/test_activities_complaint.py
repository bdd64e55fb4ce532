from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintJudged,
    ComplaintMerged,
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
from services.activities.domain import merging, opening
from services.activities.domain.forgetting import forget_reporter
from services.activities.domain.linking import link_article
from services.activities.domain.moving import ALLOWED, Decided, Move
from services.activities.domain.opening import Choice
from services.activities.domain.policy import Terms
from services.activities.domain.story import (
    MOST_STEPS,
    Assignment,
    Complaint,
    Reporter,
    Spent,
    State,
)

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(days=7)
LI = Choice(owner_id="li", team_id="north", assignment=Assignment(reason="own"))
WANG = Choice(owner_id="wang", team_id="south", assignment=Assignment(reason="ill"))
RAISED = Complaint(
    complaint_id="complaint-1",
    owner_id=None,
    team_id=None,
    customer_id="customer-1",
    channel="phone",
    since=OPENED,
    owned_since=OPENED,
    opened_at=OPENED,
    recorded_at=OPENED,
)
COMPLAINT, _ = opening.open_complaint(RAISED, NOW, LI)
WHOSE: dict[str, Any] = {
    "complaint_id": "complaint-1",
    "customer_id": "customer-1",
    "owner_id": "li",
    "team_id": "north",
}
TERMS = Terms(policy_id="a-high", policy_version=2, first_reply_seconds=14_400, resolution_seconds=172_800)

MOVES: dict[Move, Callable[[Complaint, datetime, datetime], Decided]] = {
    "assign": lambda was, at, now: opening.assign(was, at, now, choice=WANG if was.owner_id != "wang" else LI),
    "judge": lambda was, at, now: opening.judge(was, at, now, member_id="li", judged={"severity": "high"}, terms=TERMS),
    "pause": lambda was, at, now: complaints.pause(was, at, now, member_id="li", reason="waits-for-customer"),
    "resume": lambda was, at, now: complaints.resume(was, at, now, member_id="li"),
    "resolve": lambda was, at, now: complaints.resolve(was, at, now, member_id="li"),
    "reopen": complaints.reopen,
    "close": lambda was, at, now: complaints.close(was, at, now, reason="withdrawn"),
    "merge": lambda was, at, now: merging.merge(was, at, now, into_id="complaint-2", member_id="li"),
}
WAY_TO: dict[State, Sequence[Move]] = {
    "open": ("pause", "resume"),
    "paused": ("pause",),
    "resolved": ("resolve",),
    "closed": ("close",),
    "merged": ("merge",),
}


def hours(count: float) -> datetime:
    return OPENED + timedelta(hours=count)


def in_state(state: State, since: datetime = OPENED, was: Complaint = COMPLAINT) -> Complaint:
    for move in WAY_TO[state]:
        was, _ = MOVES[move](was, since, NOW)
    return was


def code(move: Callable[[], object]) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        move()
    return refused.value.code, refused.value.field


def differ(after: Complaint, before: Complaint) -> dict[str, object]:
    """The fields a move changed, but for its place in the story."""
    names = [name for name in Complaint.__dataclass_fields__ if name != "steps"]
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}


def test_an_opened_complaint_tells_who_is_to_answer_by_which_policy() -> None:
    raised = replace(TERMS.on(RAISED), product_id="pump", severity="high", summary_code="broken", customer_grade="A")

    complaint, events = opening.open_complaint(raised, NOW, LI)

    assert (complaint.owner_id, complaint.team_id, complaint.state) == ("li", "north", "open")
    assert events == [
        ComplaintOpened(
            **WHOSE,
            channel="phone",
            product_id="pump",
            severity="high",
            summary_code="broken",
            customer_grade="A",
            policy_id="a-high",
            policy_version=2,
            first_reply_seconds=14_400,
            resolution_seconds=172_800,
            assignment="own",
        )
    ]


def test_a_complaint_given_by_a_rule_is_opened_and_assigned_with_the_reason() -> None:
    choice = Choice(
        owner_id="mei", team_id="north", assignment=Assignment(reason="round-robin", rule_id="r-1", passed_over=("li",))
    )

    complaint, events = opening.open_complaint(RAISED, NOW, choice)

    assert (complaint.owner_id, complaint.assignment) == ("mei", choice.assignment)
    nobody = {**WHOSE, "owner_id": None, "team_id": None}
    assert events == [
        ComplaintOpened(**nobody, channel="phone", rule_id="r-1", assignment="round-robin"),
        ComplaintAssigned(**{**WHOSE, "owner_id": "mei"}, from_owner_id=None, reason="round-robin", rule_id="r-1"),
    ]


def test_a_complaint_nobody_on_duty_can_take_lies_with_the_leader_of_the_team() -> None:
    choice = Choice(owner_id=None, team_id="north", assignment=Assignment(reason="nobody-on-duty", rule_id="r-1"))

    complaint, events = opening.open_complaint(RAISED, NOW, choice)

    assert (complaint.owner_id, complaint.team_id) == (None, "north")
    assert events == [
        ComplaintOpened(**{**WHOSE, "owner_id": None}, channel="phone", rule_id="r-1", assignment="nobody-on-duty")
    ]


def test_a_complaint_may_wait_for_an_owner() -> None:
    nobody = Choice(owner_id=None, team_id=None, assignment=Assignment(reason="no-rule"))

    _, (event,) = opening.open_complaint(RAISED, NOW, nobody)

    assert event == ComplaintOpened(
        **{**WHOSE, "owner_id": None, "team_id": None}, channel="phone", assignment="no-rule"
    )


def test_a_complaint_is_not_opened_in_the_future() -> None:
    future = replace(RAISED, opened_at=NOW + timedelta(minutes=6))

    assert code(lambda: opening.open_complaint(future, NOW, LI)) == ("future-time", "/opened_at")


def test_an_assignment_tells_who_had_it_before() -> None:
    assigned, events = opening.assign(COMPLAINT, hours(1), NOW, choice=WANG)

    assert differ(assigned, COMPLAINT) == {
        "owner_id": "wang",
        "team_id": "south",
        "owned_since": hours(1),
        "assignment": WANG.assignment,
    }
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
    assert code(lambda: opening.assign(COMPLAINT, hours(1), NOW, choice=LI)) == ("assigned-before", "/owner_id")


def test_an_assignment_does_not_lie_before_the_one_before_it() -> None:
    complaint, _ = opening.assign(COMPLAINT, hours(5), NOW, choice=WANG)

    assert code(lambda: opening.assign(complaint, hours(4), NOW, choice=LI)) == ("too-early", "/at")


def test_no_assignment_is_made_when_the_rules_find_nobody() -> None:
    nobody = Choice(owner_id=None, team_id=None, assignment=Assignment(reason="no-rule"))

    assert code(lambda: opening.assign(COMPLAINT, hours(1), NOW, choice=nobody)) == ("no-rule", "/owner_id")


def test_a_judgement_brings_the_policy_that_holds_for_it() -> None:
    judged, events = opening.judge(
        COMPLAINT, hours(1), NOW, member_id="li", judged={"severity": "high", "product_id": "pump"}, terms=TERMS
    )

    assert differ(judged, COMPLAINT) == {
        "severity": "high",
        "product_id": "pump",
        "policy_id": "a-high",
        "policy_version": 2,
        "first_reply_seconds": 14_400,
        "resolution_seconds": 172_800,
    }
    assert events == [
        ComplaintJudged(
            **WHOSE,
            member_id="li",
            severity="high",
            product_id="pump",
            policy_id="a-high",
            policy_version=2,
            first_reply_seconds=14_400,
            resolution_seconds=172_800,
        )
    ]


def test_a_judgement_says_something() -> None:
    assert code(lambda: opening.judge(COMPLAINT, hours(1), NOW, member_id="li", judged={}, terms=TERMS)) == (
        "nothing-judged",
        "/severity",
    )


def test_a_reply_leaves_the_state_as_it_is() -> None:
    replied, events = complaints.reply(in_state("paused"), hours(3), NOW, member_id="wang", channel="mail")

    assert differ(replied, in_state("paused")) == {"first_replied_at": hours(3), "last_replied_at": hours(3)}
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


def test_a_merged_complaint_names_the_one_that_stays_and_its_pause_ends() -> None:
    merged, events = merging.merge(in_state("paused", hours(2)), hours(3), NOW, into_id="complaint-2", member_id="li")

    assert (merged.state, merged.merged_into_id) == ("merged", "complaint-2")
    assert events == [
        ComplaintResumed(**WHOSE, member_id="li", paused_seconds=3600),
        ComplaintMerged(**WHOSE, into_complaint_id="complaint-2", member_id="li"),
    ]


def test_a_merged_complaint_is_not_answered_any_more() -> None:
    assert code(lambda: complaints.reply(in_state("merged", hours(2)), hours(3), NOW, member_id="li"))[0] == "merged"


OTHER = replace(COMPLAINT, complaint_id="complaint-2")


def test_the_complaint_that_stays_notes_the_one_that_comes_once() -> None:
    noted = merging.absorb(merging.absorb(OTHER, COMPLAINT), COMPLAINT)

    assert noted == replace(OTHER, absorbed_ids=("complaint-1",))


@pytest.mark.parametrize(
    ("into", "problem"),
    [
        (COMPLAINT, "same-complaint"),
        (replace(OTHER, customer_id="customer-2"), "other-customer"),
        (replace(in_state("closed"), complaint_id="complaint-2"), "target-over"),
        (replace(in_state("merged"), complaint_id="complaint-2"), "target-over"),
        (replace(OTHER, absorbed_ids=tuple(f"k-{place}" for place in range(100))), "too-many-merged"),
    ],
)
def test_a_complaint_goes_into_no_other_than_an_open_one_of_its_customer(into: Complaint, problem: str) -> None:
    assert code(lambda: merging.absorb(into, COMPLAINT))[0] == problem


def test_a_complaint_takes_no_steps_without_end() -> None:
    full = replace(COMPLAINT, steps=COMPLAINT.steps * MOST_STEPS)

    assert code(lambda: complaints.reply(full, hours(1), NOW, member_id="li")) == ("too-many-steps", None)
    assert complaints.resolve(full, hours(1), NOW, member_id="li")[0].state == "resolved"


def test_a_move_counts_for_the_team_the_owner_is_in_by_now() -> None:
    moved = replace(COMPLAINT, team_id="south")

    paused, (event,) = complaints.pause(moved, hours(1), NOW, member_id="li", reason="x")

    assert (paused.owner_id, paused.team_id) == ("li", "south")
    assert event == ComplaintPaused(**{**WHOSE, "team_id": "south"}, member_id="li", reason="x")


def test_a_forgotten_reporter_leaves_the_story_as_it_was() -> None:
    told = replace(COMPLAINT, reporter=Reporter(name="Ann", phone="139 0000 0000"), words="It leaks again!")

    forgotten = forget_reporter(told, NOW)

    assert differ(forgotten, told) == {"reporter": None, "words": None, "erased_at": NOW}
    assert forget_reporter(forgotten, hours(1)) == forgotten


def test_an_article_is_linked_once_and_the_newer_word_on_its_help_holds() -> None:
    linked = link_article(link_article(COMPLAINT, "a-1", helped=True), "a-2", helped=False)
    again = link_article(linked, "a-1", helped=False)

    assert (linked.article_ids, linked.helped_by_ids) == (("a-1", "a-2"), ("a-1",))
    assert (again.article_ids, again.helped_by_ids) == (("a-2", "a-1"), ())


def test_a_complaint_is_linked_to_fifty_articles_at_most() -> None:
    full = replace(COMPLAINT, article_ids=tuple(f"a-{place}" for place in range(50)))

    assert code(lambda: link_article(full, "a-50", helped=True))[0] == "too-many-articles"
