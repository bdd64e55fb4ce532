"""Reading what one member did in a span of time."""

from datetime import date, datetime

from backbone.mongo import Document
from services.activities.domain.follow_up import FollowUp
from services.activities.domain.shift import LONGEST_SHIFT, Shift
from services.activities.domain.visit import Visit
from services.activities.field_store import FieldStore
from services.activities.store import Store


async def visits(store: Store, member_id: str, begins: datetime, ends: datetime) -> list[Visit]:
    """Visits that ended in the span and count."""
    wanted: Document = {
        "state.owner_id": member_id,
        "state.ended_at": {"$gte": begins, "$lt": ends},
        "state.voided_at": None,
    }
    return [store.visits.read(found).state for found in await store.visits.collection.find(wanted).to_list(None)]


async def follow_ups(store: Store, member_id: str, begins: datetime, ends: datetime) -> list[FollowUp]:
    """Follow-ups of the span that count."""
    wanted: Document = {
        "state.owner_id": member_id,
        "state.happened_at": {"$gte": begins, "$lt": ends},
        "state.voided_at": None,
    }
    rows = store.follow_ups
    return [rows.read(found).state for found in await rows.collection.find(wanted).to_list(None)]


async def shifts(store: FieldStore, member_id: str, begins: datetime, ends: datetime) -> list[Shift]:
    """Shifts that touch the span."""
    wanted: Document = {
        "state.owner_id": member_id,
        "state.started_at": {"$gte": begins - LONGEST_SHIFT, "$lt": ends},
    }
    return [store.shifts.read(found).state for found in await store.shifts.collection.find(wanted).to_list(None)]


async def plans(store: FieldStore, member_id: str, first: date, last: date) -> tuple[int, int]:
    """How many planned visits of these days were kept and missed."""
    days: Document = {
        "state.owner_id": member_id,
        "state.on": {"$gte": first.isoformat(), "$lte": last.isoformat()},
    }
    count = store.planned_visits.collection.count_documents
    return await count({**days, "state.state": "kept"}), await count({**days, "state.state": "missed"})


async def planned(store: FieldStore, member_id: str, first: date, last: date) -> list[str]:
    """Ids of the visits a member has planned for these days, by the hour."""
    wanted: Document = {
        "state.owner_id": member_id,
        "state.on": {"$gte": first.isoformat(), "$lte": last.isoformat()},
        "state.state": "planned",
    }
    found = store.planned_visits.collection.find(wanted, {"_id": 1}).sort("state.starts_at", 1).limit(100)
    return [row["_id"] for row in await found.to_list(100)]
