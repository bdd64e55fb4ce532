"""Quotes of a deal: drafted, sent, accepted or refused or expired; a new version replaces the one before.

draft --send--> sent --answer--> accepted or refused
                sent --its last day passes--> expired
                sent --a newer version is sent--> replaced
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final, Literal

from backbone.contract.papers import QuoteAnswered, QuoteSent
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused
from services.customers.domain.deal import Deal, Decided, Line, Quote, check_open, whose
from services.customers.domain.plan import watched
from services.customers.domain.worth import sum_of

Answer = Literal["accepted", "refused"]

MOST_QUOTES: Final = 50
"""Versions of quotes a deal may have."""


def draft_quote(deal: Deal, quote: Quote) -> Decided:
    """Begin a quote.

    Raises:
        Refused: the deal is not open, or has as many quotes as it may have.
    """
    check_open(deal)
    _check_room(deal)
    return replace(deal, quotes=(*deal.quotes, quote)), []


def worth_of(amount: int | None, lines: Sequence[Line]) -> int:
    """What a quote is worth: as stated, else the sum of its lines.

    Raises:
        Refused: there is neither.
    """
    if amount is not None:
        return amount
    if not lines:
        raise Refused("no-amount", "Give the lines, or state the amount.", field="/amount")
    return sum_of(lines)


def revise_quote(
    deal: Deal, quote_id: str, *, amount: int, lines: tuple[Line, ...], valid_until_on: date | None
) -> Decided:
    """Write a quote anew: a draft is changed, what was sent stays as it is and gets a new version.

    Raises:
        Refused: there is no such quote, it was accepted, or the deal is not open.
    """
    check_open(deal)
    latest = latest_of(deal, quote_id)
    if latest.state == "accepted":
        raise Refused("accepted-before", "The customer accepted this quote; begin another one.")
    if latest.state == "draft":
        written = replace(latest, amount=amount, lines=lines, valid_until_on=valid_until_on)
        return replace(deal, quotes=_with(deal, written)), []
    _check_room(deal)
    newer = Quote(
        quote_id=quote_id, revision=latest.revision + 1, amount=amount, lines=lines, valid_until_on=valid_until_on
    )
    return replace(deal, quotes=(*deal.quotes, newer)), []


def send_quote(deal: Deal, at: datetime, now: datetime, *, quote_id: str, day: date) -> Decided:
    """Note that the latest version of a quote went out.

    Args:
        deal: as it stands.
        at: when it was sent.
        now: the present instant.
        quote_id: which.
        day: of `at`, where the organisation is.

    Raises:
        Refused: there is no such draft, its last day is over, the deal is not open, or `at` lies in the future.
    """
    check_open(deal)
    check_happened(at, now)
    quote = latest_of(deal, quote_id)
    if quote.state != "draft":
        raise Refused("no-draft", f"The latest version of this quote is {quote.state}; write a new one first.")
    if quote.valid_until_on is not None and quote.valid_until_on < day:
        raise Refused("past-day", "The last day it binds us is over; write a new one first.", field="/valid_until_on")
    sent = replace(quote, state="sent", sent_at=at)
    before = tuple(
        replace(one, state="replaced") if one.quote_id == quote_id and one.state == "sent" else one
        for one in deal.quotes
    )
    return watched(replace(deal, quotes=_with(replace(deal, quotes=before), sent))), [
        QuoteSent(
            **whose(deal),
            quote_id=quote_id,
            revision=quote.revision,
            amount=quote.amount,
            currency=deal.currency,
            valid_until_on=quote.valid_until_on,
        )
    ]


def answer_quote(
    deal: Deal, at: datetime, now: datetime, *, quote_id: str, answer: Answer, day: date, reason: str | None = None
) -> Decided:
    """Note what the customer said to a quote.

    Args:
        deal: as it stands.
        at: when he said it.
        now: the present instant.
        quote_id: which; the version that was sent last.
        answer: yes or no.
        day: of `at`, where the organisation is.
        reason: why, as a code.

    Raises:
        Refused: no version waits for an answer, it was accepted after its last day, or `at` does not
            lie between the sending and now.
    """
    check_happened(at, now)
    waiting = [one for one in deal.quotes if one.quote_id == quote_id and one.state == "sent"]
    if not waiting:
        latest = latest_of(deal, quote_id)
        raise Refused("not-sent", f"This quote is {latest.state}; only one that was sent is answered.")
    quote = waiting[-1]
    if quote.sent_at is not None:
        check_not_before(at, quote.sent_at, "it was sent")
    if answer == "accepted" and quote.valid_until_on is not None and quote.valid_until_on < day:
        raise Refused("past-day", "Its last day was over by then; send a new version.", field="/at")
    after, event = _ended(deal, replace(quote, state=answer, answered_at=at, reason=reason), answer)
    return after, [event]


def expiring(deal: Deal, today: date) -> Quote | None:
    """The first quote that waits for an answer though its last day is over."""
    for quote in deal.quotes:
        if quote.state == "sent" and quote.valid_until_on is not None and quote.valid_until_on < today:
            return quote
    return None


def expire_quote(deal: Deal, quote: Quote, at: datetime) -> tuple[Deal, QuoteAnswered]:
    """Let a quote expire that nobody answered."""
    return _ended(deal, replace(quote, state="expired", answered_at=at), "expired")


def latest_of(deal: Deal, quote_id: str) -> Quote:
    """The latest version of a quote.

    Raises:
        Refused: the deal has no such quote.
    """
    versions = [one for one in deal.quotes if one.quote_id == quote_id]
    if not versions:
        raise Refused("unknown-quote", f"This deal has no quote {quote_id!r}.")
    return max(versions, key=lambda one: one.revision)


def _ended(deal: Deal, quote: Quote, outcome: Literal["accepted", "refused", "expired"]) -> tuple[Deal, QuoteAnswered]:
    return watched(replace(deal, quotes=_with(deal, quote))), QuoteAnswered(
        **whose(deal),
        quote_id=quote.quote_id,
        revision=quote.revision,
        outcome=outcome,
        amount=quote.amount,
        currency=deal.currency,
        reason=quote.reason,
    )


def _with(deal: Deal, quote: Quote) -> tuple[Quote, ...]:
    same = (quote.quote_id, quote.revision)
    return tuple(quote if (one.quote_id, one.revision) == same else one for one in deal.quotes)


def _check_room(deal: Deal) -> None:
    if len(deal.quotes) >= MOST_QUOTES:
        raise Refused("too-many-quotes", f"A deal has {MOST_QUOTES} versions of quotes at most.")
