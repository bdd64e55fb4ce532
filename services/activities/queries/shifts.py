"""Reading shifts."""

from datetime import datetime

from backbone.callers import Caller
from backbone.listing import Rows
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.rows import read_row
from services.activities.domain.shift import LONGEST_SHIFT, Shift
from services.activities.field_store import FieldStore


async def shift(store: FieldStore, caller: Caller, shift_id: str) -> Saved[Shift]:
    """One shift."""
    return await read_row(store.shifts, caller, shift_id)


def shifts(store: FieldStore, caller: Caller) -> Rows[Saved[Shift]]:
    """The shifts the caller may see."""
    return Rows(store.shifts.collection, caller.rows(), store.shifts.read)


async def between(
    store: FieldStore, caller: Caller, begins: datetime, ends: datetime, *, member_id: str | None, most: int
) -> list[Shift]:
    """Shifts that touch a span, in the caller's row scope."""
    wanted: Document = {
        "state.started_at": {"$gte": begins - LONGEST_SHIFT, "$lt": ends},
        **({} if member_id is None else {"state.member_id": member_id}),
        "$and": [caller.rows()],
    }
    found = store.shifts.collection.find(wanted).limit(most)
    return [store.shifts.read(document).state for document in await found.to_list(most)]
