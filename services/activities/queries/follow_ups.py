"""Reading follow-ups."""

from backbone.callers import Caller
from backbone.listing import Rows
from backbone.outbox import Saved
from backbone.rows import read_row
from services.activities.domain.follow_up import FollowUp
from services.activities.store import Store


async def follow_up(store: Store, caller: Caller, follow_up_id: str) -> Saved[FollowUp]:
    """One follow-up."""
    return await read_row(store.follow_ups, caller, follow_up_id)


def follow_ups(store: Store, caller: Caller) -> Rows[Saved[FollowUp]]:
    """The follow-ups the caller may see."""
    return Rows(store.follow_ups.collection, caller.rows(), store.follow_ups.read)
