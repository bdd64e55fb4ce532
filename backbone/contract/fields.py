"""The kinds of values events are made of: ids, codes, money, moments, places, each with its bounds.

Bounds are part of the contract: whoever stores or shows a value may rely on them. Values are strict: a string is never
taken for a number, a boolean never for an integer.
"""

import re
from datetime import UTC, date, datetime, timezone
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

# RFC 3339, section 5.6. Python's own parser takes more than that (week dates, missing offsets): the form comes first.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_moment(value: object) -> datetime:
    """A moment with an offset, from RFC 3339 text or an aware datetime, between 1970 and 2200.

    Fractions finer than a microsecond are cut off. Raises a pydantic error of type `moment_type` for a value of
    another type and `bad_moment` for text that names no such moment.
    """
    from_text = isinstance(value, str)
    if isinstance(value, str):
        value = _moment_of(value)
    elif not isinstance(value, datetime):
        raise PydanticCustomError("moment_type", "Input should be a moment: RFC 3339 text with an offset")
    # A fixed offset of whole minutes, far from both ends: nearly every value is done here.
    if (from_text or value.tzinfo is UTC) and EARLIEST.year < value.year < LATEST.year - 1:
        return value
    offset = value.utcoffset()
    if offset is None:
        raise PydanticCustomError("bad_moment", "The moment needs an offset")
    if not EARLIEST.year <= value.year <= LATEST.year or not EARLIEST <= value < LATEST:
        raise PydanticCustomError("bad_moment", "The moment must lie between 1970 and 2200")
    # A named zone is left behind: around a clock change, two moments of named zones compare unequal though they are the
    # same instant. RFC 3339 has no seconds in an offset.
    if offset.total_seconds() % 60:
        return value.astimezone(UTC)
    return value.replace(tzinfo=timezone(offset), fold=0)


def _moment_of(text: str) -> datetime:
    if not _RFC_3339(text):
        raise PydanticCustomError(
            "bad_moment", "Write the moment by RFC 3339 with an offset, such as 2017-12-05T09:30:00+08:00"
        )
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise PydanticCustomError("bad_moment", "This moment does not exist in the calendar") from None


def read_day(value: object) -> date:
    """A calendar day from `YYYY-MM-DD` text or a date, between 1970 and 2199; raises `day_type` and `bad_day` alike."""
    if isinstance(value, str):
        if not _FULL_DATE.fullmatch(value):
            raise PydanticCustomError("bad_day", "Write the day as YYYY-MM-DD")
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("bad_day", "This day does not exist in the calendar") from None
    elif not isinstance(value, date) or isinstance(value, datetime):
        raise PydanticCustomError("day_type", "Input should be a day: YYYY-MM-DD text")
    if not EARLIEST.year <= value.year < LATEST.year:
        raise PydanticCustomError("bad_day", "The day must lie between 1970 and 2199")
    return value


Moment = Annotated[datetime, BeforeValidator(read_moment)]
Day = Annotated[date, BeforeValidator(read_day)]

# An id never holds a blank or a bar, nor begins with a dash: documents are named by ids joined with bars, where a
# dash stands for "none".
Id = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\s|\x00-\x1f\x7f-][^\s|\x00-\x1f\x7f]*$")]
# The name of a document made of several ids joined with bars, or an id of ours that is derived that way.
JoinedId = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]
# A code names a kind of thing (a stage, a channel); it may stand in a field name of a document, so it has no dot and
# no dollar sign.
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s.$|/\\\x00-\x1f\x7f]+$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]

# 10^15 minor units stay exact in every JSON reader (below 2^53).
Amount = Annotated[int, Field(ge=0, le=10**15)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code of the currency.")]
Seconds = Annotated[int, Field(ge=0, le=100 * 366 * 86_400)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Share = Annotated[float, Field(gt=0, le=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
Metres = Annotated[float, Field(ge=0, le=50_000_000)]

MemberId = Annotated[Id, Field(description="The member who did it.")]
TeamId = Annotated[Id, Field(description="The team.")]
CustomerId = Annotated[Id, Field(description="The customer.")]
SalesLeadId = Annotated[Id, Field(description="The lead.")]
DealId = Annotated[Id, Field(description="The deal.")]
ProductIds = Annotated[
    tuple[Id, ...], Field(strict=False, max_length=100, description="Products it is about, in no order.")
]
Pipeline = Annotated[Code, Field(description="The pipeline the deal moves in.")]
DealAmount = Annotated[
    Amount, Field(description="Value of the deal in minor units of the currency; 0 while nobody knows it.")
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Reason = Annotated[Code, Field(description="Why, as a code of the organisation.")]
