"""Visits over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import view_of
from backbone.contract.fields import Code, Day, Id, Moment
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.moments import told_at
from backbone.paging import Page
from backbone.web import Asking, Asks, Calling
from services.activities.api.door import AtDesk, Voiding
from services.activities.api.fieldwork import CheckView, FixView, OwnId, PhotoTaken, PhotoView, Standing
from services.activities.desk import Desk
from services.activities.domain.next_step import Step
from services.activities.domain.visit import MOST_PHOTOS, Photo, Visit
from services.activities.handlers import visits as handlers
from services.activities.handlers.once import print_of
from services.activities.queries import visits as queries

router = APIRouter(tags=["visits"])

VISITS = Listing(
    "visits",
    order={"started_at": datetime, "ended_at": datetime, "recorded_at": datetime},
    equal={"member_id": str, "team_id": str, "customer_id": str, "lead_id": str, "deal_id": str, "outcome": str},
)
NextStep = Annotated[
    Step | None, Field(description="What is to be done next: it becomes a planned visit or follow-up.")
]
TAKEN: Any = Field(default=[], max_length=MOST_PHOTOS, description="Photos taken, by reference.")


class Arriving(Standing):
    """Who is where, for what."""

    visit_id: OwnId = None
    member_id: Id | None = Field(None, description="Who visited; the key's own member by default.")
    customer_id: Id | None = Field(None, description="Whom; or name a lead.")
    lead_id: Id | None = None
    deal_id: Id | None = None
    planned_visit_id: Id | None = Field(None, description="The plan it fulfils.")
    purpose: Code | None = None


class VisitToLog(Arriving):
    """A visit as the member reports it when it is over, also hours later; times carry an offset."""

    started_at: Moment
    ended_at: Moment
    photos: list[PhotoTaken] = TAKEN
    outcome: Code | None = None
    next_step: NextStep = None
    next_step_on: Day | None = None


class CheckIn(Arriving):
    """A visit that begins."""

    started_at: Moment | None = Field(None, description="When the member arrived; now by default.")


class CheckOut(Standing):
    """A visit that ends, and what came of it."""

    version: int = Field(ge=1, description="The version you have seen; another one by now is answered with 409.")
    ended_at: Moment | None = Field(None, description="When the member left; now by default.")
    photos: list[PhotoTaken] = TAKEN
    outcome: Code | None = None
    next_step: NextStep = None
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
    started_at: datetime = Field(description="When it began, by the phone.")
    ended_at: datetime | None = Field(description="When it ended; null while it is under way.")
    under_way: bool
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    fixed_at: datetime | None
    mock_location: bool | None
    place_check: CheckView | None
    left: FixView | None = Field(description="Where the phone was on leaving.")
    left_check: CheckView | None
    clock_off_seconds: int | None = Field(description="By how much the phone's clock was ahead of ours.")
    photos: tuple[PhotoView, ...]
    purpose: str | None
    outcome: str | None
    next_step: Step | None
    next_step_on: date | None
    next_step_id: str | None = Field(description="The planned visit or follow-up made from the next step.")
    recorded_at: datetime = Field(description="When the platform took it; hours later for a phone without a network.")
    voided_at: datetime | None
    void_reason: str | None


async def visit_of(body: VisitToLog | CheckIn, desk: Desk, asks: Asks) -> Visit:
    """The visit a body tells of.

    Raises:
        Refused: nobody is named, there is no such member, or half a place is given.
        Forbidden: the caller may not act for this member.
        Unavailable: the directory does not answer.
    """
    member = await desk.members.acting(asks.caller, body.member_id)
    now = desk.now()
    fix = body.fix()
    own = {"visit_id", "member_id", "device_at", "started_at", "photos"}
    photos = body.photos if isinstance(body, VisitToLog) else []
    return Visit(
        visit_id=body.visit_id or new_event_id(),
        member_id=member.member_id,
        owner_id=member.member_id,
        team_id=member.team_id,
        started_at=told_at(body.started_at, now) if isinstance(body, CheckIn) else body.started_at,
        photos=tuple(Photo(**photo.model_dump()) for photo in photos),
        clock_off_seconds=body.clock_off_seconds(now) if fix else None,
        recorded_at=now,
        told=None if body.visit_id is None else print_of(body),
        **body.model_dump(exclude=own),
    )


@router.post("/visits", status_code=201, summary="Log a visit that is over")
async def log_visit(body: VisitToLog, desk: AtDesk, asks: Asking, response: Response) -> VisitView:
    """Log a visit that took place. It counts at once, on the day it ended where the organisation is."""
    return view_of(VisitView, await handlers.log_visit(desk, asks, await visit_of(body, desk, asks)), response)


@router.post("/visits/check-in", status_code=201, summary="Arrive at a customer's")
async def check_in(body: CheckIn, desk: AtDesk, asks: Asking, response: Response) -> VisitView:
    """Begin a visit; a member is at one place at a time. It counts when he checks out."""
    return view_of(VisitView, await handlers.check_in(desk, asks, await visit_of(body, desk, asks)), response)


@router.post("/visits/{visit_id}/check-out", summary="Leave a customer's")
async def check_out(visit_id: str, body: CheckOut, desk: AtDesk, asks: Asking, response: Response) -> VisitView:
    """End a visit under way and say what came of it; the place is checked again."""
    fix = body.fix()
    leaving = handlers.Leaving(
        version=body.version,
        ended_at=body.ended_at,
        fix=fix,
        clock_off_seconds=body.clock_off_seconds(desk.now()) if fix else None,
        photos=tuple(Photo(**photo.model_dump()) for photo in body.photos),
        outcome=body.outcome,
        next_step=body.next_step,
        next_step_on=body.next_step_on,
    )
    return view_of(VisitView, await handlers.check_out(desk, asks, visit_id, leaving), response)


@router.get("/visits", summary="List visits", response_model=Page[VisitView], responses=EXPORTS)
async def list_visits(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(VISITS)]
) -> Page[VisitView] | Response:
    """Visits in the caller's row scope, newest first."""
    return await views(asked, queries.visits(desk.store, caller), VisitView)


@router.get("/visits/{visit_id}", summary="Read a visit")
async def read_visit(visit_id: str, desk: AtDesk, caller: Calling) -> VisitView:
    """One visit in the caller's row scope."""
    return view_of(VisitView, await queries.visit(desk.store, caller, visit_id))


@router.post("/visits/{visit_id}/void", summary="Take a visit back")
async def void_visit(visit_id: str, body: Voiding, desk: AtDesk, asks: Asking, response: Response) -> VisitView:
    """The visit stays readable but counts no more, from its own day on; a plan it had fulfilled is open again."""
    saved = await handlers.void_visit(desk, asks, visit_id, version=body.version, reason=body.reason)
    return view_of(VisitView, saved, response)
