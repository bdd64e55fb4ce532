"""What can be done with a follow-up."""

from dataclasses import replace

from backbone.outbox import Saved
from backbone.rows import read_row, row_to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import follow_up as follow_ups
from services.activities.domain.follow_up import FollowUp
from services.activities.domain.planned_follow_up import check_fulfils
from services.activities.handlers.once import create_once
from services.activities.handlers.settling import next_step_id, settle_follow_up


async def log_follow_up(desk: Desk, asks: Asks, follow_up: FollowUp) -> Saved[FollowUp]:
    """Log a follow-up; see `domain.follow_up.log_follow_up` for the rules."""
    if follow_up.planned_follow_up_id is not None:
        plan = await read_row(desk.field.planned_follow_ups, asks.caller, follow_up.planned_follow_up_id)
        check_fulfils(
            plan.state,
            member_id=follow_up.member_id,
            customer_id=follow_up.customer_id,
            lead_id=follow_up.lead_id,
        )
    id_ = follow_up.follow_up_id
    if follow_up.next_step is not None:
        follow_up = replace(follow_up, next_step_id=next_step_id(id_, follow_up.happened_at))
    state, events = follow_ups.log_follow_up(follow_up, desk.now())
    saved = await create_once(desk.store.follow_ups, id_, state, events, at=follow_up.happened_at, by=asks.by)
    await settle_follow_up(desk, saved.state, asks.by)
    return saved


async def void_follow_up(desk: Desk, asks: Asks, follow_up_id: str, *, version: int, reason: str) -> Saved[FollowUp]:
    """Take a follow-up back.

    Raises:
        NotFound: no such follow-up in the caller's row scope.
        Conflict: it has another version by now.
    """
    found = await row_to_change(desk.store.follow_ups, asks, follow_up_id, version)
    if found.replayed:
        return found
    now = desk.now()
    state, events = follow_ups.void_follow_up(found.state, reason, now)
    saved = await desk.store.follow_ups.change(found, state, events, at=now, by=asks.by)
    await settle_follow_up(desk, saved.state, asks.by)
    return saved
