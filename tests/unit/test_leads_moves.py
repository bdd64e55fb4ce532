from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backbone.contract.leads import (
    LeadAssigned,
    LeadContactErased,
    LeadDisqualified,
    LeadInquired,
    LeadQualified,
    LeadReleased,
    LeadReopened,
    LeadRevised,
)
from backbone.problems import Refused
from services.leads.domain import contacts, moves
from services.leads.domain.inquiry import inquire_again
from services.leads.domain.lead import Bar, Decided, Inquiry, Lead, LeadState, Merged
from services.leads.domain.policy import PoolPolicy
from tests.unit.leads_made import NOW, a_contact, a_lead

POLICY = PoolPolicy(changed_at=NOW)
LATER = NOW + timedelta(hours=1)
Move = Callable[[Lead], Decided]

MOVES: dict[str, Move] = {
    "qualify": lambda lead: moves.qualify(lead, LATER, LATER),
    "disqualify": lambda lead: moves.disqualify(lead, LATER, LATER, reason="no-budget"),
    "reopen": lambda lead: moves.reopen(lead, LATER, LATER),
    "assign": lambda lead: moves.assign(lead, LATER, LATER, owner_id="wang", team_id="south"),
    "release": lambda lead: moves.release(lead, LATER, LATER, reason="far", by_member_id="lin", policy=POLICY),
    "revise": lambda lead: moves.revise(lead, LATER, LATER, changes={"territory": "CN-31"}),
    "keep_contact": lambda lead: contacts.keep_contact(lead, LATER, LATER, contact=a_contact()),
}
ALLOWED_FROM = {
    "qualify": {"new"},
    "disqualify": {"new", "qualified"},
    "reopen": {"disqualified"},
    "assign": {"new", "qualified"},
    "release": {"new", "qualified"},
    "revise": {"new", "qualified"},
    "keep_contact": {"new", "qualified"},
}
MERGED = Merged(merge_id="m", into_lead_id="lead-2", state=LeadState.NEW, at=NOW)


def standing(state: LeadState) -> Lead:
    return a_lead(state=state, merged=MERGED if state is LeadState.MERGED else None)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", LeadState)
def test_a_move_is_allowed_from_its_states_and_from_no_other(move: str, state: LeadState) -> None:
    if state in ALLOWED_FROM[move]:
        assert MOVES[move](standing(state))[1]
        return
    with pytest.raises(Refused) as refused:
        MOVES[move](standing(state))
    assert refused.value.code == ("merged" if state is LeadState.MERGED else "wrong-state")


def test_a_merged_lead_points_to_the_one_to_change() -> None:
    with pytest.raises(Refused, match="lead-2"):
        MOVES["qualify"](standing(LeadState.MERGED))


def test_a_lead_found_worth_it_is_qualified_with_its_score() -> None:
    assert moves.qualify(a_lead(), LATER, LATER, score=70, reason="budget") == (
        a_lead(state=LeadState.QUALIFIED, score=70, reason="budget"),
        [LeadQualified(lead_id="lead-1", owner_id="lin", team_id="north", score=70, reason="budget")],
    )


def test_a_disqualified_lead_can_be_looked_at_again() -> None:
    gone, told = moves.disqualify(a_lead(), LATER, LATER, reason="no-budget")
    back, told_again = moves.reopen(gone, LATER, LATER, reason="new-budget")

    assert told == [LeadDisqualified(lead_id="lead-1", owner_id="lin", team_id="north", reason="no-budget")]
    assert told_again == [LeadReopened(lead_id="lead-1", owner_id="lin", team_id="north", reason="new-budget")]
    assert back == a_lead(reason="new-budget", owned_at=LATER)


@pytest.mark.parametrize("at", [NOW - timedelta(seconds=1), LATER + timedelta(minutes=6)])
def test_nothing_happens_to_a_lead_before_it_came_in_or_in_the_future(at: Any) -> None:
    with pytest.raises(Refused):
        moves.qualify(a_lead(), at, LATER)


def test_a_lead_given_to_somebody_else_says_whose_it_was() -> None:
    lead = a_lead(idle_from=NOW, idle_level=2)

    given, told = moves.assign(lead, LATER, LATER, owner_id="wang", team_id="south", reason="holiday")

    assert given == a_lead(owner_id="wang", team_id="south", owned_at=LATER)
    assert told == [
        LeadAssigned(
            lead_id="lead-1",
            owner_id="wang",
            team_id="south",
            from_owner_id="lin",
            from_team_id="north",
            reason="holiday",
        )
    ]


def test_a_lead_given_to_its_owner_is_refused() -> None:
    with pytest.raises(Refused, match="already"):
        moves.assign(a_lead(), LATER, LATER, owner_id="lin", team_id="north")


def test_who_gives_a_lead_back_himself_may_take_it_again() -> None:
    released, told = moves.release(a_lead(), LATER, LATER, reason="far", by_member_id="lin", policy=POLICY)

    assert released == a_lead(owner_id=None, pooled_at=LATER)
    assert told == [
        LeadReleased(
            lead_id="lead-1", owner_id=None, team_id=None, from_owner_id="lin", from_team_id="north", reason="far"
        )
    ]


def test_from_whom_a_lead_is_taken_is_barred_for_some_days() -> None:
    released, _ = moves.release(a_lead(), LATER, LATER, reason="idle", by_member_id="chen", policy=POLICY)

    assert released.bars == (Bar(member_id="lin", until=LATER + timedelta(days=POLICY.bar_days)),)


def test_a_lead_in_the_pool_cannot_be_released() -> None:
    with pytest.raises(Refused) as refused:
        moves.release(a_lead(owner_id=None), LATER, LATER, reason="far", by_member_id="lin", policy=POLICY)

    assert refused.value.code == "in-pool"


def test_a_correction_tells_what_holds_from_now_on() -> None:
    changes = {"territory": "CN-31", "value_estimate": 500, "currency": "CNY", "grade": "A", "tax_id": None}

    revised, told = moves.revise(a_lead(tax_id="91440300708461136T"), LATER, LATER, changes=changes)

    assert revised == a_lead(territory="CN-31", value_estimate=500, currency="CNY", grade="A")
    assert told == [
        LeadRevised(
            lead_id="lead-1",
            owner_id="lin",
            team_id="north",
            territory="CN-31",
            value_estimate=500,
            currency="CNY",
            grade="A",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "nothing-new"),
        ({"channel": "fair"}, "nothing-new"),
        ({"value_estimate": 5}, "no-currency"),
        ({"tax_id": "91440300708461136X"}, "bad-tax-id"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        moves.revise(a_lead(), LATER, LATER, changes=changes)

    assert refused.value.code == code


def test_an_erased_person_leaves_nothing_behind() -> None:
    ann, bo = a_contact("Ann", phone="13800138000"), a_contact("Bo", mail="bo@firm.cn")
    lead = a_lead(contact=ann, more_contacts=(bo,), note="call Ann", state=LeadState.CONVERTED)

    erased, told = contacts.erase_contact(lead, contact_id="ann", reason="asked-for")

    assert erased == a_lead(contact=bo, state=LeadState.CONVERTED)
    assert told == [
        LeadContactErased(lead_id="lead-1", owner_id="lin", team_id="north", contact_id="ann", reason="asked-for")
    ]


def test_a_lead_that_comes_in_again_fills_in_what_is_missing_and_keeps_the_person_beside() -> None:
    known = a_lead(company_name="海尔", contact=a_contact("Ann"), product_ids=("pump",), territory="CN-37")
    again = a_lead(
        "lead-2",
        channel="fair",
        campaign="spring",
        territory="CN-31",
        industry="machinery",
        contact=a_contact("Bo", phone="13800138000"),
        product_ids=("valve", "pump"),
        created_at=LATER,
    )

    richer, told = inquire_again(known, again)

    assert richer == replace(
        known,
        campaign="spring",
        industry="machinery",
        product_ids=("pump", "valve"),
        more_contacts=(a_contact("Bo", phone="13800138000"),),
        inquiries=(Inquiry(channel="fair", campaign="spring", at=LATER),),
    )
    assert told == [LeadInquired(lead_id="lead-1", owner_id="lin", team_id="north", channel="fair", campaign="spring")]
