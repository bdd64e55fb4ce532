"""Deals over HTTP: opening, reading, listing."""

from datetime import date, datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, view_of
from backbone.contract.fields import Amount as MinorUnits
from backbone.contract.fields import (
    Code,
    Count,
    Currency,
    Day,
    DealAmount,
    Id,
    Moment,
    Probability,
    ProductIds,
    Share,
    Text,
)
from backbone.contract.ids import new_event_id
from backbone.moments import told_at
from backbone.paging import Cursor, Limit, Page
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.door import AtDesk
from services.customers.domain.deal import Deal, State
from services.customers.handlers import deals as handlers
from services.customers.handlers.pipelines import known_pipeline

router = APIRouter(tags=["deals"])


class DealToOpen(Body):
    """A deal to open."""

    name: Text | None = Field(None, description="As people call it; it stays in this service.")
    owner_id: Id | None = Field(None, description="Whose deal it is; the key's own member by default.")
    customer_id: Id | None = Field(None, description="With whom; or name the lead while it is no customer yet.")
    lead_id: Id | None = None
    pipeline: Code = "standard"
    stage: Code | None = Field(None, description="Where it begins; the pipeline's first stage by default.")
    amount: DealAmount = 0
    currency: Currency | None = Field(None, description="ISO 4217; the organisation's by default.")
    probability: Probability | None = Field(None, description="Of winning it, 0 to 1; the stage's by default.")
    expected_close_on: Day | None = None
    product_ids: ProductIds = ()
    opened_at: Moment | None = Field(None, description="When it was opened; now by default.")


class LineShape(Body):
    """One product of a deal."""

    product_id: Id
    quantity: Count
    amount: MinorUnits = Field(description="Of the whole line, in minor units of the deal's currency.")


class CreditShape(Body):
    """What part of a deal a member is credited with."""

    member_id: Id
    share: Share


class PaymentView(BaseModel):
    """Money that came in."""

    payment_id: str
    amount: int
    received_on: date
    due_on: date | None
    contract_id: str | None


class DealView(BaseModel):
    """A deal as it stands; amounts in minor units of the currency."""

    deal_id: str
    version: int = Field(description="Name it when you change the deal.")
    name: str | None
    owner_id: str
    team_id: str | None
    customer_id: str | None
    lead_id: str | None
    pipeline: str
    stage: str = Field(description="Where it stands, or stood when it was decided.")
    stage_since: datetime
    state: State
    amount: int
    currency: str
    probability: float
    expected_close_on: date | None
    product_ids: list[str]
    opened_at: datetime
    changed_at: datetime = Field(description="Its latest change; nothing may be told from before it.")
    recorded_at: datetime
    decided_at: datetime | None
    reason: str | None = Field(description="Why it was won or lost.")
    lines: list[LineShape]
    credits: list[CreditShape]
    payments: list[PaymentView]


@router.post("/deals", status_code=201, summary="Open a deal")
async def open_deal(body: DealToOpen, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """Let a deal enter a pipeline."""
    owner = await desk.members.acting(asks.caller, body.owner_id, field="/owner_id")
    pipeline = await known_pipeline(desk, body.pipeline)
    stage = pipeline.stages[0 if body.stage is None else pipeline.place_of(body.stage)]
    now = desk.now()
    opened_at = told_at(body.opened_at, now)
    deal = Deal(
        deal_id=new_event_id(),
        owner_id=owner.member_id,
        team_id=owner.team_id,
        stage=stage.stage,
        stage_since=opened_at,
        currency=body.currency or desk.currency,
        probability=stage.probability if body.probability is None else body.probability,
        opened_at=opened_at,
        changed_at=opened_at,
        recorded_at=now,
        **body.model_dump(exclude={"owner_id", "stage", "currency", "probability", "opened_at"}),
    )
    return view_of(DealView, await handlers.open_deal(desk, asks, deal), response)


@router.get("/deals", summary="List deals")
async def list_deals(
    desk: AtDesk,
    caller: Calling,
    pipeline: str | None = None,
    stage: str | None = None,
    owner_id: str | None = None,
    customer_id: str | None = None,
    state: State | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[DealView]:
    """Deals in the caller's row scope, newest first."""
    found, following = await queries.deal_page(
        desk.store,
        caller,
        pipeline=pipeline,
        stage=stage,
        owner_id=owner_id,
        customer_id=customer_id,
        state=state,
        cursor=cursor,
        limit=limit,
    )
    return Page(items=[view_of(DealView, saved) for saved in found], next=following)


@router.get("/deals/{deal_id}", summary="Read a deal")
async def read_deal(deal_id: str, desk: AtDesk, caller: Calling) -> DealView:
    """One deal in the caller's row scope."""
    return view_of(DealView, await queries.deal(desk.store, caller, deal_id))
