"""Instalments: what is paid, overdue and falls due, and money that waits for its deal."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.papers import PaymentDue, PaymentMatched, QuoteAnswered
from backbone.problems import Refused
from services.customers.domain.deal import Deal, Instalment, Payment
from services.customers.domain.due import Fallen, fall_due
from services.customers.domain.payment import Unmatched, claim, match_payment, receive_payment, release, settle
from services.customers.domain.plan import overdue, owed, watched
from tests.unit.papers_made import APRIL_30, CONTRACT, DEAL, MARCH_9, MARCH_31, NOW, WHOSE, sent, states

SHANGHAI = ZoneInfo("Asia/Shanghai")
SIGNED = watched(replace(DEAL, contracts=(replace(CONTRACT, state="signed", signed_on=MARCH_9),)))


def paid(deal: Deal, amount: int, contract_id: str | None = None, payment_id: str = "p-1") -> Deal:
    money = Payment(payment_id=payment_id, amount=amount, received_on=MARCH_9, contract_id=contract_id)
    return receive_payment(deal, money, NOW.date())[0]


def test_payments_are_laid_against_the_oldest_instalment_first() -> None:
    deal = paid(SIGNED, 300_000)

    assert [(one.instalment.payment_id, one.paid, one.left) for one in owed(deal)] == [
        ("1", 250_000, 0),
        ("2", 50_000, 200_000),
    ]
    assert deal.owed_since == APRIL_30


@given(st.lists(st.integers(1, 300_000), max_size=8))
def test_of_what_came_in_nothing_is_lost_and_nothing_counted_twice(amounts: list[int]) -> None:
    deal = SIGNED
    for place, amount in enumerate(amounts):
        deal = paid(deal, amount, payment_id=f"p-{place}")

    laid = owed(deal)

    assert sum(one.paid for one in laid) == min(sum(amounts), 500_000)
    assert all(0 <= one.paid <= one.instalment.amount for one in laid)
    assert (deal.owed_since is None) == (sum(amounts) >= 500_000)


def test_with_two_signed_contracts_money_that_names_none_is_laid_against_none() -> None:
    other = replace(SIGNED.contracts[0], contract_id="contract-2", number="HT-2")
    both = replace(SIGNED, contracts=(*SIGNED.contracts, other))

    assert [one.paid for one in owed(paid(both, 100))] == [0, 0, 0, 0]
    assert [one.paid for one in owed(paid(both, 100, "HT-2"))] == [0, 0, 100, 0]


@pytest.mark.parametrize(
    ("today", "late"),
    [
        (MARCH_31, []),
        (date(2026, 4, 1), [("1", 1)]),
        (date(2026, 5, 2), [("1", 32), ("2", 2)]),
    ],
)
def test_an_instalment_is_overdue_from_the_day_after_its_last_day(today: date, late: list[tuple[str, int]]) -> None:
    assert [(one.instalment.payment_id, one.days_overdue(today)) for one in overdue(SIGNED, today)] == late


def all_fallen(deal: Deal, today: date) -> list[Fallen]:
    found: list[Fallen] = []
    while (fallen := fall_due(deal, today, NOW, SHANGHAI)) is not None:
        found.append(fallen)
        deal = fallen.deal
    return found


def test_an_instalment_falls_due_once_when_its_day_begins_where_the_organisation_is() -> None:
    assert fall_due(SIGNED, date(2026, 3, 30), NOW, SHANGHAI) is None

    (fallen,) = all_fallen(SIGNED, MARCH_31)

    assert fallen.event == PaymentDue(
        **WHOSE, payment_id="1", contract_id="contract-1", amount=250_000, currency="CNY", due_on=MARCH_31
    )
    assert (fallen.at, fallen.key) == (datetime(2026, 3, 30, 16, tzinfo=UTC), "due|deal-1|contract-1|1")
    assert fallen.deal.wake_on == APRIL_30
    assert all_fallen(fallen.deal, MARCH_31) == []


def test_an_instalment_of_the_first_day_there_is_falls_due_when_time_begins() -> None:
    first = (Instalment(payment_id="1", due_on=date(1970, 1, 1), amount=500_000),)
    deal = watched(replace(SIGNED, contracts=(replace(SIGNED.contracts[0], plan=first),)))

    assert [fallen.at for fallen in all_fallen(deal, MARCH_31)] == [datetime(1970, 1, 1, tzinfo=UTC)]


def test_a_timer_that_was_away_catches_up_in_order() -> None:
    keys = [fallen.key for fallen in all_fallen(SIGNED, date(2026, 12, 31))]

    assert keys == ["due|deal-1|contract-1|1", "due|deal-1|contract-1|2"]
    assert all_fallen(SIGNED, date(2026, 12, 31))[-1].deal.wake_on is None


def test_what_was_paid_before_its_day_does_not_fall_due_and_what_was_paid_in_part_does_for_the_rest() -> None:
    events = [fallen.event for fallen in all_fallen(paid(SIGNED, 300_000), date(2026, 12, 31))]

    assert [(one.payment_id, one.amount) for one in events if isinstance(one, PaymentDue)] == [("2", 200_000)]


def test_a_quote_nobody_answered_expires_the_day_after_its_last() -> None:
    assert all_fallen(sent(), MARCH_31) == []

    (fallen,) = all_fallen(sent(), date(2026, 4, 1))

    assert fallen.event == QuoteAnswered(
        **WHOSE, quote_id="quote-1", revision=1, outcome="expired", amount=480_000, currency="CNY"
    )
    assert (fallen.at, states(fallen.deal)) == (datetime(2026, 3, 31, 16, tzinfo=UTC), [(1, "expired")])


MONEY = Unmatched(
    payment_id="bank-1",
    contract_number="HT-1",
    amount=250_000,
    currency="CNY",
    received_on=MARCH_9,
    reason="unknown-deal",
    source="urn:bank",
    recorded_at=NOW,
)


def test_matched_money_pays_and_is_told_with_the_deal_it_belongs_to() -> None:
    deal, events = match_payment(SIGNED, MONEY.payment, NOW.date(), by="hand")

    assert deal.owed_since == APRIL_30
    assert events == [
        PaymentMatched(
            **WHOSE,
            payment_id="bank-1",
            contract_id="HT-1",
            amount=250_000,
            currency="CNY",
            received_on=MARCH_9,
            matched_by="hand",
        )
    ]


def claimed(money: Unmatched = MONEY, deal: Deal = SIGNED) -> Unmatched:
    return claim(money, deal, NOW.date(), contract_id="contract-1", by="finance-1")


def test_money_is_claimed_for_one_deal_and_settled_or_released() -> None:
    assert (claimed().state, claimed().payment.contract_id) == ("matching", "contract-1")
    done = settle(claimed(), SIGNED)
    assert (done.state, done.matched_deal_id, done.owner_id, done.customer_id) == (
        "matched", "deal-1", "li", "customer-1",
    )  # fmt: skip
    assert release(claimed(), "not-won") == replace(MONEY, reason="not-won")
    for money in (claimed(), done):
        with pytest.raises(Refused, match="deal-1"):
            claimed(money)


@pytest.mark.parametrize(
    ("money", "deal", "code"),
    [
        pytest.param(replace(MONEY, currency="EUR"), SIGNED, "other-currency", id="in another currency"),
        pytest.param(MONEY, DEAL, "not-won", id="for a deal that is not won"),
        pytest.param(replace(MONEY, payment_id="p-1"), paid(SIGNED, 1), "known-payment", id="that it has already"),
    ],
)
def test_money_is_claimed_only_for_a_deal_that_takes_it(money: Unmatched, deal: Deal, code: str) -> None:
    with pytest.raises(Refused) as refused:
        claimed(money, deal)

    assert refused.value.code == code


def test_money_comes_in_before_the_deal_is_won_when_a_contract_is_signed() -> None:
    assert paid(SIGNED, 1).payments
    with pytest.raises(Refused) as refused:
        paid(replace(DEAL, contracts=(CONTRACT,)), 1)
    assert refused.value.code == "not-won"
