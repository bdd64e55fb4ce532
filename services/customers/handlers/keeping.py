"""What the service does by itself: deals leave stages that went, quotes expire, instalments fall due, claims end.

All of it is decided from what is stored, and every write is guarded by the version, so it survives
restarts and several processes may do it at once.
"""

import asyncio
import logging
from typing import Final

from backbone.calendar import local_day
from backbone.contract.ids import derived_event_id, new_event_id
from backbone.failpoints import reached
from backbone.idempotency import By
from backbone.mongo import ANY_TEXT, PyMongoError
from backbone.problems import Conflict, NotFound
from services.customers.desk import Desk
from services.customers.domain.due import fall_due
from services.customers.handlers.payments import finish_matches
from services.customers.handlers.pipelines import settle_pipelines
from services.customers.store import SOURCE

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
TOGETHER: Final = 200
"""Deals looked at before the next look."""

KEEPER: Final = "customers"
"""Who acts, where nobody asked."""


async def keep(desk: Desk) -> None:
    """Look again and again until cancelled; a store that is away is waited for."""
    while True:
        try:
            busy = await settle_pipelines(desk) + await let_fall_due(desk)
            await finish_matches(desk)
        except (PyMongoError, OSError) as trouble:
            log.warning("what happens by itself waits %.1f s: %s", LOOK_SECONDS, trouble)
            busy = 0
        if not busy:
            await asyncio.sleep(LOOK_SECONDS)


async def let_fall_due(desk: Desk) -> int:
    """Tell what fell due up to today; gives the number of things told."""
    today = local_day(desk.now(), desk.zone)
    wanted = {"state.wake_on": {**ANY_TEXT, "$lte": today.isoformat()}}
    due = [row["_id"] async for row in desk.store.deals.collection.find(wanted, {"_id": 1}).limit(TOGETHER)]
    return sum([await _tell(desk, deal_id) for deal_id in due])


async def _tell(desk: Desk, deal_id: str) -> int:
    """Tell what fell due of a deal, one thing at a time; each has the same event id whoever tells it."""
    told = 0
    while True:
        now = desk.now()
        try:
            found = await desk.store.deals.get(deal_id)
            fallen = fall_due(found.state, local_day(now, desk.zone), now, desk.zone)
            if fallen is None:
                return told
            await desk.store.deals.change(
                found,
                fallen.deal,
                [fallen.event],
                at=fallen.at,
                by=By(KEEPER, new_event_id()),
                event_ids=[derived_event_id(SOURCE, fallen.key, fallen.at)],
            )
        except (Conflict, NotFound):
            return told  # the next look sees how it stands then
        except ValueError:
            # What cannot be told by the contract must not hold up the others, nor end the service.
            log.exception("deal %s: what fell due cannot be told", deal_id)
            return told
        told += 1
        reached("deal:fell-due")
