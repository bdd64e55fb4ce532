"""What can be done with the quotes of a deal. The quotes follow the deal: its row scope, its version."""

from datetime import date, datetime
from functools import partial

from backbone.calendar import local_day
from backbone.outbox import Saved
from backbone.rows import Told
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import quote as quotes
from services.customers.domain.deal import Deal, Decided, Line, Quote
from services.customers.domain.quote import Answer
from services.customers.handlers.hands import change_part

QUOTE = "quote"


async def draft_quote(desk: Desk, asks: Asks, deal_id: str, told: Told, quote: Quote) -> Saved[Deal]:
    """Begin a quote."""

    def decide(deal: Deal, _at: datetime, _now: datetime) -> Decided:
        return quotes.draft_quote(deal, quote)

    return await change_part(desk, asks, deal_id, told, QUOTE, decide)


async def revise_quote(
    desk: Desk,
    asks: Asks,
    deal_id: str,
    told: Told,
    quote_id: str,
    amount: int,
    lines: tuple[Line, ...],
    valid_until_on: date | None,
) -> Saved[Deal]:
    """Write a quote anew."""

    def decide(deal: Deal, _at: datetime, _now: datetime) -> Decided:
        return quotes.revise_quote(deal, quote_id, amount=amount, lines=lines, valid_until_on=valid_until_on)

    return await change_part(desk, asks, deal_id, told, QUOTE, decide)


async def send_quote(desk: Desk, asks: Asks, deal_id: str, told: Told, quote_id: str) -> Saved[Deal]:
    """Note that a quote went out."""
    decide = partial(quotes.send_quote, quote_id=quote_id, day=_day(desk, told))
    return await change_part(desk, asks, deal_id, told, QUOTE, decide)


async def answer_quote(
    desk: Desk, asks: Asks, deal_id: str, told: Told, quote_id: str, answer: Answer, reason: str | None
) -> Saved[Deal]:
    """Note what the customer said to a quote."""
    decide = partial(quotes.answer_quote, quote_id=quote_id, answer=answer, day=_day(desk, told), reason=reason)
    return await change_part(desk, asks, deal_id, told, QUOTE, decide)


def _day(desk: Desk, told: Told) -> date:
    return local_day(told.at or desk.now(), desk.zone)
