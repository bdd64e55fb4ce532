"""Where somebody was: distances, and the check of a phone's word against the customer's place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Final, Literal

from backbone.contract.activities import Place, PlaceCheck

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius of the Earth (IUGG); a sphere is exact to half a percent, far finer than any phone."""

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""A phone's clock may differ from ours by this much before its word on time and place is doubted."""

FRESH: Final = timedelta(minutes=10)
"""A position taken longer before or after the moment says nothing of where the phone was then."""

Result = Literal["inside", "outside", "unknown"]
Why = Literal[
    "near",
    "too-far",
    "no-place",
    "customer-not-located",
    "customers-away",
    "mock-location",
    "clock-off",
    "stale-fix",
    "inaccurate",
]
"""What decided a check; the order in which they are looked at is the order of `check_place`."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on the Earth, by WGS 84 in degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What a phone says of where it was.

    `accuracy_m` is the radius of its doubt (None = it does not say), `fixed_at` when the position was
    taken, `mock` whether the phone says that an app makes its positions up.
    """

    lat: float
    lon: float
    accuracy_m: float | None = None
    fixed_at: datetime | None = None
    mock: bool | None = None

    @property
    def spot(self) -> Spot:
        """The point alone."""
        return Spot(self.lat, self.lon)

    def told(self) -> Place:
        """The same as events carry it."""
        return Place(lat=self.lat, lon=self.lon, accuracy_m=self.accuracy_m)


@dataclass(frozen=True, slots=True)
class Check:
    """What came of a place check: the result, how far away the phone was, and what decided."""

    result: Result
    distance_m: float | None
    why: Why

    def told(self) -> PlaceCheck:
        """The same as events carry it."""
        return PlaceCheck(result=self.result, distance_m=self.distance_m, why=self.why)


def distance_m(one: Spot, other: Spot) -> float:
    """Metres along the great circle between two points, by the haversine formula."""
    lat, other_lat = radians(one.lat), radians(other.lat)
    half = sin((other_lat - lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin(radians(other.lon - one.lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def check_place(
    fix: Fix | None,
    at: datetime,
    target: Spot | None,
    *,
    radius_m: float,
    asked: bool = True,
    clock_off: timedelta | None = None,
) -> Check:
    """Whether a phone was where the customer is.

    Inside: within the radius, by a position at least as exact as the radius. Outside: beyond it even by
    the most favourable reading of the position. Whatever cannot be trusted or told apart is unknown; a
    distance is given wherever one can be.

    Args:
        fix: what the phone says; None = it says nothing.
        at: the moment the check is about.
        target: where the customer is; None = nobody knows.
        radius_m: how large the customer's place is.
        asked: whether the customer's place could be asked for at all.
        clock_off: how far the phone's clock is from ours; None = it did not tell its time.
    """
    if fix is None:
        return Check("unknown", None, "no-place")
    if target is None:
        return Check("unknown", None, "customer-not-located" if asked else "customers-away")
    away = round(distance_m(fix.spot, target), 1)
    doubtful = _doubtful(fix, at, clock_off)
    return _judged(away, fix.accuracy_m or 0.0, radius_m) if doubtful is None else Check("unknown", away, doubtful)


def _doubtful(fix: Fix, at: datetime, clock_off: timedelta | None) -> Why | None:
    """Why a phone's word cannot be trusted; None when it can."""
    if fix.mock:
        return "mock-location"
    if clock_off is not None and abs(clock_off) > CLOCK_TOLERANCE:
        return "clock-off"
    if fix.fixed_at is not None and abs(fix.fixed_at - at) > FRESH:
        return "stale-fix"
    return None


def _judged(away: float, doubt: float, radius_m: float) -> Check:
    if away - doubt > radius_m:
        return Check("outside", away, "too-far")
    if away <= radius_m and doubt <= radius_m:
        return Check("inside", away, "near")
    return Check("unknown", away, "inaccurate")
