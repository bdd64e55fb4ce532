"""Reading planned visits."""

from datetime import date

from backbone.callers import Caller
from backbone.listing import Rows
from backbone.mongo import ASCENDING, Document
from backbone.outbox import Saved
from backbone.rows import read_row
from services.activities.domain.planned_visit import PlannedVisit
from services.activities.field_store import FieldStore


async def planned_visit(store: FieldStore, caller: Caller, plan_id: str) -> Saved[PlannedVisit]:
    """One planned visit."""
    return await read_row(store.planned_visits, caller, plan_id)


def planned_visits(store: FieldStore, caller: Caller) -> Rows[Saved[PlannedVisit]]:
    """The planned visits the caller may see."""
    return Rows(store.planned_visits.collection, caller.rows(), store.planned_visits.read)


async def of_day(
    store: FieldStore, caller: Caller, member_id: str, day: date, *, most: int
) -> list[Saved[PlannedVisit]]:
    """What a member still has to do on a day, by the hour; what the caller may not see is not among it."""
    wanted: Document = {
        "state.on": day.isoformat(),
        "state.member_id": member_id,
        "state.state": "planned",
        "$and": [caller.rows()],
    }
    found = store.planned_visits.collection.find(wanted).sort("state.starts_at", ASCENDING).limit(most)
    return [store.planned_visits.read(document) for document in await found.to_list(most)]


async def overdue(store: FieldStore, today: date, *, most: int) -> list[Saved[PlannedVisit]]:
    """Planned visits whose day is over; for the timer."""
    wanted: Document = {"state.on": {"$lt": today.isoformat()}, "state.state": "planned"}
    found = store.planned_visits.collection.find(wanted).limit(most)
    return [store.planned_visits.read(document) for document in await found.to_list(most)]
