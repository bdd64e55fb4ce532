"""Complaints over HTTP: opened, listed, read. What is done with them is in `complaint_moves`."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from backbone.bodies import Body
from backbone.contract.fields import Code, Id, Moment, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, listed
from backbone.moments import told_at
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.activities.api.complaint_views import ComplaintView, StoryView, shown, story_of
from services.activities.api.door import AtDesk
from services.activities.desk import Desk
from services.activities.domain.story import Complaint, Reporter, State
from services.activities.handlers import opening as handlers
from services.activities.queries import complaints as queries

router = APIRouter(tags=["complaints"])

COMPLAINTS: Final = Listing(
    "complaints",
    order={
        "opened_at": datetime,
        "since": datetime,
        "first_replied_at": datetime,
        "resolved_at": datetime,
        "closed_at": datetime,
        "recorded_at": datetime,
    },
    equal={
        "state": State,
        "severity": str,
        "customer_id": str,
        "customer_grade": str,
        "territory": str,
        "owner_id": str,
        "team_id": str,
        "product_id": str,
        "channel": str,
        "summary_code": str,
        "policy_id": str,
        "merged_into_id": str,
        "told_by": str,
    },
)

Words = Annotated[str, Field(min_length=1, max_length=10_000)]


class ReporterBody(Body):
    """Who complains; his data stay in this service and can be forgotten."""

    name: Text | None = None
    phone: Annotated[str, Field(pattern=r"^[0-9+() .-]{5,40}$")] | None = None
    mail: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=200)] | None = None

    def reporter(self) -> Reporter:
        """The same as the domain has it."""
        return Reporter(**self.model_dump())


class ComplaintToOpen(Body):
    """A complaint as the customer raised it."""

    customer_id: Id | None = Field(None, description="Whose it is; leave it out while nobody knows.")
    owner_id: Id | None = Field(
        None,
        description="Who is to answer. By the assignment rules by default; where none fits, the key's own member.",
    )
    product_id: Id | None = None
    channel: Code = Field(description="How it came in: web, phone, visit or another code.", examples=["phone"])
    severity: Code | None = Field(
        None, description="How bad it is; leave it out while nobody has judged.", examples=["high"]
    )
    summary_code: Code | None = Field(None, description="What it is about, as a code of the organisation.")
    customer_grade: Code | None = Field(None, description="The customer's grade; asked of the customers by default.")
    territory: Code | None = Field(None, description="The customer's territory; asked of the customers by default.")
    policy_id: Id | None = Field(
        None, description="The service-level policy; by severity and customer grade by default."
    )
    reporter: ReporterBody | None = None
    words: Words | None = Field(None, description="What the customer said; kept here, never in an event.")
    opened_at: Moment | None = Field(None, description="When it was raised; now by default.")


@router.post("/complaints", status_code=201, summary="Open a complaint")
async def open_complaint(body: ComplaintToOpen, desk: AtDesk, asks: Asking, response: Response) -> ComplaintView:
    """Take a complaint: its policy is chosen, its clock runs from `opened_at`, and the rules say who answers."""
    saved = await handlers.open_complaint(desk, asks, complaint_of(body, desk), body.owner_id)
    return shown(saved, desk.now(), response)


@router.get("/complaints", summary="List complaints", response_model=Page[ComplaintView], responses=EXPORTS)
async def list_complaints(
    desk: AtDesk,
    caller: Calling,
    asked: Annotated[Asked, Depends(COMPLAINTS)],
    unassigned: Annotated[bool, Query(description="Only those nobody answers yet: the leaders' queues.")] = False,
) -> Page[ComplaintView] | Response:
    """Complaints in the caller's row scope, newest first."""
    now = desk.now()
    rows = queries.complaints(desk.store, caller, unassigned=unassigned)
    return await listed(asked, rows, ComplaintView, lambda saved: shown(saved, now))


@router.get("/complaints/{complaint_id}", summary="Read a complaint")
async def read_complaint(complaint_id: str, desk: AtDesk, caller: Calling) -> ComplaintView:
    """One complaint in the caller's row scope, every step timed until now."""
    return shown(await queries.complaint(desk.store, caller, complaint_id), desk.now())


@router.get("/complaints/{complaint_id}/story", summary="Read the story of a complaint")
async def read_story(complaint_id: str, desk: AtDesk, caller: Calling) -> StoryView:
    """Its steps, earliest first, as members and outside systems told them."""
    return story_of(await queries.complaint(desk.store, caller, complaint_id))


def complaint_of(body: ComplaintToOpen, desk: Desk) -> Complaint:
    """The complaint a body tells of; who answers and what holds for it is found out later."""
    now = desk.now()
    opened_at = told_at(body.opened_at, now)
    told = body.model_dump(exclude={"owner_id", "opened_at", "reporter"})
    return Complaint(
        complaint_id=new_event_id(),
        owner_id=None,
        team_id=None,
        reporter=None if body.reporter is None else body.reporter.reporter(),
        opened_at=opened_at,
        since=opened_at,
        owned_since=opened_at,
        recorded_at=now,
        **told,
    )
