"""A deal with its quote and contract, for unit tests."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from services.customers.domain import quote as quotes
from services.customers.domain.deal import Contract, Deal, Instalment, Quote
from tests.unit import deals_made
from tests.unit.deals_made import OPENED

NOW = OPENED + timedelta(days=60)

NEXT_DAY, DAY_AFTER = OPENED + timedelta(days=1), OPENED + timedelta(days=2)

MARCH_9, MARCH_31, APRIL_30 = date(2026, 3, 9), date(2026, 3, 31), date(2026, 4, 30)

DEAL = replace(deals_made.DEAL, stage="proposal", probability=0.5)

WHOSE: dict[str, Any] = {"deal_id": "deal-1", "customer_id": "customer-1", "owner_id": "li", "team_id": "north"}
QUOTE = Quote(quote_id="quote-1", amount=480_000, valid_until_on=MARCH_31)

HALVES = (
    Instalment(payment_id="1", due_on=MARCH_31, amount=250_000),
    Instalment(payment_id="2", due_on=APRIL_30, amount=250_000),
)

CONTRACT = Contract(contract_id="contract-1", number="HT-1", amount=500_000, plan=HALVES, drafted_by="li")


def drafted(deal: Deal = DEAL, quote: Quote = QUOTE) -> Deal:
    return quotes.draft_quote(deal, quote)[0]


def sent(deal: Deal | None = None, at: datetime = NEXT_DAY) -> Deal:
    return quotes.send_quote(deal or drafted(), at, NOW, quote_id="quote-1", day=at.date())[0]


def states(deal: Deal) -> list[tuple[int, str]]:
    return [(one.revision, one.state) for one in deal.quotes]
