"""Quotes, contracts and their payment plans, and what falls due of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.deals import (
    ContractAdvanced,
    ContractSigned,
    PaymentDue,
    PaymentMatched,
    QuoteAnswered,
    QuoteSent,
)
from backbone.problems import Refused
from services.customers.domain import contract as contracts
from services.customers.domain import quote as quotes
from services.customers.domain.deal import Contract, Deal, Decided, Instalment, Line, Payment, Quote
from services.customers.domain.due import Fallen, fall_due
from services.customers.domain.payment import Unmatched, claim, match_payment, receive_payment, release, settle
from services.customers.domain.plan import MOST_INSTALMENTS, Part, overdue, owed, plan_of, watched

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(days=60)
NEXT_DAY, DAY_AFTER = OPENED + timedelta(days=1), OPENED + timedelta(days=2)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MARCH_9, MARCH_31, APRIL_30 = date(2026, 3, 9), date(2026, 3, 31), date(2026, 4, 30)
DEAL = Deal(
    deal_id="deal-1",
    owner_id="li",
    team_id="north",
    customer_id="customer-1",
    pipeline="standard",
    stage="proposal",
    stage_since=OPENED,
    amount=500_000,
    currency="CNY",
    probability=0.5,
    opened_at=OPENED,
    changed_at=OPENED,
    recorded_at=OPENED,
)
WHOSE: dict[str, Any] = {"deal_id": "deal-1", "customer_id": "customer-1", "owner_id": "li", "team_id": "north"}
QUOTE = Quote(quote_id="quote-1", amount=480_000, valid_until_on=MARCH_31)
HALVES = (
    Instalment(payment_id="1", due_on=MARCH_31, amount=250_000),
    Instalment(payment_id="2", due_on=APRIL_30, amount=250_000),
)
CONTRACT = Contract(contract_id="contract-1", number="HT-1", amount=500_000, plan=HALVES, drafted_by="li")
SIGNED = watched(replace(DEAL, contracts=(replace(CONTRACT, state="signed", signed_on=MARCH_9),)))


def days(count: float) -> datetime:
    return OPENED + timedelta(days=count)


def drafted(deal: Deal = DEAL, quote: Quote = QUOTE) -> Deal:
    return quotes.draft_quote(deal, quote)[0]


def sent(deal: Deal | None = None, at: datetime = NEXT_DAY) -> Deal:
    return quotes.send_quote(deal or drafted(), at, NOW, quote_id="quote-1", day=at.date())[0]


def states(deal: Deal) -> list[tuple[int, str]]:
    return [(one.revision, one.state) for one in deal.quotes]


def paid(deal: Deal, amount: int, contract_id: str | None = None, payment_id: str = "p-1") -> Deal:
    money = Payment(payment_id=payment_id, amount=amount, received_on=MARCH_9, contract_id=contract_id)
    return receive_payment(deal, money, NOW.date())[0]


def test_a_quote_that_went_out_is_told_with_its_version_and_its_last_day() -> None:
    deal, events = quotes.send_quote(drafted(), days(1), NOW, quote_id="quote-1", day=date(2026, 3, 3))

    assert deal.quotes == (replace(QUOTE, state="sent", sent_at=days(1)),)
    assert deal.wake_on == date(2026, 4, 1)
    assert events == [
        QuoteSent(**WHOSE, quote_id="quote-1", revision=1, amount=480_000, currency="CNY", valid_until_on=MARCH_31)
    ]


def test_a_new_version_replaces_the_one_that_was_sent_when_it_goes_out_itself() -> None:
    deal, _ = quotes.revise_quote(sent(), "quote-1", amount=450_000, lines=(), valid_until_on=APRIL_30)
    assert states(deal) == [(1, "sent"), (2, "draft")]

    again, _ = quotes.send_quote(deal, days(2), NOW, quote_id="quote-1", day=date(2026, 3, 4))

    assert states(again) == [(1, "replaced"), (2, "sent")]
    assert again.wake_on == date(2026, 5, 1)


def test_a_draft_is_written_anew_in_its_place() -> None:
    deal, events = quotes.revise_quote(drafted(), "quote-1", amount=1, lines=(), valid_until_on=None)

    assert (deal.quotes, events) == ((replace(QUOTE, amount=1, valid_until_on=None),), [])


def test_an_accepted_quote_is_told_and_written_anew_no_more() -> None:
    deal, events = quotes.answer_quote(
        sent(), days(3), NOW, quote_id="quote-1", answer="accepted", day=date(2026, 3, 5)
    )

    assert (states(deal), deal.wake_on) == ([(1, "accepted")], None)
    assert events == [
        QuoteAnswered(**WHOSE, quote_id="quote-1", revision=1, outcome="accepted", amount=480_000, currency="CNY")
    ]
    with pytest.raises(Refused, match="accepted"):
        quotes.revise_quote(deal, "quote-1", amount=1, lines=(), valid_until_on=None)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        pytest.param(lambda: sent(sent()), "no-draft", id="sent twice"),
        pytest.param(lambda: sent(at=days(30)), "past-day", id="sent after its last day"),
        pytest.param(lambda: sent(replace(drafted(), state="won")), "not-open", id="sent for a decided deal"),
        pytest.param(lambda: answered(drafted()), "not-sent", id="answered before it was sent"),
        pytest.param(lambda: answered(sent(), days(0.5)), "too-early", id="answered earlier than sent"),
        pytest.param(lambda: answered(sent(), days(30)), "past-day", id="accepted after its last day"),
        pytest.param(lambda: quotes.latest_of(DEAL, "quote-9"), "unknown-quote", id="never drafted"),
        pytest.param(lambda: quotes.worth_of(None, ()), "no-amount", id="worth nothing"),
    ],
)
def test_a_quote_goes_its_way_and_no_other(act: Callable[[], object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        act()

    assert refused.value.code == code


def answered(deal: Deal, at: datetime = DAY_AFTER) -> Deal:
    return quotes.answer_quote(deal, at, NOW, quote_id="quote-1", answer="accepted", day=at.date())[0]


def test_a_quote_is_worth_its_lines_unless_an_amount_is_stated() -> None:
    lines = [Line(product_id="pump", quantity=1, amount=5), Line(product_id="valve", quantity=1, amount=7)]

    assert (quotes.worth_of(None, lines), quotes.worth_of(10, lines)) == (12, 10)


def test_a_contract_goes_from_draft_to_approval_to_signature_and_every_step_is_told() -> None:
    deal, told = contracts.draft_contract(DEAL, CONTRACT)
    log = list(told)
    steps: tuple[Callable[[Deal], Decided], ...] = (
        lambda deal: contracts.submit_contract(deal, "contract-1", by="li"),
        lambda deal: contracts.return_contract(deal, "contract-1", by="chen", reason="too-cheap"),
        lambda deal: contracts.submit_contract(deal, "contract-1", by="li"),
        lambda deal: contracts.approve_contract(deal, "contract-1", by="chen"),
        lambda deal: contracts.sign_contract(deal, "contract-1", signed_on=MARCH_9, today=NOW.date()),
    )
    for step in steps:
        deal, told = step(deal)
        log += told

    assert [(one.from_state, one.to_state, one.member_id) for one in log if isinstance(one, ContractAdvanced)] == [
        (None, "drafted", "li"),
        ("drafted", "submitted", "li"),
        ("submitted", "drafted", "chen"),
        ("drafted", "submitted", "li"),
        ("submitted", "approved", "chen"),
    ]
    assert log[-1] == ContractSigned(
        **WHOSE,
        contract_id="contract-1",
        contract_number="HT-1",
        amount=500_000,
        currency="CNY",
        signed_on=MARCH_9,
    )
    assert (deal.contracts[0].state, deal.owed_since, deal.wake_on) == ("signed", MARCH_31, MARCH_31)


SUBMITTED = replace(CONTRACT, state="submitted", submitted_by="li")


@pytest.mark.parametrize(
    ("contract", "act", "code"),
    [
        pytest.param(SUBMITTED, ("approve_contract", {"by": "li"}), "own-contract", id="approved by its submitter"),
        pytest.param(SUBMITTED, ("return_contract", {"by": "li", "reason": "x"}), "own-contract", id="returned by him"),
        pytest.param(CONTRACT, ("approve_contract", {"by": "chen"}), "not-submitted", id="approved as a draft"),
        pytest.param(SUBMITTED, ("submit_contract", {"by": "li"}), "not-drafted", id="submitted twice"),
        pytest.param(
            SUBMITTED, ("sign_contract", {"signed_on": MARCH_9, "today": NOW.date()}), "not-approved", id="not approved"
        ),
        pytest.param(
            replace(CONTRACT, state="approved"),
            ("sign_contract", {"signed_on": date(2026, 6, 1), "today": NOW.date()}),
            "future-day",
            id="signed on a day to come",
        ),
        pytest.param(
            replace(CONTRACT, state="signed"),
            ("cancel_contract", {"by": "li", "reason": "x"}),
            "not-cancellable",
            id="cancelled when signed",
        ),
    ],
)
def test_a_contract_takes_no_step_that_is_not_its_turn(
    contract: Contract, act: tuple[str, dict[str, Any]], code: str
) -> None:
    name, told = act

    with pytest.raises(Refused) as refused:
        getattr(contracts, name)(replace(DEAL, contracts=(contract,)), "contract-1", **told)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("deal", "contract", "code"),
    [
        pytest.param(replace(DEAL, state="lost"), CONTRACT, "deal-lost", id="for a lost deal"),
        pytest.param(replace(DEAL, contracts=(CONTRACT,)), CONTRACT, "number-taken", id="under a number it has"),
        pytest.param(DEAL, replace(CONTRACT, quote_id="quote-9"), "unknown-quote", id="after a quote nobody knows"),
        pytest.param(
            DEAL, replace(CONTRACT, starts_on=APRIL_30, ends_on=MARCH_9), "ends-early", id="ending before it starts"
        ),
    ],
)
def test_a_contract_that_cannot_be_is_not_drafted(deal: Deal, contract: Contract, code: str) -> None:
    with pytest.raises(Refused) as refused:
        contracts.draft_contract(deal, contract)

    assert refused.value.code == code


@given(st.integers(0, 10**15), st.lists(st.integers(1, 1000), min_size=1, max_size=MOST_INSTALMENTS))
def test_a_plan_by_shares_adds_up_to_the_contract_to_the_last_minor_unit(amount: int, weights: list[int]) -> None:
    parts = [
        Part(payment_id=str(place), due_on=MARCH_9 + timedelta(days=place), share=weight / sum(weights))
        for place, weight in enumerate(weights)
    ]

    assert sum(one.amount for one in plan_of(amount, parts)) == amount


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        pytest.param([("1", 400, None), ("2", 99, None)], "bad-plan", id="a unit short"),
        pytest.param([("1", None, 0.5), ("2", None, 0.4)], "bad-shares", id="shares short of 1"),
        pytest.param([("1", 250, None), ("2", None, 0.5)], "mixed-plan", id="amounts and shares mixed"),
        pytest.param([("1", None, None)], "mixed-plan", id="neither amount nor share"),
        pytest.param([("1", 250, None), ("1", 250, None)], "instalment-twice", id="a name twice"),
    ],
)
def test_a_plan_that_does_not_add_up_is_refused(parts: list[tuple[str, int | None, float | None]], code: str) -> None:
    with pytest.raises(Refused) as refused:
        plan_of(500, [Part(payment_id=id_, due_on=MARCH_9, amount=amount, share=share) for id_, amount, share in parts])

    assert (refused.value.code, refused.value.field) == (code, "/plan")


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
