"""What happens to field work by itself: plans whose day is over, reports that are not in, rhythms under an old rule.

What is due is written in the store, so nothing is lost with a process: whoever looks next finds it.
"""

import asyncio
from typing import Final

import structlog

from backbone.contract.ids import new_event_id
from backbone.idempotency import By
from backbone.mongo import PyMongoError
from backbone.problems import Problem
from services.activities.desk import Desk
from services.activities.handlers import frequency, planned_follow_ups, planned_visits, reports
from services.activities.queries import planned_follow_ups as follow_up_queries
from services.activities.queries import planned_visits as visit_queries

AT_ONCE: Final = 200
BY_RULE: Final = "service:activities"

log = structlog.get_logger(__name__)


async def keep_watch(desk: Desk) -> None:
    """Look until cancelled; a store or a sibling that is away is asked again."""
    while True:
        try:
            more = await look(desk)
        except (PyMongoError, OSError, Problem) as trouble:
            log.warning("field work waits", trouble=str(trouble))
            more = False
        if not more:
            await asyncio.sleep(desk.field_settings.look_seconds)


async def look(desk: Desk) -> bool:
    """Do what is due now; True when there may be more.

    Raises:
        PyMongoError: the store does not answer.
        Problem: a sibling does not answer.
    """
    by = By(BY_RULE, new_event_id())
    visits = await visit_queries.overdue(desk.field, desk.today, most=AT_ONCE)
    for visit in visits:
        await planned_visits.note_missed(desk, visit, by)
    follow_ups = await follow_up_queries.overdue(desk.field, desk.today, most=AT_ONCE)
    for follow_up in follow_ups:
        await planned_follow_ups.note_missed(desk, follow_up, by)
    behind = await frequency.follow_rule(desk)
    await reports.look_for_missing(desk)
    return behind or len(visits) == AT_ONCE or len(follow_ups) == AT_ONCE
