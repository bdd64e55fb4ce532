"""What bodies and answers about customers are made of."""

import re
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from backbone.bodies import Body
from backbone.contract.fields import LATEST
from services.customers.domain.customer import GradedBy
from services.customers.domain.place import Interval, Place

FIRST_YEAR: Final = 1600
_FULL_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _read_day(value: object) -> date:
    """A day of a person's or a firm's life, from `YYYY-MM-DD` text; events know days from 1970 on only."""
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str) or not _FULL_DATE.fullmatch(text):
        raise PydanticCustomError("bad_day", "Write the day as YYYY-MM-DD")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("bad_day", "This day does not exist in the calendar") from None
    if not FIRST_YEAR <= day.year < LATEST.year:
        raise PydanticCustomError("bad_day", "The day must lie between 1600 and 2199")
    return day


LifeDay = Annotated[date, BeforeValidator(_read_day)]
Phone = Annotated[str, Field(pattern=r"^[+0-9 ()/.-]{3,40}$", description="With the country code if it is abroad.")]
Mail = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
TaxId = Annotated[
    str,
    Field(pattern=r"^[0-9A-Za-z .-]{4,40}$", description="As the authority writes it; signs and case mean nothing."),
]


Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", examples=["08:30"])]


class PlaceShape(Body):
    """Where a customer is, by WGS 84."""

    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    address: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class IntervalShape(Body):
    """One stretch of a week in which a customer is open; `24:00` is the end of the day."""

    weekday: int = Field(ge=1, le=7, description="1 for Monday to 7 for Sunday.")
    opens: Clock
    closes: Clock


class OwnershipView(BaseModel):
    """Who owned a customer from when to when."""

    owner_id: str | None
    team_id: str | None
    from_at: datetime
    to_at: datetime
    reason: str | None


class CustomerView(BaseModel):
    """A customer as it stands."""

    customer_id: str
    version: int = Field(description="Name it when you change the customer.")
    name: str
    owner_id: str | None = Field(description="Null when an outside system told of it and named nobody.")
    team_id: str | None
    co_owner_ids: list[str] = Field(description="Members who see and change it together with the owner.")
    grade: str | None
    graded_by: GradedBy | None = Field(description="Whether a person or a rule graded it.")
    grade_reason: str | None
    grade_holds_until_on: date | None = Field(description="No rule changes a grade given by hand before this is over.")
    channel: str | None
    territory: str | None
    industry: str | None
    lead_id: str | None
    parent_customer_id: str | None
    tags: list[str]
    tax_id: str | None
    phone: str | None
    mail: str | None
    place: PlaceShape | None
    opening_hours: list[IntervalShape]
    founded_on: date | None
    created_at: datetime
    owned_since: datetime
    recorded_at: datetime
    merged_into: str | None = Field(description="The customer it went into; it is changed there.")
    merged_at: datetime | None


def place_of(shape: PlaceShape | None) -> Place | None:
    """The place a body tells of."""
    return None if shape is None else Place(**shape.model_dump())


def interval_of(shape: IntervalShape) -> Interval:
    """The interval a body tells of."""
    return Interval(**shape.model_dump())
