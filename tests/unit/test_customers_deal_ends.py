"""How a deal is won, lost and reopened, what is paid for it, and what the log alone tells of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract import deals as contract
from backbone.contract.deals import DealLost, DealReopened, DealRevised, DealWon, StageChanged
from backbone.contract.envelope import EventData
from backbone.contract.papers import PaymentReceived
from backbone.problems import Refused
from services.customers.domain import decision
from services.customers.domain.deal import (
    Credit,
    Deal,
    Decided,
    Hand,
    Line,
    Payment,
    Step,
)
from services.customers.domain.payment import MOST_PAYMENTS, receive_payment
from services.customers.domain.pipeline import Pipeline
from tests.unit.deals_made import DEAL, LI, NOW, OPENED, STANDARD, WHOSE, WON, days, moved, revised, won

PAYMENT = Payment(payment_id="payment-1", amount=200_000, received_on=date(2026, 3, 20))

Change = Callable[[Deal, datetime, datetime], Decided]


def lost(deal: Deal, at: datetime, now: datetime) -> Decided:
    return decision.lose(deal, at, now, pipeline=STANDARD, hand=LI, reason="price")


def reopened(deal: Deal, at: datetime, now: datetime, pipeline: Pipeline = STANDARD, hand: Hand = LI) -> Decided:
    return decision.reopen(deal, at, now, pipeline=pipeline, hand=hand, reason="not-signed")


OF_OPEN_DEALS: dict[str, Change] = {"move": moved, "revise": revised, "win": won, "lose": lost}


def test_a_won_deal_tells_what_was_sold_and_who_shares_the_credit() -> None:
    lines = [Line(product_id="pump", quantity=2, amount=450_000)]
    shares = [Credit(member_id="li", share=0.7), Credit(member_id="wang", share=0.3)]

    sold, events = won(DEAL, days(5), NOW, lines, shares)

    assert sold == replace(
        DEAL,
        state="won",
        changed_at=days(5),
        decided_at=days(5),
        reason="quality",
        probability=1.0,
        lines=tuple(lines),
        credits=tuple(shares),
        history=(Step(at=days(5), turn="won", from_stage="lead-in", to_stage="won", by="li", reason="quality"),),
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
        won(DEAL, days(5), NOW, shares=[Credit(member_id=member_id, share=share) for member_id, share in shares])

    assert (refused.value.code, refused.value.field) == (code, "/credits")


@given(st.integers(2, 20))
def test_the_credit_is_shared_evenly_among_any_number_of_members(count: int) -> None:
    shares = [Credit(member_id=f"member-{place}", share=1 / count) for place in range(count)]

    assert won(DEAL, days(5), NOW, shares=shares)[0].credits == tuple(shares)


def test_a_lost_deal_tells_why() -> None:
    gone, events = lost(DEAL, days(5), NOW)

    assert gone == replace(
        DEAL,
        state="lost",
        changed_at=days(5),
        decided_at=days(5),
        reason="price",
        probability=0.0,
        history=(Step(at=days(5), turn="lost", from_stage="lead-in", to_stage="lost", by="li", reason="price"),),
    )
    assert events == [DealLost(**WHOSE, stage="lead-in", amount=500_000, currency="CNY", reason="price")]


def test_a_reopened_deal_stands_again_in_the_stage_it_was_decided_in() -> None:
    back, events = reopened(WON, days(6), NOW)

    again = Step(at=days(6), turn="reopened", from_stage="won", to_stage="lead-in", by="li", reason="not-signed")
    assert back == replace(DEAL, stage_since=days(6), changed_at=days(6), history=(*WON.history, again))
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
    changes: dict[str, Change] = {"win": won, "lose": lost, "reopen": reopened, "revise": revised}
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
