"""What can be done with a visit."""

from backbone.outbox import Saved
from backbone.rows import row_to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import visit as visits
from services.activities.domain.visit import Visit


async def log_visit(desk: Desk, asks: Asks, visit: Visit) -> Saved[Visit]:
    """Log a visit that took place; see `domain.visit.log_visit` for the rules."""
    state, events = visits.log_visit(visit, desk.now())
    return await desk.store.visits.create(visit.visit_id, state, events, at=visit.ended_at, by=asks.by)


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
    return await desk.store.visits.change(found, state, events, at=now, by=asks.by)
