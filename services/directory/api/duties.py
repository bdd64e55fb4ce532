"""Shifts and days off: when a member is at work."""

import re
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, Field

from backbone.bodies import Body, view_of
from backbone.contract.fields import Code, Day
from backbone.outbox import Saved
from backbone.web import Asking, Calling
from services.directory.api.door import PEOPLE, AtDesk
from services.directory.domain.duty import DaysOff, Duty, Shift
from services.directory.handlers import duties as handlers
from services.directory.queries import members as queries

router = APIRouter(prefix="/members/{member_id}/duty", tags=["duty"], dependencies=PEOPLE)

MOST_SHIFTS = 7 * 12
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


def _minute(text: str) -> str:
    if not CLOCK.fullmatch(text):
        raise ValueError("write the time of day as HH:MM, such as 09:00")
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as unknown:
        raise ValueError("name a zone of the IANA list, such as Asia/Shanghai") from unknown
    return name


ClockTime = Annotated[str, AfterValidator(_minute), Field(examples=["09:00"])]
ZoneName = Annotated[str, AfterValidator(_zone), Field(max_length=64, examples=["Asia/Shanghai"])]
DutyVersion = Annotated[int, Field(ge=0, description="The version you have seen; 0 where nothing was set yet.")]


class ShiftBody(Body):
    """One interval of the week."""

    weekday: int = Field(ge=1, le=7, description="1 is Monday, 7 is Sunday.")
    begins: ClockTime
    ends: ClockTime = Field(description="At or before `begins` it ends on the next day.")

    def shift(self) -> Shift:
        """As the rules take it."""
        return Shift(
            weekday=self.weekday, begins=_minutes(self.begins) % (24 * 60), ends=_minutes(self.ends) % (24 * 60)
        )


class ShiftsToSet(Body):
    """A member's week from now on, whole."""

    version: DutyVersion
    time_zone: ZoneName | None = Field(None, description="The zone of the times; the organisation's by default.")
    shifts: list[ShiftBody] = Field(
        max_length=MOST_SHIFTS,
        description="Several intervals a day leave the breaks out; none at all means any hour.",
        examples=[
            [{"weekday": 1, "begins": "09:00", "ends": "12:00"}, {"weekday": 1, "begins": "13:30", "ends": "18:00"}]
        ],
    )


class DaysToTakeOff(Body):
    """Days on which a member does not work."""

    version: DutyVersion
    first_on: Day
    last_on: Day = Field(description="The last of them; the same as the first for one day.")
    reason: Code | None = Field(
        None, description="A code of the organisation; it is in no event.", examples=["holiday"]
    )


class DaysToTakeBack(Body):
    """Days off that are none after all."""

    version: DutyVersion


class DaysOffView(BaseModel):
    """Days off."""

    first_on: date
    last_on: date
    reason: str | None


class ShiftView(BaseModel):
    """One interval of the week."""

    weekday: int
    begins: str
    ends: str


class DutyView(BaseModel):
    """When a member is at work."""

    member_id: str
    version: int = Field(description="Name it in a change; 0 where nothing was set yet.")
    time_zone: str
    shifts: list[ShiftView]
    days_off: list[DaysOffView]
    on_duty: bool = Field(description="At work at this moment.")


@router.get("", summary="When is a member at work?")
async def read_duty(member_id: str, request: Request, desk: AtDesk, caller: Calling) -> DutyView:
    """His week, his days off, and whether he is at work at this moment."""
    member = await queries.member(desk.store, caller, member_id)
    duty = await handlers.duty_of(desk, member_id, _house_zone(request))
    return _view(duty, on_duty=member.state.active and duty.state.at_work(desk.now()))


@router.put("/shifts", summary="Set a member's week")
async def set_shifts(
    member_id: str, body: ShiftsToSet, request: Request, desk: AtDesk, asks: Asking, response: Response
) -> DutyView:
    """By his manager. Who is off shift is passed over by assignment rules. Emits duty-changed."""
    zone = body.time_zone or _house_zone(request)
    shifts = [shift.shift() for shift in body.shifts]
    saved = await handlers.set_shifts(desk, asks, member_id, body.version, zone, shifts)
    return _view(saved, on_duty=saved.state.at_work(desk.now()), response=response)


@router.post("/days-off", status_code=201, summary="Take days off")
async def take_days_off(
    member_id: str, body: DaysToTakeOff, request: Request, desk: AtDesk, asks: Asking, response: Response
) -> DutyView:
    """By the member himself or his manager. Emits duty-changed."""
    off = DaysOff(first_on=body.first_on, last_on=body.last_on, reason=body.reason)
    saved = await handlers.take_off(desk, asks, member_id, body.version, _house_zone(request), off)
    return _view(saved, on_duty=saved.state.at_work(desk.now()), response=response)


@router.post("/days-off/{first_on}/take-back", summary="Take days off back")
async def take_days_back(
    member_id: str, first_on: date, body: DaysToTakeBack, desk: AtDesk, asks: Asking, response: Response
) -> DutyView:
    """The days off that begin on this day are none after all. Emits duty-changed."""
    saved = await handlers.take_back(desk, asks, member_id, body.version, first_on)
    return _view(saved, on_duty=saved.state.at_work(desk.now()), response=response)


def _view(saved: Saved[Duty], *, on_duty: bool, response: Response | None = None) -> DutyView:
    shifts = [
        ShiftView(weekday=shift.weekday, begins=_clock(shift.begins), ends=_clock(shift.ends))
        for shift in saved.state.shifts
    ]
    return view_of(DutyView, saved, response, shifts=shifts, on_duty=on_duty)


def _house_zone(request: Request) -> str:
    zone: str = request.app.state.settings.time_zone
    return zone


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
