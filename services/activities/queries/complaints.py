"""Reading complaints."""

from datetime import datetime
from typing import Final

from backbone.callers import Caller
from backbone.listing import Rows, rows_of
from backbone.mongo import ANY_MOMENT, ASCENDING
from backbone.outbox import Saved
from backbone.rows import read_row
from services.activities.domain.finding import wakes_at
from services.activities.domain.story import Complaint
from services.activities.store import Store

MOST_DUE: Final = 200
"""As many complaints whose timer has run out are looked at in one go."""


async def complaint(store: Store, caller: Caller, complaint_id: str) -> Saved[Complaint]:
    """One complaint."""
    return await read_row(store.complaints, caller, complaint_id)


def complaints(store: Store, caller: Caller, *, unassigned: bool) -> Rows[Saved[Complaint]]:
    """The complaints the caller may see, or only those of them nobody answers yet."""
    return rows_of(store.complaints, caller, {"state.owner_id": None} if unassigned else None)


async def due_complaints(store: Store, now: datetime) -> list[Saved[Complaint]]:
    """Complaints whose timer has run out, the longest due first."""
    rows = store.complaints.collection.find({"wake_at": {**ANY_MOMENT, "$lte": now}}).sort("wake_at", ASCENDING)
    due = [store.complaints.read(document) for document in await rows.limit(MOST_DUE).to_list(MOST_DUE)]
    # What an earlier version changed has beside it what held before; only the state says what is due.
    return [one for one in due if (at := wakes_at(one.state)) is not None and at <= now]
