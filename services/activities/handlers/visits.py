"""What can be done with a visit."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from backbone.failpoints import reached
from backbone.moments import told_at
from backbone.mongo import DuplicateKeyError
from backbone.outbox import Saved
from backbone.problems import Refused, Unavailable
from backbone.rows import in_present_team, read_row, row_to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import planned_visit as plans
from services.activities.domain import visit as visits
from services.activities.domain.next_step import Step
from services.activities.domain.place import Check, Fix, Spot, check_place
from services.activities.domain.visit import Photo, Visit
from services.activities.handlers.once import create_once
from services.activities.handlers.settling import next_step_id, settle_visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What a member tells when he leaves; `version` is the one he has seen, `ended_at` None = now."""

    version: int
    ended_at: datetime | None = None
    fix: Fix | None = None
    clock_off_seconds: int | None = None
    photos: tuple[Photo, ...] = ()
    outcome: str | None = None
    next_step: Step | None = None
    next_step_on: date | None = None


async def log_visit(desk: Desk, asks: Asks, visit: Visit) -> Saved[Visit]:
    """Log a visit that took place; see `domain.visit.log_visit` for the rules."""
    await _check_plan(desk, asks, visit)
    checked = replace(visit, place_check=await _checked(desk, visit, visit.fix, visit.started_at))
    state, events = visits.log_visit(_with_step(checked), desk.now())
    at = state.ended_at or desk.now()
    saved = await create_once(desk.store.visits, visit.visit_id, state, events, at=at, by=asks.by)
    reached("visit:logged")
    await settle_visit(desk, saved.state, asks.by)
    return saved


async def check_in(desk: Desk, asks: Asks, visit: Visit) -> Saved[Visit]:
    """Begin a visit; see `domain.visit.check_in` for the rules.

    Raises:
        Refused: the member is at another place still.
    """
    await _check_plan(desk, asks, visit)
    checked = replace(visit, place_check=await _checked(desk, visit, visit.fix, visit.started_at))
    state, events = visits.check_in(checked, desk.now())
    try:
        return await create_once(desk.store.visits, visit.visit_id, state, events, at=state.started_at, by=asks.by)
    except DuplicateKeyError as taken:
        raise Refused(
            "visit-under-way", "Another visit of this member is under way; check out there first, or void it."
        ) from taken


async def check_out(desk: Desk, asks: Asks, visit_id: str, leaving: Leaving) -> Saved[Visit]:
    """End a visit under way; see `domain.visit.check_out` for the rules.

    Raises:
        NotFound: no such visit in the caller's row scope.
        Conflict: it has another version by now.
    """
    found = await row_to_change(desk.store.visits, asks, visit_id, leaving.version)
    if found.replayed:
        return found
    ended_at = told_at(leaving.ended_at, desk.now())
    off = found.state.clock_off_seconds if leaving.clock_off_seconds is None else leaving.clock_off_seconds
    visit = replace(await in_present_team(found.state, desk.members), clock_off_seconds=off)
    state, events = visits.check_out(
        visit,
        desk.now(),
        ended_at=ended_at,
        left=leaving.fix,
        left_check=await _checked(desk, visit, leaving.fix, ended_at),
        photos=leaving.photos,
        outcome=leaving.outcome,
        next_step=leaving.next_step,
        next_step_on=leaving.next_step_on,
    )
    saved = await desk.store.visits.change(found, _with_step(state), events, at=ended_at, by=asks.by)
    reached("visit:checked-out")
    await settle_visit(desk, saved.state, asks.by)
    return saved


async def void_visit(desk: Desk, asks: Asks, visit_id: str, *, version: int, reason: str) -> Saved[Visit]:
    """Take a visit back.

    Raises:
        NotFound: no such visit in the caller's row scope.
        Conflict: it has another version by now.
    """
    found = await row_to_change(desk.store.visits, asks, visit_id, version)
    if found.replayed:
        return found
    now = desk.now()
    state, events = visits.void_visit(found.state, reason, now)
    saved = await desk.store.visits.change(found, state, events, at=now, by=asks.by)
    await settle_visit(desk, saved.state, asks.by)
    return saved


async def _check_plan(desk: Desk, asks: Asks, visit: Visit) -> None:
    if visit.planned_visit_id is None:
        return
    plan = await read_row(desk.field.planned_visits, asks.caller, visit.planned_visit_id)
    plans.check_keeps(plan.state, member_id=visit.member_id, customer_id=visit.customer_id, lead_id=visit.lead_id)


async def _checked(desk: Desk, visit: Visit, fix: Fix | None, at: datetime) -> Check:
    target: Spot | None = None
    asked = True
    if fix is not None and visit.customer_id is not None:
        try:
            target = (await desk.sites.site(visit.customer_id)).spot
        except Unavailable:
            asked = False
    off = visit.clock_off_seconds
    return check_place(
        fix,
        at,
        target,
        radius_m=desk.field_settings.radius_m,
        asked=asked,
        clock_off=None if off is None else timedelta(seconds=off),
    )


def _with_step(visit: Visit) -> Visit:
    if visit.next_step is None or visit.ended_at is None:
        return visit
    return replace(visit, next_step_id=next_step_id(visit.visit_id, visit.ended_at))
