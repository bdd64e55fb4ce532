"""A route for a day: the planned visits of a member, ordered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict, Refused
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import planned_visit as plans
from services.activities.domain.hours import open_on
from services.activities.domain.place import Spot
from services.activities.domain.planned_visit import PlannedVisit
from services.activities.domain.route import Day, Route, Stop, better, openings, timetable
from services.activities.queries import planned_visits as queries
from services.activities.sites import Site
from services.activities.solver import solved_order

MOST_STOPS: Final = 40
BECAUSE: Final = "route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a route is asked for.

    `order` names planned visits in the order given (empty = all of the day in the order of their hours);
    `stay_seconds` is how long a visit takes whose plan names no end.
    """

    member_id: str
    on: date
    start: Spot
    end: Spot | None
    begins_at: datetime
    ends_at: datetime
    speed_kmh: float
    stay_seconds: int
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """A route, the order given for comparison, and the plans nobody can place (by id: why)."""

    route: Route
    given: Route
    solved: bool
    plans: Mapping[str, Saved[PlannedVisit]]
    sites: Mapping[str, Site | None]
    unplaced: Mapping[str, str]


async def route(desk: Desk, asks: Asks, wish: Wish) -> Routed:
    """The best order found for a member's day; never worse than the order given.

    Raises:
        NotFound: no such planned visit in the caller's row scope.
        Refused: there are too many, or one is not of this member and day, or not planned any more.
    """
    found = await _plans(desk, asks, wish)
    sites = await desk.sites.sites([plan.state.customer_id for plan in found if plan.state.customer_id])
    unplaced = {plan.id: why for plan in found if (why := _why_unplaced(plan.state, sites)) is not None}
    placed = [plan for plan in found if plan.id not in unplaced]
    day = _day(desk, wish, placed, sites)
    given = timetable(day, [plan.id for plan in placed])
    order = await solved_order(day) if placed else ()
    best = given if order is None else better(given, timetable(day, order))
    return Routed(
        route=best,
        given=given,
        solved=order is not None,
        plans={plan.id: plan for plan in found},
        sites=sites,
        unplaced=unplaced,
    )


async def apply(desk: Desk, by: By, routed: Routed) -> list[str]:
    """Give the planned visits the hours of a route; ids of those that somebody changed meanwhile.

    Doing it again changes nothing more.
    """
    now = desk.now()
    changed_meanwhile: list[str] = []
    for leg in routed.route.legs:
        found = routed.plans[leg.stop_id]
        starts_at, ends_at = datetime.fromtimestamp(leg.begins, UTC), datetime.fromtimestamp(leg.leaves, UTC)
        if (found.state.starts_at, found.state.ends_at) == (starts_at, ends_at):
            continue
        try:
            state, events = plans.replan(
                found.state, now, desk.zone, starts_at=starts_at, ends_at=ends_at, reason=BECAUSE
            )
            await desk.field.planned_visits.change(found, state, events, at=now, by=by)
        except Conflict:
            changed_meanwhile.append(found.id)
    return changed_meanwhile


async def _plans(desk: Desk, asks: Asks, wish: Wish) -> list[Saved[PlannedVisit]]:
    if not wish.order:
        found = await queries.of_day(desk.field, asks.caller, wish.member_id, wish.on, most=MOST_STOPS + 1)
        if len(found) > MOST_STOPS:
            raise Refused("too-many-stops", f"A route has {MOST_STOPS} stops at most; name those to go to.")
        return found
    if len(set(wish.order)) < len(wish.order):
        raise Refused("stop-twice", "A planned visit is named twice.", field="/planned_visit_ids")
    named = [await queries.planned_visit(desk.field, asks.caller, id_) for id_ in wish.order]
    for plan in named:
        if (plan.state.member_id, plan.state.on, plan.state.state) != (wish.member_id, wish.on, "planned"):
            raise Refused(
                "other-plan",
                f"The plan {plan.id!r} is not of this member and day, or not planned any more.",
                field="/planned_visit_ids",
            )
    return named


def _why_unplaced(plan: PlannedVisit, sites: Mapping[str, Site | None]) -> str | None:
    if plan.customer_id is None:
        return "customer-not-located"
    site = sites[plan.customer_id]
    if site is None:
        return "customers-away"
    return None if site.spot is not None else "customer-not-located"


def _day(desk: Desk, wish: Wish, placed: Sequence[Saved[PlannedVisit]], sites: Mapping[str, Site | None]) -> Day:
    return Day(
        begins=_second(wish.begins_at),
        ends=_second(wish.ends_at),
        start=wish.start,
        end=wish.end,
        speed_kmh=wish.speed_kmh,
        stops=tuple(stop for plan in placed if (stop := _stop(desk, wish, plan.state, sites)) is not None),
    )


def _stop(desk: Desk, wish: Wish, plan: PlannedVisit, sites: Mapping[str, Site | None]) -> Stop | None:
    site = sites[plan.customer_id or ""]
    if site is None or site.spot is None:
        return None
    stay = wish.stay_seconds if plan.ends_at is None else _second(plan.ends_at) - _second(plan.starts_at)
    starts: tuple[tuple[int, int], ...]
    if plan.fixed:
        starts = ((_second(plan.starts_at), _second(plan.starts_at)),)
    else:
        spans = open_on(site.hours, wish.on, desk.zone)
        starts = openings([(_second(span.begins), _second(span.ends)) for span in spans], stay)
    return Stop(stop_id=plan.planned_visit_id, spot=site.spot, stay_seconds=stay, starts=starts, grade=site.grade)


def _second(at: datetime) -> int:
    return int(at.timestamp())


def usual_day(desk: Desk, on: date, begins: timedelta, ends: timedelta) -> tuple[datetime, datetime]:
    """When a day begins and ends, by the organisation's clock."""
    midnight = datetime.combine(on, datetime.min.time(), desk.zone)
    # Wall clock time: adding to an aware datetime of a zone keeps to the wall.
    return midnight + begins, midnight + ends
