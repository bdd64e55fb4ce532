"""What happens by itself: idle leads are told of and recycled, and what a crash left undone is taken up.

The timers stand in the leads' documents, so they survive a restart; any number of processes may look after
them, for each change is guarded by the lead's version.
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Final

from backbone.contract.activities import FollowUpLogged, VisitLogged
from backbone.contract.envelope import Envelope
from backbone.contract.ids import new_event_id
from backbone.failpoints import reached
from backbone.mongo import PyMongoError
from backbone.outbox import Saved
from backbone.problems import Conflict, Problem
from backbone.rows import in_present_team
from services.leads.desk import Desk
from services.leads.domain.filing import MERGING, UNDECIDED
from services.leads.domain.idle import look_after, next_step_at
from services.leads.domain.lead import Lead
from services.leads.handlers.assignment import decide
from services.leads.handlers.merges import carry_on_what_was_left
from services.leads.handlers.policies import let_timers_follow

log = logging.getLogger(__name__)

ROUND_SECONDS: Final = 2.0
AT_ONCE: Final = 200
GRACE: Final = timedelta(seconds=5)
"""How long the request that took a lead in may take to find its owner before the timers take it up."""


async def keep_looking(desk: Desk) -> None:
    """Look after leads until cancelled; an unreachable store or directory is asked again in the next round."""
    while True:
        try:
            await look_round(desk)
        except (PyMongoError, Problem) as trouble:
            log.warning("the timers wait %.0f s: %s", ROUND_SECONDS, trouble)
        await asyncio.sleep(ROUND_SECONDS)


async def look_round(desk: Desk) -> None:
    """Do everything that is due."""
    await let_timers_follow(desk, desk.itself("timers"))
    while await look_after_due(desk) == AT_ONCE:
        pass
    for saved in await desk.store.left_undone(UNDECIDED, AT_ONCE):
        if desk.now() - saved.state.recorded_at > GRACE:
            await _try(decide(desk, saved.id, desk.itself(new_event_id())), saved.id)
    for saved in await desk.store.left_undone(MERGING, AT_ONCE):
        await _try(carry_on_what_was_left(desk, saved), saved.id)


async def look_after_due(desk: Desk) -> int:
    """Look at leads whose timer has run out; how many there were."""
    now = desk.now()
    due = await desk.store.due(now, AT_ONCE)
    for saved in due:
        await _look_after_one(desk, saved, now)
    return len(due)


async def note_contacts(desk: Desk, events: Sequence[Envelope]) -> None:
    """Note when leads were visited or followed up; order and repetition do not matter."""
    touched: dict[str, datetime] = {}
    for envelope in events:
        said = envelope.data
        if not isinstance(said, VisitLogged | FollowUpLogged) or said.lead_id is None:
            continue
        at = said.started_at if isinstance(said, VisitLogged) else envelope.time
        touched[said.lead_id] = max(at, touched.get(said.lead_id, at))
    await desk.store.touches.note(touched)


async def _look_after_one(desk: Desk, saved: Saved[Lead], now: datetime) -> None:
    touched_at = await desk.store.touches.of(saved.id)
    policy = desk.house.pool
    present = await in_present_team(saved.state, desk.members)
    state, events = look_after(present, touched_at, policy, now)
    if not events:
        await desk.store.set_timer(saved, next_step_at(saved.state, touched_at, policy))
        return
    try:
        await desk.store.leads.change(saved, state, events, at=now, by=desk.itself(new_event_id()))
    except Conflict:
        return  # somebody changed it at this moment: its timer was set anew by that
    reached("idle:told")


async def _try(work: Awaitable[object], lead_id: str) -> None:
    """Do something for one lead; what stands in its way does not keep the others waiting."""
    try:
        await work
    except Problem as trouble:
        log.warning("lead %s is taken up again later: %s", lead_id, trouble)
