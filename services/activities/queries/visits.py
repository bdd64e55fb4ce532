"""Reading visits."""

from backbone.callers import Caller
from backbone.listing import Rows
from backbone.outbox import Saved
from backbone.rows import read_row
from services.activities.domain.visit import Visit
from services.activities.store import Store


async def visit(store: Store, caller: Caller, visit_id: str) -> Saved[Visit]:
    """One visit."""
    return await read_row(store.visits, caller, visit_id)


def visits(store: Store, caller: Caller) -> Rows[Saved[Visit]]:
    """The visits the caller may see."""
    return Rows(store.visits.collection, caller.rows(), store.visits.read)
