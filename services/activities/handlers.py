"""The use cases of activities, one function each: load, decide, save, return."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from backbone.members import Members
from backbone.outbox import Saved
from backbone.web import Asks
from services.activities.domain import visit as visits
from services.activities.domain.visit import Visit
from services.activities.store import Store


@dataclass(frozen=True)
class Desk:
    """What the use cases work with."""

    store: Store
    members: Members
    now: Callable[[], datetime]


async def log_visit(desk: Desk, asks: Asks, visit: Visit) -> Saved[Visit]:
    """Log a visit that took place; see `domain.visit.log_visit` for the rules."""
    asks.caller.check_may_act_for(visit.member_id, visit.team_id)
    state, events = visits.log_visit(visit, desk.now())
    return await desk.store.visits.create(visit.visit_id, state, events, at=visit.ended_at, by=asks.by)


async def void_visit(desk: Desk, asks: Asks, visit_id: str, *, version: int, reason: str) -> Saved[Visit]:
    """Take a visit back.

    Raises:
        NotFound: no such visit in the caller's row scope.
        Conflict: it has another version by now.
    """
    found = await desk.store.visits.get(visit_id)
    asks.caller.check_may_see("visit", visit_id, found.state.owner_id, found.state.team_id)
    if again := desk.store.visits.replay(found, asks.by):
        return again
    now = desk.now()
    state, events = visits.void_visit(found.state, reason, now)
    return await desk.store.visits.change(found, state, events, at=now, by=asks.by, expected=version)
