"""Where a customer is, and when somebody is there."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backbone.problems import Refused

MOST_INTERVALS: Final = 42
DAY_ENDS: Final = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is, by WGS 84 in degrees; the address as people write it."""

    lat: float | None = None
    lon: float | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One stretch of a week's opening hours, by the clock on the customer's wall.

    `weekday` is 1 for Monday to 7 for Sunday; `opens` and `closes` are `HH:MM`, `24:00` is the day's end.
    """

    weekday: int
    opens: str
    closes: str


def check_place(place: Place | None) -> None:
    """Refuse half a position.

    Raises:
        Refused: one of `lat` and `lon` is missing.
    """
    if place is not None and (place.lat is None) != (place.lon is None):
        raise Refused("half-a-place", "Give both lat and lon, or neither.", field="/place")


def weekly_hours(intervals: Sequence[Interval], *, field: str = "/opening_hours") -> tuple[Interval, ...]:
    """Opening hours in their order.

    Raises:
        Refused: there are too many, one ends before it begins, or two of a day overlap.
    """
    if len(intervals) > MOST_INTERVALS:
        raise Refused("too-many-intervals", f"A week has {MOST_INTERVALS} intervals at most.", field=field)
    ordered = sorted(intervals, key=lambda interval: (interval.weekday, minute_of(interval.opens)))
    for interval in ordered:
        if minute_of(interval.closes) <= minute_of(interval.opens):
            raise Refused(
                "closes-first",
                f"{interval.opens}-{interval.closes} ends before it begins; what goes past midnight is two intervals.",
                field=field,
            )
    for one, following in itertools.pairwise(ordered):
        if one.weekday == following.weekday and minute_of(following.opens) < minute_of(one.closes):
            raise Refused("intervals-overlap", f"Two intervals of weekday {one.weekday} overlap.", field=field)
    return tuple(ordered)


def minute_of(clock: str) -> int:
    """Minutes since midnight of `HH:MM`."""
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def is_open(hours: Sequence[Interval], weekday: int, minute: int) -> bool:
    """Whether a customer is open at this minute of a weekday; one whose hours nobody knows always is."""
    if not hours:
        return True
    return any(
        interval.weekday == weekday and minute_of(interval.opens) <= minute < minute_of(interval.closes)
        for interval in hours
    )
