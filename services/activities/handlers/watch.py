"""What happens to field work by itself: plans whose day is over, reports that are not in, rhythms under an old rule.

What is due is written in the store, so nothing is lost with a process: whoever looks next finds it.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from typing import Final

import structlog

from backbone.contract.envelope import EventData
from backbone.contract.ids import new_event_id
from backbone.idempotency import By
from backbone.mongo import PyMongoError
from backbone.outbox import Aggregates, Saved
from backbone.problems import Conflict, Problem
from backbone.rows import R, in_present_team
from services.activities.desk import Desk
from services.activities.domain import planned_follow_up, planned_visit
from services.activities.handlers import frequency, reports
from services.activities.handlers.opening import BY_RULE
from services.activities.queries import planned_follow_ups as follow_up_queries
from services.activities.queries import planned_visits as visit_queries

AT_ONCE: Final = 200

log = structlog.get_logger(__name__)


async def keep_watch(desk: Desk) -> None:
    """Look until cancelled; a store or a sibling that is away is asked again."""
    while True:
        try:
            more = await look(desk)
        except (PyMongoError, OSError) as trouble:
            log.warning("field work waits", trouble=str(trouble))
            more = False
        if not more:
            await asyncio.sleep(desk.field_settings.look_seconds)


async def look(desk: Desk) -> bool:
    """Do what is due now; True when there may be more. What a sibling is needed for waits when it is away.

    Raises:
        PyMongoError: the store does not answer.
    """
    more = False
    for work in (miss_visits, miss_follow_ups, frequency.follow_rule, reports.look_for_missing):
        try:
            more = bool(await work(desk)) or more
        except Problem as trouble:
            log.warning("a part of field work waits", part=work.__name__, trouble=str(trouble))
    return more


async def miss_visits(desk: Desk) -> bool:
    """Note planned visits whose day is over; True when there may be more.

    Raises:
        PyMongoError: the store does not answer.
        Problem: the directory does not answer.
    """
    overdue = await visit_queries.overdue(desk.field, desk.today, most=AT_ONCE)
    return await _note_missed(desk, desk.field.planned_visits, overdue, planned_visit.miss)


async def miss_follow_ups(desk: Desk) -> bool:
    """Note planned follow-ups whose day is over; True when there may be more.

    Raises:
        PyMongoError: the store does not answer.
        Problem: the directory does not answer.
    """
    overdue = await follow_up_queries.overdue(desk.field, desk.today, most=AT_ONCE)
    return await _note_missed(desk, desk.field.planned_follow_ups, overdue, planned_follow_up.miss)


async def _note_missed(
    desk: Desk,
    rows: Aggregates[R],
    overdue: Sequence[Saved[R]],
    miss: Callable[[R, date], tuple[R, Sequence[EventData]]],
) -> bool:
    noted = 0
    by = By(BY_RULE, new_event_id())
    for found in overdue:
        state, events = miss(await in_present_team(found.state, desk.members), desk.today)
        if events:
            with suppress(Conflict):  # it was kept, moved or noted meanwhile
                await rows.change(found, state, events, at=desk.now(), by=by)
                noted += 1
    return len(overdue) == AT_ONCE and noted > 0
