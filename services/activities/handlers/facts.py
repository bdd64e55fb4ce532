"""What the records say of a member's period: his own service's, and the others' as far as they answer."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from backbone.calendar import Period
from backbone.idempotency import By
from backbone.problems import Problem
from services.activities.desk import Desk
from services.activities.domain.follow_up import FollowUp
from services.activities.domain.report import Facts
from services.activities.domain.shift import worked_by_day
from services.activities.domain.visit import Visit
from services.activities.queries import periods

NO_CODE: Final = "none"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A count that another service has: how it is called here, whom to ask what."""

    name: str
    service: str
    path: str
    params: Mapping[str, str]
    span: str
    """The list's field that lies in the period: `<span>_from`, `<span>_to`."""


DEALS: Final = (
    Elsewhere("opened", "customers", "/deals", {}, "opened"),
    Elsewhere("moved", "customers", "/deals", {}, "stage_since"),
    Elsewhere("won", "customers", "/deals", {"state": "won"}, "decided"),
    Elsewhere("lost", "customers", "/deals", {"state": "lost"}, "decided"),
)
FIGURES: Final = (
    Elsewhere("new-customers", "customers", "/customers", {}, "created"),
    Elsewhere("new-leads", "leads", "/leads", {}, "created"),
)


async def facts_of(desk: Desk, member_id: str, period: Period, by: By) -> Facts:
    """A member's facts of a period; `missing` names the services that did not answer.

    What happened is taken by the day it happened where the organisation is, so what a phone tells late
    is in the period it belongs to, if it is told before the report is filed.
    """
    begins, ends = bounds(desk, period)
    visits = await periods.visits(desk.store, member_id, begins, ends)
    follow_ups = await periods.follow_ups(desk.store, member_id, begins, ends)
    shifts = await periods.shifts(desk.field, member_id, begins, ends)
    days = worked_by_day(shifts, desk.zone, desk.now())
    kept, missed = await periods.plans(desk.field, member_id, period.first, period.last)
    deals, no_deals = await _asked(desk, DEALS, member_id, begins, ends, by)
    figures, no_figures = await _asked(desk, FIGURES, member_id, begins, ends, by)
    return Facts(
        visits=len(visits),
        visits_by_outcome=_counted(visit.outcome for visit in visits),
        visits_by_place=_counted(_place(visit) for visit in visits),
        customers_visited=len({visit.customer_id or visit.lead_id for visit in visits}),
        follow_ups=len(follow_ups),
        follow_ups_by_kind=_counted(follow_up.kind for follow_up in follow_ups),
        follow_ups_reached=_reached(follow_ups),
        plans_kept=kept,
        plans_missed=missed,
        worked_seconds=sum(seconds for day, seconds in days.items() if period.holds(day)),
        deals=deals,
        figures=figures,
        missing=tuple(sorted({*no_deals, *no_figures})),
    )


def bounds(desk: Desk, period: Period) -> tuple[datetime, datetime]:
    """The first instant of a period and the first one after it."""
    return _midnight(desk, period.first), _midnight(desk, period.last + timedelta(days=1))


async def _asked(
    desk: Desk, wanted: Iterable[Elsewhere], member_id: str, begins: datetime, ends: datetime, by: By
) -> tuple[dict[str, int], set[str]]:
    async def ask(one: Elsewhere) -> tuple[Elsewhere, int | None]:
        params = {
            **one.params,
            "owner_id": member_id,
            f"{one.span}_from": begins.isoformat(),
            f"{one.span}_to": ends.isoformat(),
            "count": "true",
            "limit": "1",
        }
        try:
            answer: Mapping[str, Any] = await desk.siblings.get(one.service, one.path, by=by, params=params)
        except Problem:
            return one, None
        return one, answer.get("total")

    found = await asyncio.gather(*map(ask, wanted))
    counts = {one.name: total for one, total in found if total is not None}
    return counts, {one.service for one, total in found if total is None}


def _counted(codes: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(code or NO_CODE for code in codes).items()))


def _place(visit: Visit) -> str:
    return "unknown" if visit.place_check is None else visit.place_check.result


def _reached(follow_ups: Iterable[FollowUp]) -> int:
    return sum(follow_up.reached for follow_up in follow_ups)


def _midnight(desk: Desk, day: date) -> datetime:
    return datetime.combine(day, time(), desk.zone)
