"""Reading planned follow-ups."""

from datetime import date

from backbone.callers import Caller
from backbone.listing import Rows
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.rows import read_row
from services.activities.domain.planned_follow_up import PlannedFollowUp
from services.activities.field_store import FieldStore


async def planned_follow_up(store: FieldStore, caller: Caller, plan_id: str) -> Saved[PlannedFollowUp]:
    """One planned follow-up."""
    return await read_row(store.planned_follow_ups, caller, plan_id)


def planned_follow_ups(store: FieldStore, caller: Caller) -> Rows[Saved[PlannedFollowUp]]:
    """The planned follow-ups the caller may see."""
    return Rows(store.planned_follow_ups.collection, caller.rows(), store.planned_follow_ups.read)


async def overdue(store: FieldStore, today: date, *, most: int) -> list[Saved[PlannedFollowUp]]:
    """Planned follow-ups whose day is over; for the timer."""
    wanted: Document = {"state.due_on": {"$lt": today.isoformat()}, "state.state": "planned"}
    found = store.planned_follow_ups.collection.find(wanted).limit(most)
    return [store.planned_follow_ups.read(document) for document in await found.to_list(most)]
