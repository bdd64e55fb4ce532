"""The HTTP door of activities."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from backbone.contract.fields import Code, Id
from backbone.contract.ids import new_event_id
from backbone.outbox import Saved
from backbone.paging import Cursor, Limit, Page
from backbone.web import Asking, Calling
from services.activities import handlers, queries
from services.activities.domain.visit import Visit
from services.activities.handlers import Desk

router = APIRouter(tags=["visits"])


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class VisitToLog(_Body):
    """A visit as the member reports it; times carry an offset."""

    member_id: Id | None = Field(None, description="Who visited; the key's own member by default.")
    customer_id: Id | None = Field(None, description="Whom; or name a lead.")
    lead_id: Id | None = None
    deal_id: Id | None = None
    planned_visit_id: Id | None = None
    started_at: AwareDatetime
    ended_at: AwareDatetime
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)] | None = None
    purpose: Code | None = None
    outcome: Code | None = None
    next_step_on: date | None = None


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


class Voiding(_Body):
    """Why something is taken back."""

    version: int = Field(ge=1, description="The version you have seen.")
    reason: Code


@router.post("/visits", status_code=201, summary="Log a visit")
async def log_visit(body: VisitToLog, desk: AtDesk, asks: Asking, response: Response) -> VisitView:
    """Log a visit that took place. It counts at once, on the day it ended where the organisation is."""
    member = await desk.members.working(body.member_id or asks.caller.member_id or "")
    visit = Visit(
        visit_id=new_event_id(),
        owner_id=member.member_id,
        team_id=member.team_id,
        recorded_at=desk.now(),
        **{**body.model_dump(), "member_id": member.member_id},
    )
    saved = await handlers.log_visit(desk, asks, visit)
    if saved.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return _view(saved)


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
        desk.store,
        caller,
        member_id=member_id,
        customer_id=customer_id,
        cursor=cursor,
        limit=limit,
    )
    return Page(items=[_view(saved) for saved in found], next=following)


@router.get("/visits/{visit_id}", summary="Read a visit")
async def read_visit(visit_id: str, desk: AtDesk, caller: Calling) -> VisitView:
    """One visit in the caller's row scope."""
    return _view(await queries.visit(desk.store, caller, visit_id))


@router.post("/visits/{visit_id}/void", summary="Take a visit back")
async def void_visit(visit_id: str, body: Voiding, desk: AtDesk, asks: Asking) -> VisitView:
    """The visit stays readable but counts no more, from its own day on."""
    return _view(await handlers.void_visit(desk, asks, visit_id, version=body.version, reason=body.reason))


def _view(saved: Saved[Visit]) -> VisitView:
    visit = saved.state
    return VisitView.model_validate(
        {**{name: getattr(visit, name) for name in visit.__slots__}, "version": saved.version}
    )
