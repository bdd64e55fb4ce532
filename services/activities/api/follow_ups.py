"""Follow-ups over HTTP."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, view_of
from backbone.contract.fields import Code, Day, Id, Moment, Seconds
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Asks, Calling
from services.activities.api.door import AtDesk, Voiding
from services.activities.api.fieldwork import OwnId
from services.activities.desk import Desk
from services.activities.domain.follow_up import Direction, FollowUp, Kind
from services.activities.domain.next_step import Step
from services.activities.handlers import follow_ups as handlers
from services.activities.handlers.once import print_of
from services.activities.queries import follow_ups as queries

router = APIRouter(tags=["follow-ups"])

FOLLOW_UPS = Listing(
    "follow-ups",
    order={"happened_at": datetime, "recorded_at": datetime, "duration_seconds": int},
    equal={
        "member_id": str,
        "team_id": str,
        "customer_id": str,
        "lead_id": str,
        "deal_id": str,
        "kind": Kind,
        "reached": bool,
        "outcome": str,
    },
)


class FollowUpToLog(Body):
    """A follow-up as the member reports it, also hours later; times carry an offset."""

    follow_up_id: OwnId = None
    member_id: Id | None = Field(None, description="Who did it; the key's own member by default.")
    customer_id: Id | None = Field(None, description="With whom; or name a lead.")
    lead_id: Id | None = None
    deal_id: Id | None = None
    planned_follow_up_id: Id | None = Field(None, description="The plan it fulfils.")
    kind: Kind
    direction: Direction = Field("outbound", description="Outbound: the member began; inbound: the other side did.")
    reached: bool = Field(description="Whether the other side was reached.")
    happened_at: Moment
    duration_seconds: Seconds | None = Field(None, description="Not for messages and mails.")
    outcome: Code | None = None
    next_step: Step | None = Field(
        None, description="What is to be done next: it becomes a planned visit or follow-up."
    )
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
    planned_follow_up_id: str | None
    kind: Kind
    direction: Direction
    reached: bool
    happened_at: datetime
    duration_seconds: int | None
    outcome: str | None
    next_step: Step | None
    next_step_on: date | None
    next_step_id: str | None = Field(description="The planned visit or follow-up made from the next step.")
    recorded_at: datetime
    voided_at: datetime | None
    void_reason: str | None


async def follow_up_of(body: FollowUpToLog, desk: Desk, asks: Asks) -> FollowUp:
    """The follow-up a body tells of.

    Raises:
        Refused: nobody is named, or there is no such member.
        Forbidden: the caller may not act for this member.
        Unavailable: the directory does not answer.
    """
    member = await desk.members.acting(asks.caller, body.member_id)
    return FollowUp(
        follow_up_id=body.follow_up_id or new_event_id(),
        member_id=member.member_id,
        owner_id=member.member_id,
        team_id=member.team_id,
        recorded_at=desk.now(),
        told=None if body.follow_up_id is None else print_of(body),
        **body.model_dump(exclude={"follow_up_id", "member_id"}),
    )


@router.post("/follow-ups", status_code=201, summary="Log a follow-up")
async def log_follow_up(body: FollowUpToLog, desk: AtDesk, asks: Asking, response: Response) -> FollowUpView:
    """Log a call, message, mail, meeting or demo. It counts on the day it happened where the organisation is."""
    saved = await handlers.log_follow_up(desk, asks, await follow_up_of(body, desk, asks))
    return view_of(FollowUpView, saved, response)


@router.get("/follow-ups", summary="List follow-ups", response_model=Page[FollowUpView], responses=EXPORTS)
async def list_follow_ups(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(FOLLOW_UPS)]
) -> Page[FollowUpView] | Response:
    """Follow-ups in the caller's row scope, newest first."""
    return await views(asked, queries.follow_ups(desk.store, caller), FollowUpView)


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
