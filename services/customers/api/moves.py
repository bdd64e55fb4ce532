"""What happens to a deal, over HTTP: stage moves, revisions, the decision, payments."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from backbone.bodies import Change, Move, view_of
from backbone.contract.fields import Amount as MinorUnits
from backbone.contract.fields import Code, Day, Id, Probability
from backbone.web import Asking
from services.customers.api.deals import CreditShape, DealView, LineShape
from services.customers.api.door import AtDesk
from services.customers.domain.deal import Credit, Line, Payment
from services.customers.handlers import deals as handlers

router = APIRouter(tags=["deals"])


class StageMove(Move):
    """Where a deal stands from now on."""

    to_stage: Code
    probability: Probability | None = Field(None, description="Of winning it, 0 to 1; the stage's by default.")
    reason: Code | None = Field(None, description="Needed when a stage is passed by that is not optional.")


class Revision(Move):
    """What is corrected; what is left out stays."""

    amount: MinorUnits | None = Field(None, description="In minor units of the deal's currency.")
    expected_close_on: Day | None = None
    reason: Code | None = None


class Winning(Move):
    """What was sold, and who shares the credit."""

    lines: Annotated[list[LineShape], Field(max_length=200)] = Field(
        [], description="They need not add up to the amount."
    )
    credits: Annotated[list[CreditShape], Field(max_length=20)] = Field(
        [], description="Shares add up to 1; none means the owner alone."
    )
    reason: Code | None = None


class Losing(Move):
    """Why a deal was lost."""

    reason: Code


class Reopening(Move):
    """Why a decision is taken back."""

    reason: Code | None = None


class PaymentToNote(Change):
    """Money that came in."""

    payment_id: Id
    amount: Annotated[MinorUnits, Field(ge=1)] = Field(description="In minor units of the deal's currency.")
    received_on: Day
    due_on: Day | None = None
    contract_id: Id | None = None


@router.post("/deals/{deal_id}/stage", summary="Move a deal to another stage")
async def move_deal(deal_id: str, body: StageMove, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """Forward, back, or past optional stages; past others with a reason."""
    saved = await handlers.move_stage(desk, asks, deal_id, body.told(), body.to_stage, body.probability, body.reason)
    return view_of(DealView, saved, response)


@router.post("/deals/{deal_id}/revise", summary="Revise a deal")
async def revise_deal(deal_id: str, body: Revision, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """Correct what it is worth or when it will be decided."""
    saved = await handlers.revise(desk, asks, deal_id, body.told(), body.amount, body.expected_close_on, body.reason)
    return view_of(DealView, saved, response)


@router.post("/deals/{deal_id}/win", summary="Win a deal")
async def win_deal(deal_id: str, body: Winning, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """It counts at once, on the day it was won where the organisation is."""
    lines = [Line(**line.model_dump()) for line in body.lines]
    shares = [Credit(**credit.model_dump()) for credit in body.credits]
    saved = await handlers.win(desk, asks, deal_id, body.told(), lines, shares, body.reason)
    return view_of(DealView, saved, response)


@router.post("/deals/{deal_id}/lose", summary="Lose a deal")
async def lose_deal(deal_id: str, body: Losing, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """The customer said no, or we gave up."""
    return view_of(DealView, await handlers.lose(desk, asks, deal_id, body.told(), body.reason), response)


@router.post("/deals/{deal_id}/reopen", summary="Reopen a deal")
async def reopen_deal(deal_id: str, body: Reopening, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """It stands again in the stage it was decided in; what counted as won counts no more."""
    return view_of(DealView, await handlers.reopen(desk, asks, deal_id, body.told(), body.reason), response)


@router.post("/deals/{deal_id}/payments", status_code=201, summary="Note a payment")
async def note_payment(deal_id: str, body: PaymentToNote, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """Money came in for a deal that is won."""
    payment = Payment(**body.model_dump(exclude={"version"}))
    return view_of(DealView, await handlers.receive_payment(desk, asks, deal_id, body.version, payment), response)
