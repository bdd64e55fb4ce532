"""Reading complaints."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from backbone.callers import Caller
from backbone.mongo import ASCENDING, Document
from backbone.outbox import Saved
from backbone.paging import page_of
from backbone.rows import page_of_rows, read_row
from services.activities.domain.story import Complaint
from services.activities.store import Store

MOST_DUE: Final = 200
"""As many complaints whose timer has run out are looked at in one go."""


async def complaint(store: Store, caller: Caller, complaint_id: str) -> Saved[Complaint]:
    """One complaint."""
    return await read_row(store.complaints, caller, complaint_id)


async def complaint_page(
    store: Store,
    caller: Caller,
    wanted: Mapping[str, str | None],
    *,
    unassigned: bool,
    cursor: str | None,
    limit: int,
) -> tuple[list[Saved[Complaint]], str | None]:
    """Complaints whose fields have the values wanted, all or only those nobody answers yet."""
    if not unassigned:
        return await page_of_rows(store.complaints, caller, wanted, cursor=cursor, limit=limit)
    asked = {f"state.{name}": value for name, value in wanted.items() if value is not None}
    conditions: Document = {"$and": [asked, caller.rows(), {"state.owner_id": None}]}
    found, following = await page_of(store.complaints.collection, conditions, cursor=cursor, limit=limit)
    return [store.complaints.read(document) for document in found], following


async def due_complaints(store: Store, now: datetime) -> list[Saved[Complaint]]:
    """Complaints whose timer has run out: those to close, then those to resume; the longest due first."""
    found: list[Saved[Complaint]] = []
    for state, timer in (("resolved", "close_at"), ("paused", "resume_at")):
        wanted = {f"state.{timer}": {"$lte": now}, "state.state": state}
        rows = store.complaints.collection.find(wanted).sort(f"state.{timer}", ASCENDING).limit(MOST_DUE)
        found += [store.complaints.read(document) for document in await rows.to_list(MOST_DUE)]
    return found
