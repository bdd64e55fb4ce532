from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.contract.leads import LeadCreated
from backbone.problems import Refused
from services.leads.domain.lead import Contact, Lead, LeadState, adopt_lead, create_lead

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEAD = Lead(
    lead_id="lead-1",
    owner_id="lin",
    team_id="north",
    channel="fair",
    campaign="spring",
    product_ids=("pump",),
    value_estimate=120_000,
    currency="CNY",
    contact=Contact(contact_id="ann", name="Ann Zhao", phone="+86 21 5555 0000", mail="ann@example.com"),
    owned_at=NOW,
    created_at=NOW,
    recorded_at=NOW,
)
TOLD = LeadCreated(
    lead_id="lead-1",
    owner_id="lin",
    team_id="north",
    channel="fair",
    campaign="spring",
    product_ids=("pump",),
    value_estimate=120_000,
    currency="CNY",
)


def test_a_new_lead_is_told_without_a_word_of_the_person() -> None:
    assert create_lead(LEAD, NOW) == (LEAD, [TOLD])


def test_a_lead_nobody_owns_is_told_as_nobodys() -> None:
    _, events = create_lead(replace(LEAD, owner_id=None, team_id=None), NOW)

    assert events == [TOLD.model_copy(update={"owner_id": None, "team_id": None})]


@pytest.mark.parametrize(
    ("lead", "code"),
    [
        pytest.param(replace(LEAD, created_at=NOW + timedelta(minutes=6)), "future-time", id="from the future"),
        pytest.param(replace(LEAD, currency=None), "no-currency", id="worth something in no currency"),
    ],
)
def test_a_lead_that_cannot_be_is_refused(lead: Lead, code: str) -> None:
    with pytest.raises(Refused) as refused:
        create_lead(lead, NOW)

    assert refused.value.code == code


def test_a_lead_told_from_outside_is_taken_in_as_told() -> None:
    then = NOW - timedelta(days=400)

    assert adopt_lead(None, TOLD, then, NOW, to_rules=False) == replace(
        LEAD, contact=None, created_at=then, owned_at=then
    )


def test_a_lead_that_is_known_stays_as_it_is() -> None:
    known = replace(LEAD, owner_id="wang", state=LeadState.QUALIFIED)

    assert adopt_lead(known, TOLD, NOW, NOW, to_rules=True) == known
