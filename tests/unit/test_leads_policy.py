from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.leads.domain.filing import IN_POOL, UNDECIDED, filed, held_as, held_by
from services.leads.domain.identity.keys import EXACT_KINDS, ExactKind, kind_of
from services.leads.domain.lead import LeadState, Merged
from services.leads.domain.policy import UNGRADED, DuplicatePolicy, House, PoolPolicy, lay_down_duplicates
from tests.unit.leads_made import NOW, a_contact, a_lead

kinds = st.lists(st.sampled_from(EXACT_KINDS), unique=True)
LEAD = a_lead(
    company_name="海尔", contact=a_contact(phone="13800138000", mail="a@firm.cn"), claim_kinds=("company-name", "phone")
)


HOUSE = House(DuplicatePolicy(), PoolPolicy(changed_at=NOW))


@given(st.lists(kinds, min_size=1))
def test_whatever_became_exact_later_is_looked_for_among_older_leads(history: list[list[ExactKind]]) -> None:
    policy, always = DuplicatePolicy(), set(DuplicatePolicy().exact_by)
    for exact_by in history:
        policy = lay_down_duplicates(policy, DuplicatePolicy(exact_by=tuple(exact_by)))
        always &= set(exact_by)

    assert set(policy.exact_by) == set(history[-1])
    assert set(policy.exact_by) - always <= set(policy.look_back)


def test_a_lead_claims_what_the_policy_calls_exact_and_is_found_by_everything() -> None:
    found = filed(LEAD, HOUSE)

    assert found["claims"] == ["company-name|海尔", "phone|8613800138000"]
    assert {kind_of(key) for key in found["keys"]} == {
        *("company-name", "phone", "mail", "spelt", "stem", "head", "domain", "contact", "held")
    }


def test_a_lead_that_was_given_up_claims_nothing_and_a_merged_one_what_it_claimed_before() -> None:
    gone = Merged(merge_id="m", into_lead_id="l2", state=LeadState.NEW, at=NOW)
    merged = a_lead(company_name="海尔", state=LeadState.MERGED, merged=gone, claim_kinds=("company-name",))

    assert filed(replace(LEAD, state=LeadState.DISQUALIFIED), HOUSE)["claims"] == []
    assert filed(merged, HOUSE)["claims"] == ["company-name|海尔"]


def test_only_an_open_lead_with_an_owner_is_held_and_only_one_without_lies_in_the_pool() -> None:
    leads = [
        a_lead(grade="A"),
        a_lead(owner_id=None),
        a_lead(owner_id=None, undecided=True),
        a_lead(state=LeadState.CONVERTED),
    ]

    marks = {held_as("lin", "A"), IN_POOL, UNDECIDED}
    assert [(filed(one, HOUSE)["held_as"], marks & set(filed(one, HOUSE)["keys"])) for one in leads] == [
        (held_as("lin", "A"), {held_as("lin", "A")}),
        (None, {IN_POOL}),
        (None, {UNDECIDED}),
        (None, set()),
    ]
    assert held_by(held_as("a|b", None)) == ("a|b", UNGRADED)
