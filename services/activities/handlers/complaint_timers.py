"""What happens to a complaint by itself: a pause ends at its hour, a resolved one closes after its time.

When a timer runs out is part of the complaint, so nothing is lost with a process: whichever looks next
finds what is due. Two that look at once meet the version, and one of them does it.
"""

import asyncio
import logging
from datetime import datetime
from typing import Final

from backbone.contract.ids import new_event_id
from backbone.idempotency import By
from backbone.mongo import PyMongoError
from backbone.outbox import Saved
from backbone.problems import Conflict, Unavailable
from backbone.rows import in_present_team
from services.activities.desk import Desk
from services.activities.domain import complaint as complaints
from services.activities.domain.moving import Decided
from services.activities.domain.story import Complaint
from services.activities.handlers.opening import BY_RULE
from services.activities.queries import complaints as queries

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
CLOSED_BECAUSE: Final = "resolved-for-long"


async def keep_time(desk: Desk) -> None:
    """Look for what is due until cancelled; a store or directory that is away is asked again."""
    while True:
        try:
            more = await ring(desk)
        except (PyMongoError, OSError, Unavailable) as trouble:
            log.warning("complaint timers wait: %s", trouble)
            more = False
        if not more:
            await asyncio.sleep(LOOK_SECONDS)


async def ring(desk: Desk) -> bool:
    """Do what is due now; True when there may be more.

    Raises:
        PyMongoError: the store does not answer.
        Unavailable: the directory does not answer.
    """
    now = desk.now()
    due = await queries.due_complaints(desk.store, now)
    for found in due:
        await _ring_one(desk, found, now)
    return len(due) >= queries.MOST_DUE


async def _ring_one(desk: Desk, found: Saved[Complaint], now: datetime) -> None:
    present = await in_present_team(found.state, desk.members)
    at, (state, events) = _due(present, now)
    by = By(BY_RULE, new_event_id())
    try:
        await desk.store.complaints.change(found, state, events, at=at, by=by)
    except Conflict:
        return  # somebody did something with it meanwhile: the next look sees what


def _due(complaint: Complaint, now: datetime) -> tuple[datetime, Decided]:
    if complaint.state == "paused":
        at = complaint.resume_at or now
        return at, complaints.resume(complaint, at, now, member_id=None)
    at = complaint.close_at or now
    return at, complaints.close(complaint, at, now, reason=CLOSED_BECAUSE)
