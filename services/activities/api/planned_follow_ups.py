"""Planned follow-ups over HTTP."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Code, Day, Id
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Asks, Calling
from services.activities.api.door import AtDesk, Voiding
from services.activities.api.fieldwork import OwnId
from services.activities.desk import Desk
from services.activities.domain.follow_up import Kind
from services.activities.domain.planned_follow_up import PlannedFollowUp, State
from services.activities.handlers import planned_follow_ups as handlers
from services.activities.handlers.once import print_of
from services.activities.queries import planned_follow_ups as queries

router = APIRouter(tags=["plans and routes"])

PLANNED_FOLLOW_UPS = Listing(
    "planned-follow-ups",
    order={"due_on": date, "recorded_at": datetime},
    equal={"member_id": str, "team_id": str, "customer_id": str, "lead_id": str, "kind": Kind, "state": State},
)


class FollowUpToPlan(Body):
    """A follow-up somebody intends to make."""

    planned_follow_up_id: OwnId = None
    member_id: Id | None = Field(None, description="Who is to do it; the key's own member by default.")
    customer_id: Id | None = Field(None, description="With whom; or name a lead.")
    lead_id: Id | None = None
    deal_id: Id | None = None
    kind: Kind
    due_on: Day = Field(description="The day by which it is to be done.")
    purpose: Code | None = None


class Postponing(Change):
    """Another day."""

    due_on: Day
    reason: Code | None = None


class PlannedFollowUpView(BaseModel):
    """A planned follow-up as it stands."""

    planned_follow_up_id: str
    version: int = Field(description="Name it when you change the plan.")
    member_id: str
    team_id: str | None
    customer_id: str | None
    lead_id: str | None
    deal_id: str | None
    kind: Kind
    due_on: date
    purpose: str | None
    state: State = Field(description="Missed: its day ended without it; it is done when one is logged after all.")
    follow_up_id: str | None = Field(description="The follow-up that fulfilled it.")
    made_from: str | None = Field(description="The visit or follow-up it was agreed upon in.")
    cancel_reason: str | None
    recorded_at: datetime


async def plan_of(body: FollowUpToPlan, desk: Desk, asks: Asks) -> PlannedFollowUp:
    """The planned follow-up a body tells of.

    Raises:
        Refused: nobody is named, or there is no such member.
        Forbidden: the caller may not act for this member.
        Unavailable: the directory does not answer.
    """
    member = await desk.members.acting(asks.caller, body.member_id)
    return PlannedFollowUp(
        planned_follow_up_id=body.planned_follow_up_id or new_event_id(),
        member_id=member.member_id,
        owner_id=member.member_id,
        team_id=member.team_id,
        recorded_at=desk.now(),
        told=None if body.planned_follow_up_id is None else print_of(body),
        **body.model_dump(exclude={"planned_follow_up_id", "member_id"}),
    )


@router.post("/planned-follow-ups", status_code=201, summary="Plan a follow-up")
async def plan_follow_up(body: FollowUpToPlan, desk: AtDesk, asks: Asking, response: Response) -> PlannedFollowUpView:
    """Plan a call, message, mail, meeting or demo; a day that ends without it is told as `follow-up-missed`."""
    saved = await handlers.plan_follow_up(desk, asks, await plan_of(body, desk, asks))
    return view_of(PlannedFollowUpView, saved, response)


@router.get(
    "/planned-follow-ups",
    summary="List planned follow-ups",
    response_model=Page[PlannedFollowUpView],
    responses=EXPORTS,
)
async def list_planned_follow_ups(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(PLANNED_FOLLOW_UPS)]
) -> Page[PlannedFollowUpView] | Response:
    """Planned follow-ups in the caller's row scope; what is to be done: `state=planned`, `sort=due_on`."""
    return await views(asked, queries.planned_follow_ups(desk.field, caller), PlannedFollowUpView)


@router.get("/planned-follow-ups/{planned_follow_up_id}", summary="Read a planned follow-up")
async def read_planned_follow_up(planned_follow_up_id: str, desk: AtDesk, caller: Calling) -> PlannedFollowUpView:
    """One planned follow-up in the caller's row scope."""
    return view_of(PlannedFollowUpView, await queries.planned_follow_up(desk.field, caller, planned_follow_up_id))


@router.post("/planned-follow-ups/{planned_follow_up_id}/replan", summary="Give a planned follow-up another day")
async def replan_follow_up(
    planned_follow_up_id: str, body: Postponing, desk: AtDesk, asks: Asking, response: Response
) -> PlannedFollowUpView:
    """Move it to another day, today or later; one that was missed is planned again by it."""
    saved = await handlers.replan(
        desk, asks, planned_follow_up_id, version=body.version, due_on=body.due_on, reason=body.reason
    )
    return view_of(PlannedFollowUpView, saved, response)


@router.post("/planned-follow-ups/{planned_follow_up_id}/cancel", summary="Cancel a planned follow-up")
async def cancel_follow_up(
    planned_follow_up_id: str, body: Voiding, desk: AtDesk, asks: Asking, response: Response
) -> PlannedFollowUpView:
    """Say that it is not to be done any more; the plan stays readable."""
    saved = await handlers.cancel(desk, asks, planned_follow_up_id, version=body.version, reason=body.reason)
    return view_of(PlannedFollowUpView, saved, response)
