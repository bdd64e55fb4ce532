"""Segments over HTTP: saved queries over customers, counted, listed, used by campaigns by their id."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.bodies import Body, Change, view_of
from backbone.callers import Role
from backbone.contract.fields import Id, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.rows import Told
from backbone.web import Asking, Calling
from services.customers.api.customer_shapes import CustomerView
from services.customers.api.customers import CUSTOMERS
from services.customers.api.door import AtDesk
from services.customers.domain.segment import Segment
from services.customers.handlers import segments as handlers
from services.customers.queries import segments as queries

router = APIRouter(prefix="/segments", tags=["segments"])

SEGMENTS: Final = Listing(
    "segments", order={"created_at": datetime, "name": str}, equal={"owner_id": str, "shared": bool}
)

WRITERS: Final = [Depends(allowed(Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE))]

QueryShape = Annotated[
    dict[str, Any],
    Field(
        description=(
            "`{all: [...]}`, `{any: [...]}`, `{not: ...}`, or one field with one comparison. Codes (grade, territory, "
            "industry, channel, owner, team, parent, tags, co_owners): is, in, known. Numbers (open_deals, deals_won, "
            "turnover, visits; of the last 365 days but for open_deals): is, at_least, at_most. Moments (created, "
            "owned_since, last_visit, last_contact): older_than_days, within_days, before, after, known."
        ),
        examples=[
            {
                "all": [
                    {"field": "grade", "in": ["A", "B"]},
                    {
                        "any": [
                            {"field": "last_visit", "older_than_days": 30},
                            {"field": "last_visit", "known": False},
                        ]
                    },
                ]
            }
        ],
    ),
]


class SegmentToMake(Body):
    """A query to keep."""

    name: Text = Field(examples=["A and B not visited for a month"])
    owner_id: Id | None = Field(None, description="Whose it is; the key's own member by default.")
    shared: bool = Field(False, description="Whether everybody finds it; each sees the customers he may see.")
    query: QueryShape


class SegmentChange(Change):
    """What is changed; what is left out stays."""

    name: Text | None = None
    shared: bool | None = None
    query: QueryShape | None = None


class QueryToTry(Body):
    """A query to count before it is kept."""

    query: QueryShape


class SegmentView(BaseModel):
    """A segment as it stands."""

    segment_id: str
    version: int = Field(description="Name it when you change the segment.")
    name: str
    owner_id: str
    team_id: str | None
    shared: bool
    query: dict[str, Any]
    created_at: datetime
    changed_at: datetime


class CountView(BaseModel):
    """How many customers in the caller's row scope meet a query."""

    count: int
    as_of: datetime


@router.post(
    "",
    status_code=201,
    summary="Save a query as a segment",
    dependencies=[Depends(allowed(Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE))],
)
async def make_segment(body: SegmentToMake, desk: AtDesk, asks: Asking, response: Response) -> SegmentView:
    """Keep a query under a name; whom it takes in is asked anew each time."""
    owner = await desk.members.acting(asks.caller, body.owner_id, field="/owner_id")
    now = desk.now()
    segment = Segment(
        segment_id=new_event_id(),
        name=body.name,
        owner_id=owner.member_id,
        team_id=owner.team_id,
        shared=body.shared,
        query=body.query,
        created_at=now,
        changed_at=now,
    )
    return view_of(SegmentView, await handlers.make_segment(desk, asks, segment), response)


@router.get("", summary="List segments", response_model=Page[SegmentView], responses=EXPORTS)
async def list_segments(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(SEGMENTS)]
) -> Page[SegmentView] | Response:
    """The caller's own segments, those in his row scope, and those shared with everybody, newest first."""
    return await views(asked, queries.segments(desk.store, caller), SegmentView)


@router.post("/count", summary="Count a query without saving it")
async def count_query(body: QueryToTry, desk: AtDesk, caller: Calling) -> CountView:
    """How many customers in the caller's row scope it takes in."""
    now = desk.now()
    wanted = queries.condition(caller, body.query, now, desk.zone)
    return CountView(count=await queries.count(desk.store, wanted), as_of=now)


@router.get("/{segment_id}", summary="Read a segment")
async def read_segment(segment_id: str, desk: AtDesk, caller: Calling) -> SegmentView:
    """One segment the caller may use."""
    return view_of(SegmentView, await queries.segment(desk.store, caller, segment_id))


@router.get("/{segment_id}/count", summary="Count a segment's customers")
async def count_segment(segment_id: str, desk: AtDesk, caller: Calling) -> CountView:
    """How many customers in the caller's row scope it takes in now."""
    now = desk.now()
    found = await queries.segment(desk.store, caller, segment_id)
    wanted = queries.condition(caller, found.state.query, now, desk.zone)
    return CountView(count=await queries.count(desk.store, wanted), as_of=now)


@router.get(
    "/{segment_id}/members",
    summary="List a segment's customers",
    response_model=Page[CustomerView],
    responses=EXPORTS,
)
async def list_members(
    segment_id: str, desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(CUSTOMERS)]
) -> Page[CustomerView] | Response:
    """The customers it takes in now, newest first; each caller gets those in his row scope."""
    found = await queries.segment(desk.store, caller, segment_id)
    wanted = queries.condition(caller, found.state.query, desk.now(), desk.zone)
    return await views(asked, queries.members(desk.store, wanted), CustomerView)


@router.post("/{segment_id}/change", summary="Change a segment")
async def change_segment(
    segment_id: str, body: SegmentChange, desk: AtDesk, asks: Asking, response: Response
) -> SegmentView:
    """Change its name, its query, or who finds it."""
    saved = await handlers.change_segment(
        desk, asks, segment_id, Told(body.version), name=body.name, shared=body.shared, query=body.query
    )
    return view_of(SegmentView, saved, response)


@router.post("/{segment_id}/drop", status_code=204, summary="Throw a segment away")
async def drop_segment(segment_id: str, body: Change, desk: AtDesk, asks: Asking) -> None:
    """It is gone; its customers are not touched."""
    await handlers.drop_segment(desk, asks, segment_id, body.version)
