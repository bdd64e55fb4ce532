"""Deals over HTTP: opening, reading, listing."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, view_of
from backbone.contract.fields import Code, Currency, Day, DealAmount, Id, Moment, Probability, ProductIds, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.moments import told_at
from backbone.paging import Page
from backbone.web import Asking, Asks, Calling
from services.customers import queries
from services.customers.api.deal_shapes import (
    CompetitorShape,
    CreditShape,
    DealView,
    HistoryView,
    LineShape,
    competitors_of,
    credits_of,
    lines_of,
)
from services.customers.api.door import AtDesk
from services.customers.desk import Desk
from services.customers.domain.deal import Deal, State
from services.customers.domain.worth import sum_of
from services.customers.handlers import deals as handlers
from services.customers.queries import deals as deal_queries

router = APIRouter(tags=["deals"])

DEALS: Final = Listing(
    "deals",
    order={
        "amount": int,
        "opened_at": datetime,
        "changed_at": datetime,
        "stage_since": datetime,
        "decided_at": datetime,
        "expected_close_on": date,
        "probability": float,
    },
    equal={
        "pipeline": str,
        "stage": str,
        "owner_id": str,
        "team_id": str,
        "customer_id": str,
        "lead_id": str,
        "state": State,
        "currency": str,
        "reason": str,
    },
)


class DealToOpen(Body):
    """A deal to open."""

    name: Text | None = Field(None, description="As people call it; it stays in this service.")
    owner_id: Id | None = Field(None, description="Whose deal it is; the key's own member by default.")
    customer_id: Id | None = Field(None, description="With whom; or name the lead while it is no customer yet.")
    lead_id: Id | None = None
    pipeline: Code | None = Field(None, description="The one for its products by default, else `standard`.")
    stage: Code | None = Field(None, description="Where it begins; the pipeline's first stage by default.")
    amount: DealAmount | None = Field(None, description="In minor units; the sum of the lines by default, else 0.")
    currency: Currency | None = Field(None, description="ISO 4217; the organisation's by default.")
    probability: Probability | None = Field(None, description="Of winning it, 0 to 1; the stage's by default.")
    expected_close_on: Day | None = None
    product_ids: ProductIds = ()
    lines: Annotated[list[LineShape], Field(max_length=200)] = Field([], description="The products.")
    credits: Annotated[list[CreditShape], Field(max_length=20)] = Field(
        [], description="Shares add up to 1; none means the owner alone."
    )
    competitors: Annotated[list[CompetitorShape], Field(max_length=20)] = Field([], description="Who else wants it.")
    group_ids: Annotated[tuple[Id, ...], Field(strict=False, max_length=20)] = Field(
        (), description="Work groups whose members see and change it too."
    )
    opened_at: Moment | None = Field(None, description="When it was opened; now by default.")


async def deal_of(body: DealToOpen, desk: Desk, asks: Asks) -> tuple[Deal, handlers.Ground]:
    """A request's deal as the domain takes it, and what it stands on; its owner is who the caller may act for.

    Raises:
        Refused: there is no such owner, customer, pipeline or stage, or the lines are no good.
        Forbidden: the caller may not act for the owner.
    """
    owner = await desk.members.acting(asks.caller, body.owner_id, field="/owner_id")
    ground = await handlers.ground_of(desk, asks, body.customer_id, body.pipeline, body.product_ids, body.stage)
    pipeline = ground.pipeline
    stage = pipeline.stages[0 if body.stage is None else pipeline.place_of(body.stage)]
    now = desk.now()
    opened_at = told_at(body.opened_at, now)
    lines = lines_of(body.lines)
    deal = Deal(
        deal_id=new_event_id(),
        name=body.name,
        owner_id=owner.member_id,
        team_id=owner.team_id,
        group_ids=body.group_ids,
        customer_id=body.customer_id,
        lead_id=body.lead_id,
        pipeline=pipeline.pipeline_id,
        stage=stage.stage,
        stage_since=opened_at,
        amount=sum_of(lines) if body.amount is None else body.amount,
        amount_stated=body.amount is not None or not lines,
        currency=body.currency or desk.currency,
        probability=stage.probability if body.probability is None else body.probability,
        expected_close_on=body.expected_close_on,
        product_ids=body.product_ids,
        opened_at=opened_at,
        changed_at=opened_at,
        recorded_at=now,
        lines=lines,
        credits=credits_of(body.credits),
        competitors=competitors_of(body.competitors),
    )
    return deal, ground


@router.post("/deals", status_code=201, summary="Open a deal")
async def open_deal(body: DealToOpen, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """Let a deal enter a pipeline."""
    deal, ground = await deal_of(body, desk, asks)
    return view_of(DealView, await handlers.open_deal(desk, asks, deal, ground), response)


@router.get("/deals", summary="List deals", response_model=Page[DealView], responses=EXPORTS)
async def list_deals(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(DEALS)]
) -> Page[DealView] | Response:
    """Deals in the caller's row scope, newest first, or as `sort` says; all of them as a sheet by `format`."""
    return await views(asked, deal_queries.deal_rows(desk.store, caller), DealView)


class OverdueStay(BaseModel):
    """An open deal that has stood in its stage for longer than the stage allows."""

    deal_id: str
    name: str | None
    owner_id: str | None
    team_id: str | None
    customer_id: str | None
    pipeline: str
    stage: str
    stage_since: datetime
    due_at: datetime = Field(description="When it should have left the stage.")
    overdue_seconds: int
    amount: int
    currency: str


@router.get("/deals/overdue-stays", summary="List deals that stand in a stage for too long")
async def list_overdue_stays(
    desk: AtDesk,
    caller: Calling,
    pipeline: Annotated[str | None, Query(max_length=64, description="Of one pipeline only.")] = None,
    owner_id: Annotated[str | None, Query(max_length=128, description="Of one owner only.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most deals.")] = 200,
) -> list[OverdueStay]:
    """Open deals past their stage's time limit as the pipelines stand now, the longest overdue first."""
    found = await deal_queries.overdue_stays(
        desk.store, caller, desk.now(), pipeline=pipeline, owner_id=owner_id, limit=limit
    )
    return [
        OverdueStay.model_validate(
            {
                **{name: getattr(stay.deal, name) for name in OverdueStay.model_fields if hasattr(stay.deal, name)},
                "due_at": stay.due_at,
                "overdue_seconds": stay.overdue_seconds,
            }
        )
        for stay in found
    ]


@router.get("/deals/{deal_id}", summary="Read a deal")
async def read_deal(deal_id: str, desk: AtDesk, caller: Calling) -> DealView:
    """One deal in the caller's row scope."""
    return view_of(DealView, await queries.deal(desk.store, caller, deal_id))


@router.get("/deals/{deal_id}/history", summary="Read a deal's way")
async def read_history(deal_id: str, desk: AtDesk, caller: Calling) -> HistoryView:
    """Every step with its time, who made it and why: forward, back, skipped, reopened."""
    return view_of(HistoryView, await queries.deal(desk.store, caller, deal_id))
