"""Quotes of a deal over HTTP."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from backbone.bodies import Move, view_of
from backbone.contract.fields import Amount as MinorUnits
from backbone.contract.fields import Code, Day
from backbone.contract.ids import new_event_id
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.deal_shapes import LineShape, LineView, lines_of
from services.customers.api.door import AtDesk
from services.customers.domain.deal import Quote, QuoteState
from services.customers.domain.quote import worth_of
from services.customers.handlers import quotes as handlers

router = APIRouter(tags=["quotes"])

PATH: Final = "/deals/{deal_id}/quotes"


class QuoteToWrite(Move):
    """What is offered, and until when it binds us."""

    lines: Annotated[list[LineShape], Field(max_length=200)] = Field([], description="The products.")
    amount: MinorUnits | None = Field(None, description="In minor units; the sum of the lines by default.")
    valid_until_on: Day | None = Field(None, description="The last day it binds us; it expires by itself after it.")


class Answer(Move):
    """What the customer said."""

    answer: Literal["accepted", "refused"]
    reason: Code | None = None


class Sending(Move):
    """When the quote went out."""


class QuoteView(BaseModel):
    """One version of a quote."""

    quote_id: str
    revision: int
    state: QuoteState
    amount: int
    lines: list[LineView]
    valid_until_on: date | None
    sent_at: datetime | None
    answered_at: datetime | None
    reason: str | None


class QuotesView(BaseModel):
    """Every version of every quote of a deal, the oldest first."""

    deal_id: str
    version: int = Field(description="The deal's; name it when you change its quotes.")
    currency: str
    quotes: list[QuoteView]


@router.get(PATH, summary="List a deal's quotes")
async def list_quotes(deal_id: str, desk: AtDesk, caller: Calling) -> QuotesView:
    """Every version: drafts, sent, accepted, refused, expired and replaced ones."""
    return view_of(QuotesView, await queries.deal(desk.store, caller, deal_id))


@router.post(PATH, status_code=201, summary="Draft a quote")
async def draft_quote(deal_id: str, body: QuoteToWrite, desk: AtDesk, asks: Asking, response: Response) -> QuotesView:
    """Begin a quote for an open deal; it goes out by `send`."""
    lines = lines_of(body.lines)
    quote = Quote(
        quote_id=new_event_id(),
        amount=worth_of(body.amount, lines),
        lines=lines,
        valid_until_on=body.valid_until_on,
    )
    return view_of(QuotesView, await handlers.draft_quote(desk, asks, deal_id, body.told(), quote), response)


@router.put(f"{PATH}/{{quote_id}}", summary="Write a quote anew")
async def revise_quote(
    deal_id: str, quote_id: str, body: QuoteToWrite, desk: AtDesk, asks: Asking, response: Response
) -> QuotesView:
    """A draft is changed; of a quote that was sent a new version begins, and the sent one stays as it is."""
    lines = lines_of(body.lines)
    amount = worth_of(body.amount, lines)
    saved = await handlers.revise_quote(desk, asks, deal_id, body.told(), quote_id, amount, lines, body.valid_until_on)
    return view_of(QuotesView, saved, response)


@router.post(f"{PATH}/{{quote_id}}/send", summary="Send a quote")
async def send_quote(
    deal_id: str, quote_id: str, body: Sending, desk: AtDesk, asks: Asking, response: Response
) -> QuotesView:
    """Note that the latest version went out; it replaces the version sent before."""
    return view_of(QuotesView, await handlers.send_quote(desk, asks, deal_id, body.told(), quote_id), response)


@router.post(f"{PATH}/{{quote_id}}/answer", summary="Note the answer to a quote")
async def answer_quote(
    deal_id: str, quote_id: str, body: Answer, desk: AtDesk, asks: Asking, response: Response
) -> QuotesView:
    """Accepted or refused; after its last day a quote cannot be accepted any more."""
    saved = await handlers.answer_quote(desk, asks, deal_id, body.told(), quote_id, body.answer, body.reason)
    return view_of(QuotesView, saved, response)
