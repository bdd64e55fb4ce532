"""Complaints over HTTP."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Move, view_of
from backbone.contract.fields import Code, Id, Moment
from backbone.contract.ids import new_event_id
from backbone.moments import told_at
from backbone.paging import Cursor, Limit, Page
from backbone.web import Asking, Calling
from services.activities.api.door import AtDesk
from services.activities.domain.complaint import Complaint, State
from services.activities.handlers import complaints as handlers
from services.activities.queries import complaints as queries

router = APIRouter(tags=["complaints"])


class ComplaintToOpen(Body):
    """A complaint as the customer raised it."""

    customer_id: Id
    owner_id: Id | None = Field(None, description="Who is to answer; the key's own member by default.")
    product_id: Id | None = None
    channel: Code = Field(description="How it came in: web, phone, visit or another code.")
    severity: Code | None = Field(None, description="How bad it is; leave it out while nobody has judged.")
    summary_code: Code | None = Field(None, description="What it is about, as a code of the organisation.")
    policy_id: Id | None = Field(None, description="The service-level policy; the organisation's usual one by default.")
    opened_at: Moment | None = Field(None, description="When it was raised; now by default.")


class MemberMove(Move):
    """A move a member made."""

    member_id: Id | None = Field(None, description="Who did it; the key's own member by default.")


class Assigning(Move):
    """Who has the complaint from now on."""

    owner_id: Id
    reason: Code | None = None


class Replying(MemberMove):
    """An answer to the customer."""

    channel: Code | None = Field(None, description="How it went out.")


class Pausing(MemberMove):
    """Waiting for something outside, such as the customer."""

    reason: Code


class Resolving(MemberMove):
    """What was done about it."""

    resolution: Code | None = None


class Reopening(MemberMove):
    """Open again; a key that is nobody's own and names nobody speaks for the customer."""

    reason: Code | None = None


class Closing(MemberMove):
    """Put away; a complaint that is not resolved needs a reason."""

    reason: Code | None = None


class ComplaintView(BaseModel):
    """A complaint as it stands."""

    complaint_id: str
    version: int = Field(description="Name it when you change the complaint.")
    owner_id: str | None
    team_id: str | None
    customer_id: str
    product_id: str | None
    channel: str
    severity: str | None
    summary_code: str | None
    policy_id: str | None
    state: State
    since: datetime = Field(description="When the present state began.")
    opened_at: datetime
    recorded_at: datetime
    first_replied_at: datetime | None
    last_replied_at: datetime | None
    pause_reason: str | None
    resolved_at: datetime | None
    resolution: str | None
    closed_at: datetime | None
    close_reason: str | None
    times_reopened: int


@router.post("/complaints", status_code=201, summary="Open a complaint")
async def open_complaint(body: ComplaintToOpen, desk: AtDesk, asks: Asking, response: Response) -> ComplaintView:
    """Take a complaint; the clock of its policy runs from `opened_at`."""
    owner = await handlers.first_owner(desk, asks, body.owner_id)
    now = desk.now()
    opened_at = told_at(body.opened_at, now)
    complaint = Complaint(
        complaint_id=new_event_id(),
        owner_id=owner.member_id if owner else None,
        team_id=owner.team_id if owner else None,
        opened_at=opened_at,
        since=opened_at,
        owned_since=opened_at,
        recorded_at=now,
        **body.model_dump(exclude={"owner_id", "opened_at"}),
    )
    return view_of(ComplaintView, await handlers.open_complaint(desk, asks, complaint), response)


@router.get("/complaints", summary="List complaints")
async def list_complaints(
    desk: AtDesk,
    caller: Calling,
    state: State | None = None,
    severity: str | None = None,
    customer_id: str | None = None,
    owner_id: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ComplaintView]:
    """Complaints in the caller's row scope, newest first."""
    found, following = await queries.complaint_page(
        desk.store,
        caller,
        state=state,
        severity=severity,
        customer_id=customer_id,
        owner_id=owner_id,
        cursor=cursor,
        limit=limit,
    )
    return Page(items=[view_of(ComplaintView, saved) for saved in found], next=following)


@router.get("/complaints/{complaint_id}", summary="Read a complaint")
async def read_complaint(complaint_id: str, desk: AtDesk, caller: Calling) -> ComplaintView:
    """One complaint in the caller's row scope."""
    return view_of(ComplaintView, await queries.complaint(desk.store, caller, complaint_id))


@router.post("/complaints/{complaint_id}/assign", summary="Give a complaint to a member")
async def assign_complaint(
    complaint_id: str, body: Assigning, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """Give it to a member the caller may act for."""
    saved = await handlers.assign(desk, asks, complaint_id, body.told(), body.owner_id, body.reason)
    return view_of(ComplaintView, saved, response)


@router.post("/complaints/{complaint_id}/reply", summary="Note an answer to the customer")
async def reply_to_complaint(
    complaint_id: str, body: Replying, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """The first answer stops the clock of the first reply; it may be told after the closing, if it was before it."""
    saved = await handlers.reply(desk, asks, complaint_id, body.told(), body.member_id, body.channel)
    return view_of(ComplaintView, saved, response)


@router.post("/complaints/{complaint_id}/pause", summary="Let a complaint wait")
async def pause_complaint(
    complaint_id: str, body: Pausing, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """It waits for something outside until it is resumed, resolved or closed."""
    saved = await handlers.pause(desk, asks, complaint_id, body.told(), body.member_id, body.reason)
    return view_of(ComplaintView, saved, response)


@router.post("/complaints/{complaint_id}/resume", summary="Go on after a pause")
async def resume_complaint(
    complaint_id: str, body: MemberMove, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """Work goes on; the event tells how long the pause was."""
    saved = await handlers.resume(desk, asks, complaint_id, body.told(), body.member_id)
    return view_of(ComplaintView, saved, response)


@router.post("/complaints/{complaint_id}/resolve", summary="Note that a complaint is solved")
async def resolve_complaint(
    complaint_id: str, body: Resolving, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """A pause that still runs ends with it."""
    saved = await handlers.resolve(desk, asks, complaint_id, body.told(), body.member_id, body.resolution)
    return view_of(ComplaintView, saved, response)


@router.post("/complaints/{complaint_id}/reopen", summary="Open a complaint again")
async def reopen_complaint(
    complaint_id: str, body: Reopening, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """It is open again; what it was resolved or closed with is taken off."""
    saved = await handlers.reopen(desk, asks, complaint_id, body.told(), body.member_id, body.reason)
    return view_of(ComplaintView, saved, response)


@router.post("/complaints/{complaint_id}/close", summary="Put a complaint away")
async def close_complaint(
    complaint_id: str, body: Closing, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """It is done with, until somebody reopens it."""
    saved = await handlers.close(desk, asks, complaint_id, body.told(), body.member_id, body.reason)
    return view_of(ComplaintView, saved, response)
