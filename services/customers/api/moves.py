"""What happens to a deal, over HTTP: stage moves, revisions, the decision, another owner."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from backbone.bodies import Move, view_of
from backbone.contract.fields import Amount as MinorUnits
from backbone.contract.fields import Code, Day, Id, Probability, ProductIds, Text
from backbone.web import Asking
from services.customers.api.deal_shapes import (
    CompetitorShape,
    CreditShape,
    DealView,
    LineShape,
    competitors_of,
    credits_of,
    lines_of,
)
from services.customers.api.door import AtDesk
from services.customers.domain.worth import Revision as Revised
from services.customers.handlers import deals as handlers

router = APIRouter(tags=["deals"])


class StageMove(Move):
    """Where a deal stands from now on."""

    to_stage: Code
    probability: Probability | None = Field(None, description="Of winning it, 0 to 1; the stage's by default.")
    reason: Code | None = Field(
        None, description="Needed where the pipeline's rules say so: to move back, or past a stage."
    )


class Revision(Move):
    """What is corrected; what is left out stays."""

    name: Text | None = None
    customer_id: Id | None = Field(None, description="Of a deal that was opened with a lead and has no customer yet.")
    amount: MinorUnits | None = Field(
        None, description="In minor units of the deal's currency; the sum of the lines where only lines are given."
    )
    expected_close_on: Day | None = None
    product_ids: ProductIds | None = None
    lines: Annotated[list[LineShape], Field(max_length=200)] | None = None
    credits: Annotated[list[CreditShape], Field(max_length=20)] | None = Field(
        None, description="Shares add up to 1; an empty list means the owner alone."
    )
    competitors: Annotated[list[CompetitorShape], Field(max_length=20)] | None = None
    group_ids: Annotated[list[Id], Field(max_length=20)] | None = Field(
        None, description="Work groups that share it; an empty list takes it from all of them."
    )
    reason: Code | None = None


class Winning(Move):
    """What was sold, and who shares the credit."""

    lines: Annotated[list[LineShape], Field(max_length=200)] = Field(
        [], description="They need not add up to the amount; the deal's own by default."
    )
    credits: Annotated[list[CreditShape], Field(max_length=20)] = Field(
        [], description="Shares add up to 1; as agreed before by default, else the owner alone."
    )
    reason: Code | None = None


class Losing(Move):
    """Why a deal was lost."""

    reason: Code = Field(description="One of the pipeline's, where it has a list.")
    lost_to: Code | None = Field(None, description="The competitor who got the order.")


class Reopening(Move):
    """Why a decision is taken back."""

    reason: Code | None = None


class DealOwnerChange(Move):
    """Whose deal it is from now on."""

    owner_id: Id
    reason: Code | None = None


@router.post("/deals/{deal_id}/stage", summary="Move a deal to another stage")
async def move_deal(deal_id: str, body: StageMove, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """Forward, back, or past stages, as the pipeline's rules allow; what is missing to go on is named."""
    saved = await handlers.move_stage(desk, asks, deal_id, body.told(), body.to_stage, body.probability, body.reason)
    return view_of(DealView, saved, response)


@router.post("/deals/{deal_id}/revise", summary="Revise a deal")
async def revise_deal(deal_id: str, body: Revision, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """Correct what it is worth, when it will be decided, its lines, who shares it or its credit, who else wants it."""
    new = Revised(
        name=body.name,
        customer_id=body.customer_id,
        product_ids=body.product_ids,
        amount=body.amount,
        expected_close_on=body.expected_close_on,
        lines=None if body.lines is None else lines_of(body.lines),
        credits=None if body.credits is None else credits_of(body.credits),
        competitors=None if body.competitors is None else competitors_of(body.competitors),
        group_ids=None if body.group_ids is None else tuple(sorted(set(body.group_ids))),
    )
    return view_of(DealView, await handlers.revise(desk, asks, deal_id, body.told(), new, body.reason), response)


@router.post("/deals/{deal_id}/win", summary="Win a deal")
async def win_deal(deal_id: str, body: Winning, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """It counts at once, on the day it was won where the organisation is."""
    lines, shares = lines_of(body.lines), credits_of(body.credits)
    saved = await handlers.win(desk, asks, deal_id, body.told(), lines, shares, body.reason)
    return view_of(DealView, saved, response)


@router.post("/deals/{deal_id}/lose", summary="Lose a deal")
async def lose_deal(deal_id: str, body: Losing, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """The customer said no, or we gave up."""
    saved = await handlers.lose(desk, asks, deal_id, body.told(), body.reason, body.lost_to)
    return view_of(DealView, saved, response)


@router.post("/deals/{deal_id}/reopen", summary="Reopen a deal")
async def reopen_deal(deal_id: str, body: Reopening, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """It stands again in the stage it was decided in; what counted as won counts no more."""
    return view_of(DealView, await handlers.reopen(desk, asks, deal_id, body.told(), body.reason), response)


@router.post("/deals/{deal_id}/owner", summary="Give a deal to another member")
async def change_deal_owner(
    deal_id: str, body: DealOwnerChange, desk: AtDesk, asks: Asking, response: Response
) -> DealView:
    """Give it, with its quotes, contracts and what is still owed, to a member the caller may act for."""
    saved = await handlers.change_owner(desk, asks, deal_id, body.told(), body.owner_id, body.reason)
    return view_of(DealView, saved, response)
