"""Follow-ups over HTTP."""

from datetime import date, datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, view_of
from backbone.contract.fields import Code, Day, Id, Moment, Seconds
from backbone.contract.ids import new_event_id
from backbone.paging import Cursor, Limit, Page
from backbone.web import Asking, Calling
from services.activities.api.door import AtDesk, Voiding
from services.activities.domain.follow_up import Direction, FollowUp, Kind
from services.activities.handlers import follow_ups as handlers
from services.activities.queries import follow_ups as queries

router = APIRouter(tags=["follow-ups"])


class FollowUpToLog(Body):
    """A follow-up as the member reports it; times carry an offset."""

    member_id: Id | None = Field(None, description="Who did it; the key's own member by default.")
    customer_id: Id | None = Field(None, description="With whom; or name a lead.")
    lead_id: Id | None = None
    deal_id: Id | None = None
    kind: Kind
    direction: Direction = Field("outbound", description="Outbound: the member began; inbound: the other side did.")
    reached: bool = Field(description="Whether the other side was reached.")
    happened_at: Moment
    duration_seconds: Seconds | None = Field(None, description="Not for messages and mails.")
    outcome: Code | None = None
    next_step_on: Day | None = None


class FollowUpView(BaseModel):
    """A follow-up as it stands."""

    follow_up_id: str
    version: int = Field(description="Name it when you change the follow-up.")
    member_id: str
    team_id: str | None
    customer_id: str | None
    lead_id: str | None
    deal_id: str | None
    kind: Kind
    direction: Direction
    reached: bool
    happened_at: datetime
    duration_seconds: int | None
    outcome: str | None
    next_step_on: date | None
    recorded_at: datetime
    voided_at: datetime | None
    void_reason: str | None


@router.post("/follow-ups", status_code=201, summary="Log a follow-up")
async def log_follow_up(body: FollowUpToLog, desk: AtDesk, asks: Asking, response: Response) -> FollowUpView:
    """Log a call, message, mail, meeting or demo. It counts on the day it happened where the organisation is."""
    member = await desk.members.acting(asks.caller, body.member_id)
    follow_up = FollowUp(
        follow_up_id=new_event_id(),
        owner_id=member.member_id,
        team_id=member.team_id,
        recorded_at=desk.now(),
        **{**body.model_dump(), "member_id": member.member_id},
    )
    return view_of(FollowUpView, await handlers.log_follow_up(desk, asks, follow_up), response)


@router.get("/follow-ups", summary="List follow-ups")
async def list_follow_ups(
    desk: AtDesk,
    caller: Calling,
    member_id: str | None = None,
    customer_id: str | None = None,
    lead_id: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[FollowUpView]:
    """Follow-ups in the caller's row scope, newest first."""
    found, following = await queries.follow_up_page(
        desk.store,
        caller,
        member_id=member_id,
        customer_id=customer_id,
        lead_id=lead_id,
        cursor=cursor,
        limit=limit,
    )
    return Page(items=[view_of(FollowUpView, saved) for saved in found], next=following)


@router.get("/follow-ups/{follow_up_id}", summary="Read a follow-up")
async def read_follow_up(follow_up_id: str, desk: AtDesk, caller: Calling) -> FollowUpView:
    """One follow-up in the caller's row scope."""
    return view_of(FollowUpView, await queries.follow_up(desk.store, caller, follow_up_id))


@router.post("/follow-ups/{follow_up_id}/void", summary="Take a follow-up back")
async def void_follow_up(
    follow_up_id: str, body: Voiding, desk: AtDesk, asks: Asking, response: Response
) -> FollowUpView:
    """The follow-up stays readable but counts no more, from its own day on."""
    saved = await handlers.void_follow_up(desk, asks, follow_up_id, version=body.version, reason=body.reason)
    return view_of(FollowUpView, saved, response)
