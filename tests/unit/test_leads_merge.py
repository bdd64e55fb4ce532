from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.leads import LeadMerged, LeadUnmerged
from backbone.problems import Refused
from services.leads.domain.contacts import erase_contact
from services.leads.domain.filing import filed
from services.leads.domain.identity.keys import EXACT_KINDS
from services.leads.domain.lead import Lead, LeadState
from services.leads.domain.merge import absorb, absorbed, call_off, come_back, forget, go_into, start_giving, under_way
from services.leads.domain.policy import DuplicatePolicy, House, PoolPolicy
from tests.unit.leads_made import NOW, a_contact, a_lead

LATER = NOW + timedelta(hours=1)
HOUSE = House(DuplicatePolicy(), PoolPolicy(changed_at=NOW))
codes = st.none() | st.sampled_from(["a", "b", "c"])
people = st.lists(st.sampled_from(["Ann", "Bo", "Cai"]), unique=True, max_size=3)


@st.composite
def some_lead(draw: st.DrawFn, lead_id: str) -> Lead:
    value = draw(st.none() | st.integers(1, 9))
    contacts = [a_contact(f"{name}{lead_id}", phone=f"1380013800{len(name)}") for name in draw(people)]
    return a_lead(
        lead_id,
        state=draw(st.sampled_from([LeadState.NEW, LeadState.QUALIFIED, LeadState.DISQUALIFIED])),
        campaign=draw(codes),
        territory=draw(codes),
        industry=draw(codes),
        company_name=draw(codes),
        value_estimate=value,
        currency=None if value is None else draw(st.sampled_from(["CNY", "EUR"])),
        product_ids=tuple(draw(st.lists(st.sampled_from(["pump", "valve", "motor"]), unique=True))),
        contact=contacts[0] if contacts else None,
        more_contacts=tuple(contacts[1:]),
    )


def merged(lead: Lead, other: Lead) -> tuple[Lead, Lead]:
    """Both leads after a whole merge."""
    taking, _ = absorb(lead, other, merge_id="m", other_version=1, at=LATER, actor="chen")
    gone, _ = go_into(other, taking.absorbed[-1], lead.lead_id, LATER)
    return absorbed(taking, "m")[0], gone


def unmerged(lead: Lead, gone: Lead) -> tuple[Lead, Lead]:
    """Both leads after the merge was taken back."""
    giving, _ = start_giving(lead, "m", LATER, actor="chen", reason=None)
    back, _ = come_back(gone, lead.lead_id, LATER, None)
    return forget(giving, "m")[0], back


def refiled(lead: Lead) -> Lead:
    """The lead but for when its quiet time began."""
    return replace(lead, owned_at=NOW, pooled_at=None)


@given(some_lead("l1"), some_lead("l2"))
def test_unmerging_restores_both_leads(lead: Lead, other: Lead) -> None:
    after, gone = merged(lead, other)
    again, back = unmerged(after, gone)

    assert again == lead
    assert refiled(back) == refiled(other)


@given(some_lead("l1"), some_lead("l2"))
def test_a_merge_keeps_every_person_and_product_and_overwrites_nothing(lead: Lead, other: Lead) -> None:
    after, gone = merged(lead, other)

    assert set(after.contacts) == {*lead.contacts, *other.contacts}
    assert set(after.product_ids) == {*lead.product_ids, *other.product_ids}
    for name in ("campaign", "territory", "industry", "company_name", "value_estimate"):
        assert getattr(after, name) == (getattr(lead, name) or getattr(other, name))
    assert replace(gone, state=other.state, merged=None) == other


@given(some_lead("l1"), some_lead("l2"))
def test_no_two_leads_claim_one_key_before_during_and_after_a_merge(lead: Lead, other: Lead) -> None:
    lead = replace(lead, company_name="海尔", contact=None, more_contacts=(), claim_kinds=EXACT_KINDS)
    other = replace(other, company_name="三一重工", claim_kinds=EXACT_KINDS)
    taking, _ = absorb(lead, other, merge_id="m", other_version=1, at=LATER, actor="chen")
    after, gone = merged(lead, other)

    for one, two in ((taking, other), (taking, gone), (after, gone), unmerged(after, gone)):
        assert not set(filed(one, HOUSE)["claims"]) & set(filed(two, HOUSE)["claims"])


def test_a_merge_called_off_leaves_no_trace() -> None:
    lead, other = a_lead("l1"), a_lead("l2", territory="CN-31", contact=a_contact())
    taking, _ = absorb(lead, other, merge_id="m", other_version=1, at=LATER, actor="chen")

    assert under_way(taking) is not None
    assert call_off(taking, "m") == (lead, [])


def test_the_lead_that_goes_says_into_which_one_and_comes_back_saying_from_where() -> None:
    lead, other = a_lead("l1"), a_lead("l2", state=LeadState.QUALIFIED)
    taking, told = absorb(lead, other, merge_id="m", other_version=1, at=LATER, actor="chen")
    gone, told_gone = go_into(other, taking.absorbed[0], "l1", LATER)
    back, told_back = come_back(gone, "l1", LATER, "another-plant")

    assert told == []
    assert told_gone == [LeadMerged(lead_id="l2", owner_id="lin", team_id="north", into_lead_id="l1")]
    assert told_back == [
        LeadUnmerged(lead_id="l2", owner_id="lin", team_id="north", from_lead_id="l1", reason="another-plant")
    ]
    assert (gone.state, back.state, back.owned_at) == (LeadState.MERGED, LeadState.QUALIFIED, LATER)
    assert come_back(back, "l1", LATER, None) == (back, [])


def test_what_somebody_changed_since_the_merge_stays() -> None:
    after, gone = merged(a_lead("l1"), a_lead("l2", territory="CN-31", industry="food"))

    again, _ = unmerged(replace(after, territory="CN-32"), gone)

    assert (again.territory, again.industry) == ("CN-32", None)


def test_two_merges_come_apart_one_by_one() -> None:
    first, gone = merged(a_lead("l1"), a_lead("l2", territory="CN-31"))
    second, _ = absorb(first, a_lead("l3", industry="food"), merge_id="m3", other_version=1, at=LATER, actor="chen")
    second, _ = absorbed(second, "m3")

    again, _ = unmerged(second, gone)

    assert (again.territory, again.industry) == (None, "food")
    assert [memory.lead_id for memory in again.absorbed] == ["l3"]


def test_an_erased_person_does_not_come_back_with_the_merge() -> None:
    after, gone = merged(a_lead("l1"), a_lead("l2", contact=a_contact("Ann", phone="13800138000")))

    erased, _ = erase_contact(after, contact_id="ann")
    erased_gone, _ = erase_contact(gone, contact_id="ann")
    again, back = unmerged(erased, erased_gone)

    assert (again, refiled(back)) == (a_lead("l1"), refiled(a_lead("l2")))
    assert "138" not in str(erased)


@pytest.mark.parametrize(
    ("lead", "other", "code"),
    [
        ({}, {"lead_id": "l1"}, "same-lead"),
        ({"state": LeadState.CONVERTED}, {}, "wrong-state"),
        ({}, {"state": LeadState.CONVERTING}, "wrong-state"),
    ],
)
def test_what_cannot_be_merged_is_refused(lead: dict[str, Any], other: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        absorb(
            a_lead(**{"lead_id": "l1", **lead}),
            a_lead(**{"lead_id": "l2", **other}),
            merge_id="m",
            other_version=1,
            at=LATER,
            actor="chen",
        )

    assert refused.value.code == code


def test_a_lead_that_went_into_another_one_itself_gives_nothing_back_before_it_came_out() -> None:
    after, _ = merged(a_lead("l1"), a_lead("l2"))
    _, gone = merged(a_lead("l3"), after)

    with pytest.raises(Refused) as refused:
        start_giving(gone, "m", LATER, actor="chen", reason=None)

    assert refused.value.code == "merged"
