from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract import deals as contract
from backbone.contract.deals import (
    DealLost,
    DealOpened,
    DealReopened,
    DealRevised,
    DealWon,
    PaymentReceived,
    StageChanged,
)
from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.customers.domain import deal as deals
from services.customers.domain import decision
from services.customers.domain.deal import Credit, Deal, Decided, Line, Payment
from services.customers.domain.payment import MOST_PAYMENTS, receive_payment
from services.customers.domain.pipeline import standard_pipeline

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(days=30)
STANDARD = standard_pipeline(OPENED)
DEAL = Deal(
    deal_id="deal-1",
    owner_id="li",
    team_id="north",
    customer_id="customer-1",
    pipeline="standard",
    stage="lead-in",
    stage_since=OPENED,
    amount=500_000,
    currency="CNY",
    probability=0.1,
    opened_at=OPENED,
    changed_at=OPENED,
    recorded_at=OPENED,
)
WHOSE: dict[str, Any] = {
    "deal_id": "deal-1",
    "customer_id": "customer-1",
    "owner_id": "li",
    "team_id": "north",
    "pipeline": "standard",
}
PAYMENT = Payment(payment_id="payment-1", amount=200_000, received_on=date(2026, 3, 20))

Change = Callable[[Deal, datetime, datetime], Decided]


def days(count: float) -> datetime:
    return OPENED + timedelta(days=count)


def moved(deal: Deal, at: datetime, now: datetime, to_stage: str = "contacted", reason: str | None = None) -> Decided:
    return deals.move_stage(deal, at, now, pipeline=STANDARD, to_stage=to_stage, reason=reason)


def revised(deal: Deal, at: datetime, now: datetime) -> Decided:
    return deals.revise(deal, at, now, amount=deal.amount + 1)


def lost(deal: Deal, at: datetime, now: datetime) -> Decided:
    return decision.lose(deal, at, now, reason="price")


def reopened(deal: Deal, at: datetime, now: datetime) -> Decided:
    return decision.reopen(deal, at, now, pipeline=STANDARD)


OF_OPEN_DEALS: dict[str, Change] = {"move": moved, "revise": revised, "win": decision.win, "lose": lost}
WON, _ = decision.win(DEAL, days(5), NOW)


def test_an_opened_deal_tells_where_it_begins_and_what_it_is_worth() -> None:
    deal = replace(DEAL, lead_id="lead-1", expected_close_on=date(2026, 6, 30), product_ids=("pump", "valve"))

    assert deals.open_deal(deal, NOW) == (
        deal,
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

    assert deals.open_deal(deal, NOW)[0] == deal


def test_a_stage_move_tells_from_where_after_how_long_and_how_likely_it_is_now() -> None:
    contacted, events = moved(DEAL, days(2), NOW)

    assert contacted == replace(
        DEAL, stage="contacted", stage_since=days(2), changed_at=days(2), probability=STANDARD.stages[1].probability
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
        )
    ]


def test_the_time_in_a_stage_counts_from_its_begin_and_not_from_a_revision() -> None:
    deal, _ = revised(DEAL, days(1), NOW)

    _, (event,) = moved(deal, days(3), NOW)

    assert isinstance(event, StageChanged)
    assert event.seconds_in_from_stage == 3 * 86_400


def test_a_member_may_think_otherwise_of_the_odds_than_the_stage() -> None:
    deal, _ = deals.move_stage(DEAL, days(1), NOW, pipeline=STANDARD, to_stage="proposal", probability=0.9)

    assert deal.probability == 0.9


def test_an_optional_stage_is_passed_by_without_a_word() -> None:
    assert moved(DEAL, days(1), NOW, "proposal")[0].stage == "proposal"


def test_a_required_stage_is_passed_by_with_a_reason_only() -> None:
    with pytest.raises(Refused, match="passes proposal by") as refused:
        moved(DEAL, days(1), NOW, "negotiation")

    assert (refused.value.code, refused.value.field) == ("no-reason", "/reason")
    assert moved(DEAL, days(1), NOW, "negotiation", "framework-contract")[0].stage == "negotiation"


def test_a_deal_goes_back_to_an_earlier_stage() -> None:
    deal, _ = moved(DEAL, days(1), NOW, "proposal")

    back, (event,) = moved(deal, days(2), NOW, "lead-in")

    assert back.stage == "lead-in"
    assert isinstance(event, StageChanged)
    assert (event.from_stage, event.to_stage) == ("proposal", "lead-in")


@pytest.mark.parametrize(("to_stage", "code"), [("lead-in", "same-stage"), ("closing", "unknown-stage")])
def test_a_move_leads_to_another_stage_of_the_pipeline(to_stage: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        moved(DEAL, days(1), NOW, to_stage)

    assert (refused.value.code, refused.value.field) == (code, "/to_stage")


def test_a_revision_tells_amount_and_expected_close_before_and_after() -> None:
    deal = replace(DEAL, expected_close_on=date(2026, 6, 30))

    after, events = deals.revise(
        deal, days(1), NOW, amount=400_000, expected_close_on=date(2026, 7, 31), reason="smaller"
    )

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


def test_a_deal_is_revised_to_nothing() -> None:
    assert deals.revise(DEAL, days(1), NOW, amount=0)[0].amount == 0


@pytest.mark.parametrize("amount", [None, 500_000])
def test_a_revision_brings_something_new(amount: int | None) -> None:
    with pytest.raises(Refused) as refused:
        deals.revise(DEAL, days(1), NOW, amount=amount)

    assert refused.value.code == "nothing-new"


def test_a_won_deal_tells_what_was_sold_and_who_shares_the_credit() -> None:
    lines = [Line(product_id="pump", quantity=2, amount=450_000)]
    shares = [Credit(member_id="li", share=0.7), Credit(member_id="wang", share=0.3)]

    won, events = decision.win(DEAL, days(5), NOW, lines=lines, credits=shares, reason="quality")

    assert won == replace(
        DEAL,
        state="won",
        changed_at=days(5),
        decided_at=days(5),
        reason="quality",
        probability=1.0,
        lines=tuple(lines),
        credits=tuple(shares),
    )
    assert events == [
        DealWon(
            **WHOSE,
            stage="lead-in",
            amount=500_000,
            currency="CNY",
            lines=(contract.Line(product_id="pump", quantity=2, amount=450_000),),
            reason="quality",
            credits=(contract.Credit(member_id="li", share=0.7), contract.Credit(member_id="wang", share=0.3)),
        )
    ]


@pytest.mark.parametrize(
    ("shares", "code"),
    [
        pytest.param([("li", 0.7)], "bad-shares", id="too little"),
        pytest.param([("li", 0.7), ("wang", 0.7)], "bad-shares", id="too much"),
        pytest.param([("li", 0.5), ("li", 0.5)], "member-twice", id="a member twice"),
    ],
)
def test_shares_of_the_credit_add_up_to_one_and_name_a_member_once(shares: list[tuple[str, float]], code: str) -> None:
    with pytest.raises(Refused) as refused:
        decision.win(
            DEAL, days(5), NOW, credits=[Credit(member_id=member_id, share=share) for member_id, share in shares]
        )

    assert (refused.value.code, refused.value.field) == (code, "/credits")


@given(st.integers(2, 20))
def test_the_credit_is_shared_evenly_among_any_number_of_members(count: int) -> None:
    shares = [Credit(member_id=f"member-{place}", share=1 / count) for place in range(count)]

    assert decision.win(DEAL, days(5), NOW, credits=shares)[0].credits == tuple(shares)


def test_a_lost_deal_tells_why() -> None:
    gone, events = decision.lose(DEAL, days(5), NOW, reason="price")

    assert gone == replace(DEAL, state="lost", changed_at=days(5), decided_at=days(5), reason="price", probability=0.0)
    assert events == [DealLost(**WHOSE, stage="lead-in", amount=500_000, currency="CNY", reason="price")]


def test_a_reopened_deal_stands_again_in_the_stage_it_was_decided_in() -> None:
    back, events = decision.reopen(WON, days(6), NOW, pipeline=STANDARD, reason="not-signed")

    assert back == replace(DEAL, stage_since=days(6), changed_at=days(6))
    assert events == [
        DealReopened(**WHOSE, from_outcome="won", stage="lead-in", amount=500_000, currency="CNY", reason="not-signed")
    ]


def test_an_open_deal_is_not_reopened() -> None:
    with pytest.raises(Refused) as refused:
        reopened(DEAL, days(1), NOW)

    assert refused.value.code == "not-decided"


@pytest.mark.parametrize("change", OF_OPEN_DEALS.values(), ids=OF_OPEN_DEALS)
def test_a_decided_deal_changes_only_after_it_was_reopened(change: Change) -> None:
    with pytest.raises(Refused) as refused:
        change(WON, days(6), NOW)

    assert refused.value.code == "not-open"
    assert change(reopened(WON, days(6), NOW)[0], days(7), NOW)[1]


@pytest.mark.parametrize("change", OF_OPEN_DEALS.values(), ids=OF_OPEN_DEALS)
@pytest.mark.parametrize(
    ("at", "code"),
    [
        pytest.param(days(3) - timedelta(seconds=1), "too-early", id="before the latest change"),
        pytest.param(NOW + timedelta(minutes=6), "future-time", id="in the future"),
    ],
)
def test_a_change_lies_between_the_latest_one_and_now(change: Change, at: datetime, code: str) -> None:
    deal = replace(DEAL, changed_at=days(3))

    with pytest.raises(Refused) as refused:
        change(deal, at, NOW)

    assert refused.value.code == code


def test_a_payment_is_told_in_the_currency_of_its_deal() -> None:
    payment = replace(PAYMENT, due_on=date(2026, 3, 31), contract_id="contract-1")

    paid, events = receive_payment(WON, payment, date(2026, 3, 20))

    assert paid == replace(WON, payments=(payment,))
    assert events == [
        PaymentReceived(
            deal_id="deal-1",
            customer_id="customer-1",
            owner_id="li",
            team_id="north",
            payment_id="payment-1",
            contract_id="contract-1",
            amount=200_000,
            currency="CNY",
            received_on=date(2026, 3, 20),
            due_on=date(2026, 3, 31),
        )
    ]


@pytest.mark.parametrize(
    ("deal", "today", "code"),
    [
        pytest.param(DEAL, date(2026, 3, 20), "not-won", id="for a deal that is not won"),
        pytest.param(replace(WON, payments=(PAYMENT,)), date(2026, 3, 20), "known-payment", id="a second time"),
        pytest.param(WON, date(2026, 3, 19), "future-day", id="on a day to come"),
        pytest.param(
            replace(WON, payments=tuple(replace(PAYMENT, payment_id=f"p-{n}") for n in range(MOST_PAYMENTS))),
            date(2026, 3, 20),
            "too-many-payments",
            id="beyond the bound",
        ),
    ],
)
def test_a_payment_that_cannot_have_come_in_is_refused(deal: Deal, today: date, code: str) -> None:
    with pytest.raises(Refused) as refused:
        receive_payment(deal, PAYMENT, today)

    assert refused.value.code == code


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["contacted", "proposal", "negotiation", "lead-in", "win", "lose", "reopen", "revise"]),
            st.integers(0, 720),
        ),
        max_size=15,
    )
)
def test_whatever_is_tried_the_log_alone_tells_where_a_deal_stands(tried: list[tuple[str, int]]) -> None:
    deal = DEAL
    log: list[EventData] = []
    changes: dict[str, Change] = {"win": decision.win, "lose": lost, "reopen": reopened, "revise": revised}
    for name, hour in tried:
        at = OPENED + timedelta(hours=hour)
        try:
            deal, events = changes[name](deal, at, NOW) if name in changes else moved(deal, at, NOW, name, "why")
        except Refused:
            continue
        log += events

    stage, state, amount = "lead-in", "open", 500_000
    for event in log:
        if isinstance(event, StageChanged):
            assert event.from_stage == stage
            stage = event.to_stage
        elif isinstance(event, DealWon | DealLost):
            assert event.stage == stage
            state = "won" if isinstance(event, DealWon) else "lost"
        elif isinstance(event, DealReopened):
            assert (event.from_outcome, event.stage) == (state, stage)
            state = "open"
        elif isinstance(event, DealRevised):
            assert event.from_amount == amount
            amount = event.amount
    assert (stage, state, amount) == (deal.stage, deal.state, deal.amount)
