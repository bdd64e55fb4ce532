"""When a customer is open, as spans of time on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WHOLE_DAY: Final = "24:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One stretch of a week.

    `weekday` is 1 for Monday to 7 for Sunday; `opens` and `closes` are `HH:MM`, `24:00` is the day's end.
    """

    weekday: int
    opens: str
    closes: str


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From an instant to a later one."""

    begins: datetime
    ends: datetime


def open_on(hours: Sequence[Opening], day: date, zone: ZoneInfo) -> tuple[Span, ...]:
    """The spans in which a customer is open on a day, in order; the whole day when nobody knows its hours.

    Where clocks are turned a stretch is as long as the wall clock makes it.

    Args:
        hours: of the week; empty = unknown.
        day: which day.
        zone: of the clock on the customer's wall.
    """
    if not hours:
        return (Span(_at(day, "00:00", zone), _at(day, WHOLE_DAY, zone)),)
    spans = [
        Span(_at(day, opening.opens, zone), _at(day, opening.closes, zone))
        for opening in hours
        if opening.weekday == day.isoweekday()
    ]
    return tuple(sorted(span for span in spans if span.begins < span.ends))


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == WHOLE_DAY:
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time.fromisoformat(clock), zone)
