"""What follows from a visit or a follow-up: the plan it fulfils, and the plan for the next step agreed upon.

Each is a write of its own, after the visit's. Whoever logs does both at once; should he be stopped in
between, the event on the log has them done again (`field_consumers`). Doing it twice changes nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Final, TypeVar

from backbone.calendar import local_day
from backbone.contract.activities import FollowUpLogged, VisitLogged
from backbone.contract.envelope import Envelope
from backbone.contract.ids import derived_event_id
from backbone.idempotency import By
from backbone.outbox import Aggregates
from backbone.problems import Conflict, NotFound
from backbone.rows import find
from services.activities.desk import Desk
from services.activities.domain import planned_follow_up, planned_visit
from services.activities.domain.follow_up import FollowUp
from services.activities.domain.next_step import Step
from services.activities.domain.planned_follow_up import PlannedFollowUp
from services.activities.domain.planned_visit import PlannedVisit
from services.activities.domain.visit import Visit
from services.activities.domain.whose import with_whom

T = TypeVar("T")

FIRST_HOUR: Final = time(9)
"""When a next visit is to begin for which only a day was agreed upon."""

TAKEN_BACK: Final = "taken-back"


def next_step_id(made_from: str, at: datetime) -> str:
    """The id of the plan made from a visit or follow-up, the same however often it is made."""
    return derived_event_id("next-step", made_from, at)


async def settle_visit(desk: Desk, visit: Visit, by: By) -> None:
    """Let a visit fulfil its plan and make the plan for the next step; take both back when it is void."""
    by = replace(by, attempt=None)
    void = visit.voided_at is not None
    if visit.planned_visit_id is not None and not visit.under_way:
        move = planned_visit.give_back if void else planned_visit.keep
        await _quietly(
            desk.field.planned_visits, visit.planned_visit_id, lambda plan: move(plan, visit.visit_id), desk.now(), by
        )
    if visit.next_step is not None and visit.next_step_on is not None and visit.ended_at is not None:
        made = _Step(visit.visit_id, visit, visit.next_step, visit.next_step_on, visit.ended_at)
        await (_unmake(desk, made, by) if void else _make(desk, made, by))


async def settle_follow_up(desk: Desk, follow_up: FollowUp, by: By) -> None:
    """The same for a follow-up."""
    by = replace(by, attempt=None)
    void = follow_up.voided_at is not None
    if follow_up.planned_follow_up_id is not None:
        move = planned_follow_up.give_back if void else planned_follow_up.fulfil
        id_ = follow_up.follow_up_id
        await _quietly(
            desk.field.planned_follow_ups,
            follow_up.planned_follow_up_id,
            lambda plan: move(plan, id_),
            desk.now(),
            by,
        )
    if follow_up.next_step is not None and follow_up.next_step_on is not None:
        made = _Step(
            follow_up.follow_up_id, follow_up, follow_up.next_step, follow_up.next_step_on, follow_up.happened_at
        )
        await (_unmake(desk, made, by) if void else _make(desk, made, by))


def leaves_something(said: VisitLogged | FollowUpLogged) -> bool:
    """Whether anything follows from a visit or a follow-up that was logged: its plan, or the next step."""
    plan = said.planned_visit_id if isinstance(said, VisitLogged) else said.planned_follow_up_id
    return plan is not None or (said.next_step is not None and said.next_step_on is not None)


async def settle_logged_visit(desk: Desk, envelope: Envelope, visit_id: str) -> None:
    """Settle what an event says was logged or voided; a visit that is not ours is passed over."""
    if found := await find(desk.store.visits, visit_id):
        await settle_visit(desk, found.state, _because(envelope))


async def settle_logged_follow_up(desk: Desk, envelope: Envelope, follow_up_id: str) -> None:
    """The same for a follow-up."""
    if found := await find(desk.store.follow_ups, follow_up_id):
        await settle_follow_up(desk, found.state, _because(envelope))


def _because(envelope: Envelope) -> By:
    return By(envelope.actor or envelope.source, envelope.correlationid or envelope.id, cause=envelope.id)


class _Step:
    """A next step and what it was agreed upon in."""

    def __init__(self, made_from: str, of: Visit | FollowUp, step: Step, on: date, at: datetime) -> None:
        self.made_from = made_from
        self.of = of
        self.step = step
        self.on = on
        self.at = at
        self.id = next_step_id(made_from, at)


async def _make(desk: Desk, made: _Step, by: By) -> None:
    of = made.of
    # Agreed upon for a day that was over when it was told: it is planned, and then found missed.
    on = max(made.on, local_day(made.at, desk.zone))
    try:
        if made.step == "visit":
            starts_at = datetime.combine(on, FIRST_HOUR, desk.zone)
            visit, events = planned_visit.plan_visit(
                PlannedVisit(
                    planned_visit_id=made.id,
                    **with_whom(of),
                    deal_id=of.deal_id,
                    starts_at=starts_at,
                    on=on,
                    made_from=made.made_from,
                    recorded_at=desk.now(),
                ),
                made.at,
                desk.zone,
            )
            await desk.field.planned_visits.create(made.id, visit, events, at=made.at, by=by)
        else:
            follow_up, events = planned_follow_up.plan_follow_up(
                PlannedFollowUp(
                    planned_follow_up_id=made.id,
                    **with_whom(of),
                    deal_id=of.deal_id,
                    kind=made.step,
                    due_on=on,
                    made_from=made.made_from,
                    recorded_at=desk.now(),
                ),
                local_day(made.at, desk.zone),
            )
            await desk.field.planned_follow_ups.create(made.id, follow_up, events, at=made.at, by=by)
    except Conflict:
        return  # made before


async def _unmake(desk: Desk, made: _Step, by: By) -> None:
    try:
        await _cancel(desk, made, by)
    except NotFound:
        return  # whoever logged was stopped before he made it
    except Conflict:
        await _unmake(desk, made, by)


async def _cancel(desk: Desk, made: _Step, by: By) -> None:
    now = desk.now()
    if made.step == "visit":
        plans = desk.field.planned_visits
        visit = await plans.get(made.id)
        if visit.state.state in planned_visit.OPEN:
            state, events = planned_visit.cancel(visit.state, TAKEN_BACK)
            await plans.change(visit, state, events, at=now, by=by)
        return
    others = desk.field.planned_follow_ups
    follow_up = await others.get(made.id)
    if follow_up.state.state in planned_follow_up.OPEN:
        changed, events = planned_follow_up.cancel(follow_up.state, TAKEN_BACK)
        await others.change(follow_up, changed, events, at=now, by=by)


async def _quietly(rows: Aggregates[T], id_: str, move: Callable[[T], T], at: datetime, by: By) -> None:
    """Change an object without an event of its own, whoever else is changing it."""
    while True:
        try:
            found = await rows.get(id_)
            state = move(found.state)
            if state != found.state:
                await rows.change(found, state, [], at=at, by=by)
        except Conflict:
            continue
        except NotFound:
            return
        return
