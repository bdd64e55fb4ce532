from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.leads import LeadClaimed
from backbone.problems import Refused
from services.leads.domain.lead import Bar, LeadState
from services.leads.domain.policy import PoolPolicy
from services.leads.domain.pool import Holdings, Ledger, Note, claim, note_claim, note_seat, on_day, settle
from tests.unit.leads_made import NOW, a_lead

TODAY = date(2026, 3, 2)
EMPTY = Ledger(member_id="lin", day=TODAY)
POLICY = PoolPolicy(changed_at=NOW, claims_per_day=3, capacity={"A": 2})


def test_a_lead_in_the_pool_goes_to_whoever_claims_it() -> None:
    claimed, told = claim(a_lead(owner_id=None), NOW, member_id="lin", team_id="north")

    assert claimed == a_lead()
    assert told == [LeadClaimed(lead_id="lead-1", owner_id="lin", team_id="north")]


@pytest.mark.parametrize(
    ("lead", "code"),
    [
        pytest.param(a_lead(owner_id="wang"), "not-in-pool", id="somebody has it"),
        pytest.param(a_lead(owner_id=None, undecided=True), "not-in-pool", id="the rules have not spoken yet"),
        pytest.param(a_lead(owner_id=None, state=LeadState.DISQUALIFIED), "wrong-state", id="given up"),
        pytest.param(
            a_lead(owner_id=None, bars=(Bar(member_id="lin", until=NOW + timedelta(days=1)),)),
            "barred",
            id="taken from him",
        ),
    ],
)
def test_what_is_not_his_to_take_is_refused(lead: object, code: str) -> None:
    with pytest.raises(Refused) as refused:
        claim(lead, NOW, member_id="lin", team_id="north")  # type: ignore[arg-type]

    assert refused.value.code == code


def test_a_bar_ends_and_holds_for_nobody_else() -> None:
    barred = a_lead(owner_id=None, bars=(Bar(member_id="lin", until=NOW + timedelta(days=1)),))

    assert claim(barred, NOW, member_id="wang", team_id=None)[0].owner_id == "wang"
    assert claim(barred, NOW + timedelta(days=1), member_id="lin", team_id=None)[0].owner_id == "lin"


def test_a_claim_over_the_limit_of_the_day_is_refused_and_the_next_day_begins_anew() -> None:
    full = replace(EMPTY, claims=3)

    with pytest.raises(Refused) as refused:
        note_claim(full, "lead-1", None, NOW, holdings=Holdings(), policy=POLICY)
    tomorrow = on_day(full, TODAY + timedelta(days=1))

    assert refused.value.code == "daily-limit"
    assert note_claim(tomorrow, "lead-1", None, NOW, holdings=Holdings(), policy=POLICY).claims == 1


def test_a_claim_over_the_capacity_of_its_grade_is_refused_and_other_grades_have_room() -> None:
    holdings = Holdings({"A": frozenset({"l1"})})
    ledger = note_claim(EMPTY, "l2", "A", NOW, holdings=holdings, policy=POLICY)

    with pytest.raises(Refused) as refused:
        note_claim(ledger, "l3", "A", NOW, holdings=holdings, policy=POLICY)

    assert refused.value.code == "capacity"
    assert note_claim(ledger, "l3", "B", NOW, holdings=holdings, policy=POLICY).claims == 2


def test_a_lead_that_arrived_while_it_is_still_noted_counts_once() -> None:
    ledger = replace(EMPTY, notes=(Note(lead_id="l1", grade="A", at=NOW),))

    assert note_claim(ledger, "l2", "A", NOW, holdings=Holdings({"A": frozenset({"l1"})}), policy=POLICY).notes[
        -1
    ] == Note(lead_id="l2", grade="A", at=NOW)


def test_a_seat_is_full_by_what_its_member_has_and_is_about_to_get_in_all_grades() -> None:
    ledger = replace(EMPTY, notes=(Note(lead_id="l1", grade="A", at=NOW),))
    holdings = Holdings({"B": frozenset({"l2"})})

    assert note_seat(ledger, "l3", None, NOW, holdings=holdings, capacity=2) is None
    assert note_seat(ledger, "l3", None, NOW, holdings=holdings, capacity=3) is not None


@given(st.lists(st.tuples(st.sampled_from(["claim", "win", "lose"]), st.integers(0, 9)), max_size=60))
def test_whatever_order_claims_are_won_and_lost_in_no_bound_is_passed(steps: list[tuple[str, int]]) -> None:
    ledger, held, won, open_ = EMPTY, set[str](), 0, set[str]()
    for step, number in steps:
        lead_id = f"l{number}"
        if step == "claim" and lead_id not in open_ | held:
            try:
                holdings = Holdings({"A": frozenset(held)})
                ledger = note_claim(ledger, lead_id, "A", NOW, holdings=holdings, policy=POLICY)
                open_.add(lead_id)
            except Refused:
                pass
        elif step != "claim" and lead_id in open_:
            open_.discard(lead_id)
            if step == "win":
                held.add(lead_id)
                won += 1
            ledger = settle(ledger, lead_id, got=step == "win")

        assert len(held | open_) <= POLICY.capacity["A"]
        assert ledger.claims == won + len(open_) <= POLICY.claims_per_day
        assert {note.lead_id for note in ledger.notes} == open_


def test_a_claim_that_was_cut_off_and_is_made_again_counts_once() -> None:
    ledger = note_claim(EMPTY, "l1", "A", NOW, holdings=Holdings(), policy=POLICY)

    assert note_claim(ledger, "l1", "A", NOW, holdings=Holdings(), policy=POLICY) == ledger


def test_a_note_that_is_settled_twice_counts_once() -> None:
    ledger = note_claim(EMPTY, "l1", "A", NOW, holdings=Holdings(), policy=POLICY)
    lost = settle(ledger, "l1", got=False)

    assert (lost.claims, lost.notes) == (0, ())
    assert settle(lost, "l1", got=False) == lost
