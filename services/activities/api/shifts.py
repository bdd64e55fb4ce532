"""Attendance over HTTP: shifts, and the time worked by day."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from backbone.bodies import view_of
from backbone.contract.fields import Day, Id, Moment
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.moments import told_at
from backbone.paging import Page
from backbone.web import Asking, Asks, Calling
from services.activities.api.door import AtDesk
from services.activities.api.fieldwork import FixView, OwnId, Standing
from services.activities.desk import Desk
from services.activities.domain.shift import Shift
from services.activities.handlers import shifts as handlers
from services.activities.handlers.once import print_of
from services.activities.queries import attendance
from services.activities.queries import shifts as queries

router = APIRouter(tags=["attendance"])

SHIFTS = Listing(
    "shifts",
    order={"started_at": datetime, "ended_at": datetime, "worked_seconds": int},
    equal={"member_id": str, "team_id": str, "under_way": bool},
)


class ShiftToStart(Standing):
    """A member begins to work."""

    shift_id: OwnId = None
    member_id: Id | None = Field(None, description="Who; the key's own member by default.")
    started_at: Moment | None = Field(None, description="When; now by default.")


class ShiftToEnd(Standing):
    """A member stops working."""

    version: int = Field(ge=1, description="The version you have seen; another one by now is answered with 409.")
    ended_at: Moment | None = Field(None, description="When; now by default. Say when it was if it was forgotten.")
    break_seconds: int = Field(0, ge=0, le=86_400, description="Breaks, which are not worked time.")


class ShiftView(BaseModel):
    """A shift as it stands."""

    shift_id: str
    version: int = Field(description="Name it when you end the shift.")
    member_id: str
    team_id: str | None
    started_at: datetime
    started_where: FixView | None
    ended_at: datetime | None
    ended_where: FixView | None
    break_seconds: int
    worked_seconds: int | None = Field(description="Known when it is over.")
    under_way: bool
    recorded_at: datetime


class WorkedDay(BaseModel):
    """What a member worked on one day."""

    member_id: str
    on: date
    worked_seconds: int


class Attendance(BaseModel):
    """Worked time by member and day; a shift past midnight is shared out among its days."""

    days: list[WorkedDay]
    under_way: list[str] = Field(description="Members whose shift runs now; it counts up to this moment.")


async def shift_of(body: ShiftToStart, desk: Desk, asks: Asks) -> Shift:
    """The shift a body tells of.

    Raises:
        Refused: nobody is named, there is no such member, or half a place is given.
        Forbidden: the caller may not act for this member.
        Unavailable: the directory does not answer.
    """
    member = await desk.members.acting(asks.caller, body.member_id)
    now = desk.now()
    return Shift(
        shift_id=body.shift_id or new_event_id(),
        member_id=member.member_id,
        owner_id=member.member_id,
        team_id=member.team_id,
        started_at=told_at(body.started_at, now),
        started_where=body.fix(),
        recorded_at=now,
        told=None if body.shift_id is None else print_of(body),
    )


@router.post("/shifts", status_code=201, summary="Start a shift")
async def start_shift(body: ShiftToStart, desk: AtDesk, asks: Asking, response: Response) -> ShiftView:
    """Begin to work; a member has one shift at a time."""
    return view_of(ShiftView, await handlers.start_shift(desk, asks, await shift_of(body, desk, asks)), response)


@router.get("/shifts", summary="List shifts", response_model=Page[ShiftView], responses=EXPORTS)
async def list_shifts(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(SHIFTS)]
) -> Page[ShiftView] | Response:
    """Shifts in the caller's row scope, newest first; who works now: `under_way=true`."""
    return await views(asked, queries.shifts(desk.field, caller), ShiftView)


@router.get("/shifts/{shift_id}", summary="Read a shift")
async def read_shift(shift_id: str, desk: AtDesk, caller: Calling) -> ShiftView:
    """One shift in the caller's row scope."""
    return view_of(ShiftView, await queries.shift(desk.field, caller, shift_id))


@router.post("/shifts/{shift_id}/end", summary="End a shift")
async def end_shift(shift_id: str, body: ShiftToEnd, desk: AtDesk, asks: Asking, response: Response) -> ShiftView:
    """Stop working; a shift somebody forgot to end is ended at the hour he really went."""
    saved = await handlers.end_shift(
        desk,
        asks,
        shift_id,
        version=body.version,
        ended_at=body.ended_at,
        where=body.fix(),
        break_seconds=body.break_seconds,
    )
    return view_of(ShiftView, saved, response)


@router.get("/attendance", summary="Worked time by day")
async def read_attendance(
    desk: AtDesk,
    caller: Calling,
    from_on: Annotated[Day, Query(description="The first day.")],
    to_on: Annotated[Day, Query(description="The last day, 62 days later at most.")],
    member_id: Annotated[str | None, Query(description="One member; everybody in the row scope by default.")] = None,
) -> Attendance:
    """Worked seconds by member and calendar day of the organisation, in the caller's row scope."""
    worked, running = await attendance.worked(
        desk.field, caller, from_on, to_on, member_id=member_id, now=desk.now(), zone=desk.zone
    )
    return Attendance(
        days=[WorkedDay(member_id=member, on=on, worked_seconds=seconds) for (member, on), seconds in worked.items()],
        under_way=running,
    )
