"""How a complaint is opened, assigned, judged and answered."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintJudged,
    ComplaintOpened,
    ComplaintReplied,
)
from backbone.problems import Refused
from services.activities.domain import complaint as complaints
from services.activities.domain import opening
from services.activities.domain.opening import Choice
from services.activities.domain.story import (
    Assignment,
)
from tests.unit.complaints_made import COMPLAINT, LI, NOW, RAISED, TERMS, WANG, WHOSE, code, differ, hours, in_state


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
