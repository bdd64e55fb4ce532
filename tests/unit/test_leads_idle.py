from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.leads import LeadIdle, LeadRecycled
from backbone.problems import Refused
from services.leads.domain.idle import look_after, next_step_at, quiet_since
from services.leads.domain.lead import Bar, Lead, LeadState
from services.leads.domain.policy import IdleRule, PoolPolicy, lay_down_pool
from tests.unit.leads_made import NOW, a_lead

POLICY = PoolPolicy(
    changed_at=NOW,
    idle=(IdleRule(grade="-"), IdleRule(grade="A", remind_owner_days=1, remind_manager_days=None, recycle_days=2)),
)
DAY = timedelta(days=1)


def days(number: float) -> timedelta:
    return number * DAY


def reminder(level: str, day: int) -> LeadIdle:
    return LeadIdle(
        lead_id="lead-1",
        owner_id="lin",
        team_id="north",
        level="owner" if level == "owner" else "manager",
        idle_seconds=day * 86_400,
        recycles_at=NOW + days(7),
    )


def test_on_day_3_the_owner_is_reminded_on_day_5_the_manager_on_day_7_it_goes_to_the_pool() -> None:
    lead, told = a_lead(), []
    for hours in range(8 * 24):
        lead, events = look_after(lead, None, POLICY, NOW + timedelta(hours=hours))
        told += [(hours, event) for event in events]

    assert told == [
        (72, reminder("owner", 3)),
        (120, reminder("manager", 5)),
        (
            168,
            LeadRecycled(
                lead_id="lead-1",
                owner_id=None,
                team_id=None,
                from_owner_id="lin",
                from_team_id="north",
                idle_seconds=7 * 86_400,
                reason="no-contact-7-days",
            ),
        ),
    ]
    assert lead == a_lead(
        owner_id=None, pooled_at=NOW + days(7), bars=(Bar(member_id="lin", until=NOW + days(7 + POLICY.bar_days)),)
    )


def test_contact_begins_a_new_quiet_time_with_its_own_reminders() -> None:
    reminded, _ = look_after(a_lead(), None, POLICY, NOW + days(3))
    contact = NOW + days(4)

    assert look_after(reminded, contact, POLICY, NOW + days(6.9)) == (reminded, [])
    again, told = look_after(reminded, contact, POLICY, NOW + days(7))
    assert [event.type for event in told] == ["lead-idle"]
    assert (again.owner_id, again.idle_from, again.idle_level) == ("lin", contact, 1)


def test_when_nobody_looked_for_days_everything_that_came_due_is_told_once() -> None:
    lead, told = look_after(a_lead(), None, POLICY, NOW + days(30))

    assert [event.type for event in told] == ["lead-idle", "lead-idle", "lead-recycled"]
    assert look_after(lead, None, POLICY, NOW + days(60)) == (lead, [])


def test_a_grade_has_its_own_days() -> None:
    _, told = look_after(a_lead(grade="A"), None, POLICY, NOW + days(2))

    assert [event.type for event in told] == ["lead-idle", "lead-recycled"]


@pytest.mark.parametrize(
    "lead",
    [
        pytest.param(a_lead(owner_id=None), id="in the pool"),
        pytest.param(a_lead(state=LeadState.DISQUALIFIED), id="given up"),
        pytest.param(a_lead(state=LeadState.CONVERTED), id="a customer"),
        pytest.param(a_lead(grade="B"), id="of a grade without a rule"),
    ],
)
def test_what_nobody_must_look_after_is_left_in_peace(lead: Lead) -> None:
    assert look_after(lead, None, POLICY, NOW + days(30)) == (lead, [])
    assert next_step_at(lead, None, POLICY) is None


def test_a_lead_of_last_year_that_is_heard_of_today_is_not_recycled_today() -> None:
    lead = a_lead(created_at=NOW - days(365), owned_at=NOW - days(365))

    assert quiet_since(lead, None) == NOW
    assert look_after(lead, None, POLICY, NOW + days(1)) == (lead, [])


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=40))
def test_the_timer_never_rings_late_and_never_rings_for_nothing(steps: list[tuple[float, bool]]) -> None:
    lead, contact, now = a_lead(), None, NOW
    for wait, touched in steps:
        now += days(wait)
        due = next_step_at(lead, contact, POLICY)
        after, told = look_after(lead, contact, POLICY, now)

        assert bool(told) == (due is not None and due <= now)
        lead = after
        if touched:
            contact = now


@given(st.permutations([1, 2, 3]))
def test_reminders_that_come_after_the_lead_is_gone_are_refused(order: list[int]) -> None:
    rule = IdleRule(grade="A", remind_owner_days=order[0], remind_manager_days=order[1], recycle_days=order[2])
    policy = PoolPolicy(changed_at=NOW, idle=(rule,))

    if order == sorted(order):
        assert lay_down_pool(policy, NOW).idle == (rule,)
    else:
        with pytest.raises(Refused):
            lay_down_pool(policy, NOW)
