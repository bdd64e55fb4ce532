"""Visits over HTTP."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, view_of
from backbone.contract.fields import Code, Day, Id, Moment
from backbone.contract.ids import new_event_id
from backbone.paging import Cursor, Limit, Page
from backbone.web import Asking, Calling
from services.activities.api.door import AtDesk, Voiding
from services.activities.domain.visit import Visit
from services.activities.handlers import visits as handlers
from services.activities.queries import visits as queries

router = APIRouter(tags=["visits"])


class VisitToLog(Body):
    """A visit as the member reports it; times carry an offset."""

    member_id: Id | None = Field(None, description="Who visited; the key's own member by default.")
    customer_id: Id | None = Field(None, description="Whom; or name a lead.")
    lead_id: Id | None = None
    deal_id: Id | None = None
    planned_visit_id: Id | None = None
    started_at: Moment
    ended_at: Moment
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)] | None = None
    purpose: Code | None = None
    outcome: Code | None = None
    next_step_on: Day | None = None


class VisitView(BaseModel):
    """A visit as it stands."""

    visit_id: str
    version: int = Field(description="Name it when you change the visit.")
    member_id: str
    team_id: str | None
    customer_id: str | None
    lead_id: str | None
    deal_id: str | None
    planned_visit_id: str | None
    started_at: datetime
    ended_at: datetime
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    purpose: str | None
    outcome: str | None
    next_step_on: date | None
    recorded_at: datetime
    voided_at: datetime | None
    void_reason: str | None


@router.post("/visits", status_code=201, summary="Log a visit")
async def log_visit(body: VisitToLog, desk: AtDesk, asks: Asking, response: Response) -> VisitView:
    """Log a visit that took place. It counts at once, on the day it ended where the organisation is."""
    member = await desk.members.acting(asks.caller, body.member_id)
    visit = Visit(
        visit_id=new_event_id(),
        owner_id=member.member_id,
        team_id=member.team_id,
        recorded_at=desk.now(),
        **{**body.model_dump(), "member_id": member.member_id},
    )
    return view_of(VisitView, await handlers.log_visit(desk, asks, visit), response)


@router.get("/visits", summary="List visits")
async def list_visits(
    desk: AtDesk,
    caller: Calling,
    member_id: str | None = None,
    customer_id: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[VisitView]:
    """Visits in the caller's row scope, newest first."""
    found, following = await queries.visit_page(
        desk.store, caller, member_id=member_id, customer_id=customer_id, cursor=cursor, limit=limit
    )
    return Page(items=[view_of(VisitView, saved) for saved in found], next=following)


@router.get("/visits/{visit_id}", summary="Read a visit")
async def read_visit(visit_id: str, desk: AtDesk, caller: Calling) -> VisitView:
    """One visit in the caller's row scope."""
    return view_of(VisitView, await queries.visit(desk.store, caller, visit_id))


@router.post("/visits/{visit_id}/void", summary="Take a visit back")
async def void_visit(visit_id: str, body: Voiding, desk: AtDesk, asks: Asking, response: Response) -> VisitView:
    """The visit stays readable but counts no more, from its own day on."""
    saved = await handlers.void_visit(desk, asks, visit_id, version=body.version, reason=body.reason)
    return view_of(VisitView, saved, response)
