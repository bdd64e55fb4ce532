"""Quotes and contracts: who may take which step, and what is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.papers import ContractAdvanced, ContractSigned, QuoteAnswered, QuoteSent
from backbone.problems import Refused
from services.customers.domain import contract as contracts
from services.customers.domain import quote as quotes
from services.customers.domain.deal import Contract, Deal, Decided, Line
from services.customers.domain.plan import MOST_INSTALMENTS, Part, plan_of
from tests.unit.deals_made import OPENED
from tests.unit.papers_made import (
    APRIL_30,
    CONTRACT,
    DAY_AFTER,
    DEAL,
    MARCH_9,
    MARCH_31,
    NOW,
    QUOTE,
    WHOSE,
    drafted,
    sent,
    states,
)


def days(count: float) -> datetime:
    return OPENED + timedelta(days=count)


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
