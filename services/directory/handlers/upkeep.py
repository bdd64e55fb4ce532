"""What happens by itself: delegations end, and a target that a crash left half spread is spread on.

Nobody's access waits for this: a delegation that is over, or of somebody who left, opens nothing, whoever has
noted it. Here it is told to the log, also what came due while the service was down.
"""

import asyncio
import logging
from typing import Final

from backbone.idempotency import By
from backbone.mongo import PyMongoError
from backbone.problems import Conflict, Problem
from services.directory.desk import Desk
from services.directory.domain import delegation as delegations
from services.directory.handlers import targets

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 2.0
BY: Final = By(actor="service:directory", request_id="upkeep")


async def keep_up(desk: Desk) -> None:
    """See to it again and again until cancelled; an absent store is waited for."""
    while True:
        try:
            await end_delegations(desk)
            await targets.spread_on(desk)
        except (PyMongoError, OSError) as trouble:
            log.warning("upkeep waits: %s", trouble)
        await asyncio.sleep(EVERY_SECONDS)


async def end_delegations(desk: Desk) -> int:
    """End what is over and what somebody left behind; how many were ended.

    The event carries the moment it ended, not the one it was noted.
    """
    running = await desk.store.open_delegations()
    ids = {one for saved in running for one in (saved.state.member_id, saved.state.delegate_id)}
    members = {member.member_id: member for member in await desk.store.members_of(ids)}
    now = desk.now()
    ended = 0
    for saved in running:
        member, deputy = members.get(saved.state.member_id), members.get(saved.state.delegate_id)
        due = delegations.overdue(saved.state, member, deputy, now)
        if due is None:
            continue
        at, reason = due
        state, events = delegations.end(saved.state, reason, at)
        try:
            await desk.store.delegations.change(saved, state, events, at=at, by=BY)
            ended += 1
        except Conflict:
            continue  # somebody ended it at the same moment
        except Problem as trouble:
            log.warning("delegation %s stays: %s", saved.id, trouble.detail)
    return ended
