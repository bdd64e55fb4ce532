from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backbone.contract.plans import (
    FollowUpCancelled,
    FollowUpMissed,
    FollowUpReplanned,
    VisitCancelled,
    VisitMissed,
    VisitReplanned,
)
from backbone.problems import Refused
from services.activities.domain import planned_follow_up as calls
from services.activities.domain import planned_visit as visits
from services.activities.domain.next_step import check_step
from services.activities.domain.planned_follow_up import PlannedFollowUp
from services.activities.domain.planned_visit import PlannedVisit

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
VISIT = PlannedVisit(
    planned_visit_id="plan-1",
    member_id="li",
    owner_id="li",
    team_id="north",
    customer_id="customer-1",
    starts_at=NOW + timedelta(hours=2),
    on=TODAY,
    recorded_at=NOW,
)
CALL = PlannedFollowUp(
    planned_follow_up_id="call-1",
    member_id="li",
    owner_id="li",
    team_id="north",
    lead_id="lead-1",
    kind="call",
    due_on=TODAY,
    recorded_at=NOW,
)
WHOSE: dict[str, Any] = {"planned_visit_id": "plan-1", "customer_id": "customer-1", "team_id": "north"}
LIS: dict[str, Any] = {"member_id": "li", "owner_id": "li"}


def refusal(decide: object, *args: object, **named: object) -> str:
    with pytest.raises(Refused) as refused:
        decide(*args, **named)  # type: ignore[operator]
    return refused.value.code


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        pytest.param(replace(VISIT, customer_id=None), "one-place", id="at nobody's place"),
        pytest.param(replace(VISIT, lead_id="lead-1"), "one-place", id="at two places"),
        pytest.param(replace(VISIT, starts_at=NOW - timedelta(hours=10)), "day-over", id="yesterday"),
        pytest.param(replace(VISIT, starts_at=NOW + timedelta(days=400)), "too-far-ahead", id="in a year"),
        pytest.param(replace(VISIT, ends_at=NOW), "ends-before-start", id="backwards"),
        pytest.param(replace(VISIT, ends_at=NOW + timedelta(days=2)), "too-long", id="for two days"),
    ],
)
def test_a_visit_that_cannot_be_planned_is_refused(plan: PlannedVisit, code: str) -> None:
    assert refusal(visits.plan_visit, plan, NOW, ZONE) == code


def test_a_visit_may_be_planned_for_earlier_today() -> None:
    early = replace(VISIT, starts_at=NOW - timedelta(hours=8))

    assert visits.plan_visit(early, NOW, ZONE)[0] == early


def test_a_plan_that_is_moved_tells_the_time_before_and_after() -> None:
    later = NOW + timedelta(days=3)

    moved, events = visits.replan(VISIT, NOW, ZONE, starts_at=later, ends_at=None, reason="route")

    assert (moved.starts_at, moved.on) == (later, date(2026, 3, 5))
    assert events == [VisitReplanned(**WHOSE, **LIS, from_starts_at=VISIT.starts_at, starts_at=later, reason="route")]


def test_a_plan_moved_to_where_it_is_is_refused_unless_it_was_missed() -> None:
    same = {"starts_at": VISIT.starts_at, "ends_at": None}

    assert refusal(visits.replan, VISIT, NOW, ZONE, **same) == "planned-before"
    assert visits.replan(replace(VISIT, state="missed"), NOW, ZONE, starts_at=VISIT.starts_at, ends_at=None)[0] == VISIT


def test_a_plan_of_a_leaver_goes_to_his_successor_and_says_from_whom() -> None:
    given, events = visits.hand_over(VISIT, member_id="mei", team_id="south", reason="member-left")

    assert (given.member_id, given.owner_id, given.team_id) == ("mei", "mei", "south")
    assert events == [
        VisitReplanned(
            planned_visit_id="plan-1",
            customer_id="customer-1",
            member_id="mei",
            owner_id="mei",
            team_id="south",
            from_starts_at=VISIT.starts_at,
            starts_at=VISIT.starts_at,
            from_member_id="li",
            reason="member-left",
        )
    ]


def test_a_visit_keeps_its_plan_also_after_it_was_missed_and_only_once() -> None:
    kept = visits.keep(replace(VISIT, state="missed"), "visit-1")

    assert kept == replace(VISIT, state="kept", visit_id="visit-1")
    assert visits.keep(kept, "visit-2") == kept
    assert visits.give_back(kept, "visit-2") == kept
    assert visits.give_back(kept, "visit-1") == VISIT


def test_a_plan_is_missed_when_its_day_is_over_and_not_before() -> None:
    missed, events = visits.miss(VISIT, TODAY + timedelta(days=1))

    assert visits.miss(VISIT, TODAY) == (VISIT, [])
    assert missed == replace(VISIT, state="missed")
    assert events == [VisitMissed(**WHOSE, **LIS, starts_at=VISIT.starts_at)]
    assert visits.miss(missed, TODAY + timedelta(days=1)) == (missed, [])


def test_what_was_kept_or_cancelled_is_neither_moved_nor_cancelled() -> None:
    cancelled, events = visits.cancel(VISIT, "customer-away")

    assert events == [VisitCancelled(**WHOSE, **LIS, reason="customer-away")]
    for closed in (cancelled, visits.keep(VISIT, "visit-1")):
        assert refusal(visits.cancel, closed, "again") == "plan-closed"
        assert refusal(visits.replan, closed, NOW, ZONE, starts_at=NOW, ends_at=None) == "plan-closed"


def test_a_visit_keeps_only_a_plan_of_its_own_member_and_place() -> None:
    mine = {"member_id": "li", "customer_id": "customer-1", "lead_id": None}

    visits.check_keeps(VISIT, **mine)  # type: ignore[arg-type]
    assert refusal(visits.check_keeps, VISIT, **{**mine, "member_id": "mei"}) == "other-plan"
    assert refusal(visits.check_keeps, VISIT, **{**mine, "customer_id": "other"}) == "other-plan"
    assert refusal(visits.check_keeps, replace(VISIT, state="cancelled"), **mine) == "plan-cancelled"


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        pytest.param(replace(CALL, lead_id=None), "one-counterpart", id="with nobody"),
        pytest.param(replace(CALL, customer_id="customer-1"), "one-counterpart", id="with two"),
        pytest.param(replace(CALL, due_on=date(2026, 3, 1)), "day-over", id="for yesterday"),
        pytest.param(replace(CALL, due_on=date(2027, 4, 1)), "too-far-ahead", id="for next year"),
    ],
)
def test_a_follow_up_that_cannot_be_planned_is_refused(plan: PlannedFollowUp, code: str) -> None:
    assert refusal(calls.plan_follow_up, plan, TODAY) == code


def test_a_planned_follow_up_is_done_postponed_missed_and_cancelled() -> None:
    told: dict[str, Any] = {
        "planned_follow_up_id": "call-1",
        **LIS,
        "team_id": "north",
        "lead_id": "lead-1",
        "kind": "call",
    }
    friday = date(2026, 3, 6)

    postponed, events = calls.replan(CALL, TODAY, due_on=friday, reason="busy")
    assert postponed == replace(CALL, due_on=friday)
    assert events == [FollowUpReplanned(**told, from_due_on=TODAY, due_on=friday, reason="busy")]

    missed, events = calls.miss(CALL, TODAY + timedelta(days=1))
    assert events == [FollowUpMissed(**told, due_on=TODAY)]
    assert calls.miss(CALL, TODAY) == (CALL, [])

    done = calls.fulfil(missed, "follow-up-1")
    assert done == replace(CALL, state="done", follow_up_id="follow-up-1")
    assert calls.give_back(done, "follow-up-1") == CALL
    assert refusal(calls.cancel, done, "late") == "plan-closed"

    cancelled, events = calls.cancel(CALL, "lead-lost")
    assert (cancelled.state, events) == ("cancelled", [FollowUpCancelled(**told, reason="lead-lost")])
    assert calls.fulfil(cancelled, "follow-up-1") == cancelled


def test_a_next_step_needs_a_day_that_is_not_long_before_or_after_what_it_follows() -> None:
    check_step(None, None, NOW)
    check_step("call", TODAY, NOW)
    assert refusal(check_step, "call", None, NOW) == "no-day"
    assert refusal(check_step, "visit", TODAY - timedelta(days=2), NOW) == "step-before"
    assert refusal(check_step, "visit", TODAY + timedelta(days=400), NOW) == "too-far-ahead"
