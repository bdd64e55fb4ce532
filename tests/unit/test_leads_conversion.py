"""A lead becomes a customer: it is kept meanwhile, and ends converted or exactly as it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.leads import LeadConverted
from backbone.problems import Refused
from services.leads.domain import conversion
from services.leads.domain.conversion import UnderConversion
from services.leads.domain.lead import Lead, LeadState, Merged

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OPEN = [LeadState.NEW, LeadState.QUALIFIED]


def lead(**told: object) -> Lead:
    known = {"owner_id": "li", "team_id": "north", "channel": "web", "created_at": NOW - timedelta(hours=2)}
    return Lead(lead_id="l-1", recorded_at=NOW, **{**known, **told})  # type: ignore[arg-type]


@pytest.mark.parametrize("state", OPEN)
def test_a_lead_that_is_kept_and_let_go_is_what_it_was(state: LeadState) -> None:
    before = lead(state=state)

    assert conversion.release(conversion.reserve(before, "s-1", NOW), "s-1") == before


@pytest.mark.parametrize("state", OPEN)
def test_a_lead_that_is_kept_is_finished_as_converted_and_tells_what_it_became(state: LeadState) -> None:
    kept = conversion.reserve(lead(state=state, team_id="south"), "s-1", NOW)

    converted, events = conversion.finish(kept, "s-1", NOW, customer_id="c-1", deal_id="d-1")

    assert (converted.state, converted.customer_id, converted.team_id) == (LeadState.CONVERTED, "c-1", "south")
    assert events == [
        LeadConverted(
            lead_id="l-1", owner_id="li", team_id="south", customer_id="c-1", deal_id="d-1", age_seconds=7_200
        )
    ]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"state": LeadState.CONVERTED, "customer_id": "c-1"}, "converted-before"),
        ({"state": LeadState.CONVERTING}, "wrong-state"),
        ({"state": LeadState.DISQUALIFIED}, "wrong-state"),
        ({"owner_id": None}, "in-pool"),
        (
            {
                "state": LeadState.MERGED,
                "merged": Merged(merge_id="m", into_lead_id="l-2", state=LeadState.NEW, at=NOW),
            },
            "merged",
        ),
    ],
)
def test_a_lead_that_is_not_open_or_nobodys_is_not_converted(told: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        conversion.reserve(lead(**told), "s-1", NOW)

    assert refused.value.code == code


def test_while_a_lead_is_kept_nothing_else_changes_it() -> None:
    kept = conversion.reserve(lead(), "s-1", NOW)

    for changed in (replace(kept, owner_id="mei"), replace(kept, state=LeadState.MERGED), kept):
        with pytest.raises(UnderConversion, match="see /sagas/s-1"):
            conversion.check_not_held(kept, changed, 3)


def test_its_own_conversion_may_end_it() -> None:
    kept = conversion.reserve(lead(), "s-1", NOW)
    converted, _ = conversion.finish(kept, "s-1", NOW, customer_id="c-1", deal_id=None)

    conversion.check_not_held(kept, converted, 3)
    conversion.check_not_held(kept, conversion.release(kept, "s-1"), 3)
    conversion.check_not_held(lead(), replace(lead(), owner_id="mei"), 3)


@given(st.sampled_from(OPEN), st.lists(st.sampled_from(["s-1", "s-2"]), max_size=4))
def test_another_conversion_neither_lets_it_go_nor_finishes_it(state: LeadState, others: list[str]) -> None:
    kept = conversion.reserve(lead(state=state), "mine", NOW)

    for other in others:
        assert conversion.release(kept, other) == kept
        with pytest.raises(Refused):
            conversion.finish(kept, other, NOW, customer_id="c-1", deal_id=None)
    with pytest.raises(Refused):
        conversion.reserve(kept, "mine", NOW)
