"""What can be done with a follow-up."""

from backbone.outbox import Saved
from backbone.rows import row_to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import follow_up as follow_ups
from services.activities.domain.follow_up import FollowUp


async def log_follow_up(desk: Desk, asks: Asks, follow_up: FollowUp) -> Saved[FollowUp]:
    """Log a follow-up; see `domain.follow_up.log_follow_up` for the rules."""
    state, events = follow_ups.log_follow_up(follow_up, desk.now())
    return await desk.store.follow_ups.create(
        follow_up.follow_up_id, state, events, at=follow_up.happened_at, by=asks.by
    )


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
    return await desk.store.follow_ups.change(found, state, events, at=now, by=asks.by)
