"""A day's route: in which order to visit, when to arrive where, and whom there is no time for.

Pure: the timetable of an order and what an order costs. `ordering.py` looks for the best order.
Times are whole seconds since 1970 (UTC).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from services.activities.domain.place import Spot, distance_m

DETOUR: Final = 1.3
"""Roads are about this much longer than the straight line (circuity factor of urban road networks,
Boeing 2019: 1.2 to 1.4)."""

TRAVEL_COST: Final = 100
"""Cost of a second on the way."""

EAGERNESS: Final = {"A": 2, "B": 1}
"""Cost of a second a stop of this grade waits for its turn: of two equally short routes the one that sees the
better customers first; others do not wait."""

WORTH: Final = {"A": 16, "B": 4}
"""What leaving a stop out costs, in days on the way: an A is worth four Bs, a B four of the others (1)."""

OUT_COST: Final = TRAVEL_COST * 86_400

WhyOut = Literal["closed-that-day", "out-of-reach", "no-time"]
"""No opening long enough; too far even as the only stop; others came first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One place to visit: `starts` are the spans (first and last second) in which a visit may begin."""

    stop_id: str
    spot: Spot
    stay_seconds: int
    starts: tuple[tuple[int, int], ...]
    grade: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is to be ordered: where and when the day begins, when it must be over, where it ends (None = anywhere)."""

    begins: int
    ends: int
    start: Spot
    end: Spot | None = None
    speed_kmh: float
    stops: tuple[Stop, ...]

    def seconds(self, one: Spot, other: Spot) -> int:
        """How long the way between two places takes."""
        return round(distance_m(one, other) * DETOUR / (self.speed_kmh / 3.6))


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The way to one stop and the stay there."""

    stop_id: str
    distance_m: float
    travel_seconds: int
    arrives: int
    begins: int
    leaves: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A timetable: legs in order, the stops left out with the reason, the sums."""

    legs: tuple[Leg, ...]
    left_out: tuple[tuple[str, WhyOut], ...]
    distance_m: float
    travel_seconds: int
    ends: int
    cost: int

    @property
    def order(self) -> tuple[str, ...]:
        """Ids of the stops it goes to."""
        return tuple(leg.stop_id for leg in self.legs)


def openings(spans: Sequence[tuple[int, int]], stay_seconds: int) -> tuple[tuple[int, int], ...]:
    """When a visit of some length may begin, of the spans a place is open."""
    return tuple((opens, closes - stay_seconds) for opens, closes in spans if closes - opens >= stay_seconds)


def timetable(day: Day, order: Sequence[str]) -> Route:
    """The timetable of an order: each stop as early as can be, passing over those that cannot be reached any more.

    Args:
        day: what is to be visited.
        order: ids of stops, each at most once; those not named are left out.
    """
    stops = {stop.stop_id: stop for stop in day.stops}
    legs: list[Leg] = []
    here, free_at = day.start, day.begins
    for stop_id in order:
        leg = _leg(day, here, free_at, stops[stop_id])
        if leg is not None:
            legs.append(leg)
            here, free_at = stops[stop_id].spot, leg.leaves
    return _route(day, legs, here, free_at)


def better(one: Route, other: Route) -> Route:
    """The route that costs less; the first of two equals."""
    return other if other.cost < one.cost else one


def _leg(day: Day, here: Spot, free_at: int, stop: Stop) -> Leg | None:
    travel = day.seconds(here, stop.spot)
    arrives = free_at + travel
    begins = next((max(arrives, first) for first, last in stop.starts if max(arrives, first) <= last), None)
    if begins is None:
        return None
    leaves = begins + stop.stay_seconds
    home = 0 if day.end is None else day.seconds(stop.spot, day.end)
    if leaves + home > day.ends:
        return None
    return Leg(
        stop_id=stop.stop_id,
        distance_m=round(distance_m(here, stop.spot) * DETOUR, 1),
        travel_seconds=travel,
        arrives=arrives,
        begins=begins,
        leaves=leaves,
    )


def _route(day: Day, legs: Sequence[Leg], here: Spot, free_at: int) -> Route:
    reached = {leg.stop_id for leg in legs}
    out = tuple((stop.stop_id, _why_out(day, stop)) for stop in day.stops if stop.stop_id not in reached)
    home_m = 0.0 if day.end is None else distance_m(here, day.end) * DETOUR
    home = 0 if day.end is None else day.seconds(here, day.end)
    travel = sum(leg.travel_seconds for leg in legs) + home
    grades = {stop.stop_id: stop.grade or "" for stop in day.stops}
    waiting = sum(EAGERNESS.get(grades[leg.stop_id], 0) * (leg.begins - day.begins) for leg in legs)
    missing = sum(worth(grades[stop_id]) for stop_id, _ in out)
    return Route(
        legs=tuple(legs),
        left_out=out,
        distance_m=round(sum(leg.distance_m for leg in legs) + home_m, 1),
        travel_seconds=travel,
        ends=free_at + home,
        cost=TRAVEL_COST * travel + waiting + OUT_COST * missing,
    )


def worth(grade: str | None) -> int:
    """How many days on the way it costs to leave a stop of this grade out."""
    return WORTH.get(grade or "", 1)


def _why_out(day: Day, stop: Stop) -> WhyOut:
    if not any(first <= day.ends and last >= day.begins for first, last in stop.starts):
        return "closed-that-day"
    return "out-of-reach" if _leg(day, day.start, day.begins, stop) is None else "no-time"
