"""How a deal is opened, moves on and is revised."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from backbone.contract.deals import DealOpened, DealRevised, StageChanged
from backbone.problems import Refused
from services.customers.domain import deal as deals
from services.customers.domain import moves, worth
from services.customers.domain.deal import (
    Deal,
    Step,
)
from services.customers.domain.worth import Revision
from tests.unit.deals_made import DEAL, LI, NOW, OPENED, STANDARD, WHOSE, days, moved, revised


def test_an_opened_deal_tells_where_it_begins_and_what_it_is_worth() -> None:
    deal = replace(DEAL, lead_id="lead-1", expected_close_on=date(2026, 6, 30), product_ids=("pump", "valve"))

    assert deals.open_deal(deal, NOW) == (
        replace(deal, history=(Step(at=OPENED, turn="opened", to_stage="lead-in", by="li"),)),
        [
            DealOpened(
                **WHOSE,
                lead_id="lead-1",
                stage="lead-in",
                amount=500_000,
                currency="CNY",
                probability=0.1,
                expected_close_on=date(2026, 6, 30),
                product_ids=("pump", "valve"),
            )
        ],
    )


@pytest.mark.parametrize(
    ("deal", "code"),
    [
        pytest.param(replace(DEAL, customer_id=None), "no-counterpart", id="with nobody"),
        pytest.param(replace(DEAL, opened_at=NOW + timedelta(minutes=6)), "future-time", id="in the future"),
    ],
)
def test_a_deal_that_cannot_have_been_opened_is_refused(deal: Deal, code: str) -> None:
    with pytest.raises(Refused) as refused:
        deals.open_deal(deal, NOW)

    assert refused.value.code == code


def test_a_deal_may_be_with_a_lead_that_is_no_customer_yet() -> None:
    deal = replace(DEAL, customer_id=None, lead_id="lead-1")

    assert deals.open_deal(deal, NOW)[0].lead_id == "lead-1"


def test_a_stage_move_tells_from_where_after_how_long_and_how_likely_it_is_now() -> None:
    contacted, events = moved(DEAL, days(2), NOW)

    assert contacted == replace(
        DEAL,
        stage="contacted",
        stage_since=days(2),
        changed_at=days(2),
        probability=STANDARD.stages[1].probability,
        history=(Step(at=days(2), turn="forward", from_stage="lead-in", to_stage="contacted", by="li"),),
    )
    assert events == [
        StageChanged(
            **WHOSE,
            from_stage="lead-in",
            to_stage="contacted",
            amount=500_000,
            currency="CNY",
            probability=0.25,
            seconds_in_from_stage=2 * 86_400,
            direction="forward",
        )
    ]


def test_the_time_in_a_stage_counts_from_its_begin_and_not_from_a_revision() -> None:
    deal, _ = revised(DEAL, days(1), NOW)

    _, (event,) = moved(deal, days(3), NOW)

    assert isinstance(event, StageChanged)
    assert event.seconds_in_from_stage == 3 * 86_400


def test_a_member_may_think_otherwise_of_the_odds_than_the_stage() -> None:
    deal, _ = moves.move_stage(DEAL, days(1), NOW, pipeline=STANDARD, to_stage="proposal", hand=LI, probability=0.9)

    assert deal.probability == 0.9


def test_an_optional_stage_is_passed_by_without_a_word() -> None:
    assert moved(DEAL, days(1), NOW, "proposal")[0].stage == "proposal"


def test_a_required_stage_is_passed_by_with_a_reason_only() -> None:
    with pytest.raises(Refused, match="Passing proposal by") as refused:
        moved(DEAL, days(1), NOW, "negotiation")

    assert (refused.value.code, refused.value.field) == ("no-reason", "/reason")
    assert moved(DEAL, days(1), NOW, "negotiation", "framework-contract")[0].stage == "negotiation"


def test_a_deal_goes_back_to_an_earlier_stage() -> None:
    deal, _ = moved(DEAL, days(1), NOW, "proposal")

    back, (event,) = moved(deal, days(2), NOW, "lead-in")

    assert back.stage == "lead-in"
    assert isinstance(event, StageChanged)
    assert (event.from_stage, event.to_stage, event.direction) == ("proposal", "lead-in", "back")


@pytest.mark.parametrize(("to_stage", "code"), [("lead-in", "same-stage"), ("closing", "unknown-stage")])
def test_a_move_leads_to_another_stage_of_the_pipeline(to_stage: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        moved(DEAL, days(1), NOW, to_stage)

    assert (refused.value.code, refused.value.field) == (code, "/to_stage")


def test_a_revision_tells_amount_and_expected_close_before_and_after() -> None:
    deal = replace(DEAL, expected_close_on=date(2026, 6, 30))

    new = Revision(amount=400_000, expected_close_on=date(2026, 7, 31))

    after, events = worth.revise(deal, days(1), NOW, new=new, reason="smaller")

    assert after == replace(deal, amount=400_000, expected_close_on=date(2026, 7, 31), changed_at=days(1))
    assert events == [
        DealRevised(
            **WHOSE,
            stage="lead-in",
            from_amount=500_000,
            amount=400_000,
            currency="CNY",
            from_expected_close_on=date(2026, 6, 30),
            expected_close_on=date(2026, 7, 31),
            reason="smaller",
        )
    ]


def test_a_deal_is_given_to_work_groups_and_taken_from_them_again() -> None:
    shared, told = worth.revise(DEAL, days(1), NOW, new=Revision(group_ids=("key-accounts",)))
    alone, told_again = worth.revise(shared, days(2), NOW, new=Revision(group_ids=()))

    assert (shared.group_ids, alone.group_ids) == (("key-accounts",), ())
    assert [event.group_ids for event in (*told, *told_again) if isinstance(event, DealRevised)] == [
        ("key-accounts",),
        (),
    ]


def test_a_deal_is_revised_to_nothing() -> None:
    assert worth.revise(DEAL, days(1), NOW, new=Revision(amount=0))[0].amount == 0


@pytest.mark.parametrize("amount", [None, 500_000])
def test_a_revision_brings_something_new(amount: int | None) -> None:
    with pytest.raises(Refused) as refused:
        worth.revise(DEAL, days(1), NOW, new=Revision(amount=amount))

    assert refused.value.code == "nothing-new"
