"""Planned visits over HTTP."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.calendar import local_day
from backbone.contract.fields import Code, Id, Moment
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Asks, Calling
from services.activities.api.door import AtDesk, Voiding
from services.activities.api.fieldwork import OwnId
from services.activities.desk import Desk
from services.activities.domain.planned_visit import PlannedVisit, State
from services.activities.handlers import planned_visits as handlers
from services.activities.handlers.once import print_of
from services.activities.queries import planned_visits as queries

router = APIRouter(tags=["plans and routes"])

PLANNED_VISITS = Listing(
    "planned-visits",
    order={"starts_at": datetime, "on": date},
    equal={"member_id": str, "team_id": str, "customer_id": str, "lead_id": str, "state": State},
)


class VisitToPlan(Body):
    """A visit somebody intends to make."""

    planned_visit_id: OwnId = None
    member_id: Id | None = Field(None, description="Who is to go; the key's own member by default.")
    customer_id: Id | None = Field(None, description="To whom; or name a lead.")
    lead_id: Id | None = None
    deal_id: Id | None = None
    starts_at: Moment
    ends_at: Moment | None = None
    fixed: bool = Field(default=False, description="Agreed upon with the customer: a route goes around this hour.")
    purpose: Code | None = None


class Replanning(Change):
    """Another time."""

    starts_at: Moment
    ends_at: Moment | None = None
    reason: Code | None = None


class PlannedVisitView(BaseModel):
    """A planned visit as it stands."""

    planned_visit_id: str
    version: int = Field(description="Name it when you change the plan.")
    member_id: str
    team_id: str | None
    customer_id: str | None
    lead_id: str | None
    deal_id: str | None
    starts_at: datetime
    ends_at: datetime | None
    on: date = Field(description="Its day where the organisation is.")
    fixed: bool
    purpose: str | None
    state: State = Field(description="Missed: its day ended without a visit; a phone may still tell of one.")
    visit_id: str | None = Field(description="The visit that kept it.")
    made_from: str | None = Field(description="The visit it was agreed upon in.")
    cancel_reason: str | None
    recorded_at: datetime


async def plan_of(body: VisitToPlan, desk: Desk, asks: Asks) -> PlannedVisit:
    """The planned visit a body tells of.

    Raises:
        Refused: nobody is named, or there is no such member.
        Forbidden: the caller may not act for this member.
        Unavailable: the directory does not answer.
    """
    member = await desk.members.acting(asks.caller, body.member_id)
    return PlannedVisit(
        planned_visit_id=body.planned_visit_id or new_event_id(),
        member_id=member.member_id,
        owner_id=member.member_id,
        team_id=member.team_id,
        on=local_day(body.starts_at, desk.zone),
        recorded_at=desk.now(),
        told=None if body.planned_visit_id is None else print_of(body),
        **body.model_dump(exclude={"planned_visit_id", "member_id"}),
    )


@router.post("/planned-visits", status_code=201, summary="Plan a visit")
async def plan_visit(body: VisitToPlan, desk: AtDesk, asks: Asking, response: Response) -> PlannedVisitView:
    """Plan a visit for today or later; a day that ends without it is told as `visit-missed`."""
    saved = await handlers.plan_visit(desk, asks, await plan_of(body, desk, asks))
    return view_of(PlannedVisitView, saved, response)


@router.get("/planned-visits", summary="List planned visits", response_model=Page[PlannedVisitView], responses=EXPORTS)
async def list_planned_visits(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(PLANNED_VISITS)]
) -> Page[PlannedVisitView] | Response:
    """Planned visits in the caller's row scope; a member's day: `member_id`, `on_from`, `on_to`, `sort=starts_at`."""
    return await views(asked, queries.planned_visits(desk.field, caller), PlannedVisitView)


@router.get("/planned-visits/{planned_visit_id}", summary="Read a planned visit")
async def read_planned_visit(planned_visit_id: str, desk: AtDesk, caller: Calling) -> PlannedVisitView:
    """One planned visit in the caller's row scope."""
    return view_of(PlannedVisitView, await queries.planned_visit(desk.field, caller, planned_visit_id))


@router.post("/planned-visits/{planned_visit_id}/replan", summary="Give a planned visit another time")
async def replan_visit(
    planned_visit_id: str, body: Replanning, desk: AtDesk, asks: Asking, response: Response
) -> PlannedVisitView:
    """Move it to another time, today or later; one that was missed is planned again by it."""
    saved = await handlers.replan(
        desk,
        asks,
        planned_visit_id,
        version=body.version,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        reason=body.reason,
    )
    return view_of(PlannedVisitView, saved, response)


@router.post("/planned-visits/{planned_visit_id}/cancel", summary="Cancel a planned visit")
async def cancel_visit(
    planned_visit_id: str, body: Voiding, desk: AtDesk, asks: Asking, response: Response
) -> PlannedVisitView:
    """Say that it will not take place; the plan stays readable."""
    saved = await handlers.cancel(desk, asks, planned_visit_id, version=body.version, reason=body.reason)
    return view_of(PlannedVisitView, saved, response)
