"""Reading visits."""

from backbone.callers import Caller
from backbone.outbox import Saved
from backbone.rows import page_of_rows, read_row
from services.activities.domain.visit import Visit
from services.activities.store import Store


async def visit(store: Store, caller: Caller, visit_id: str) -> Saved[Visit]:
    """One visit."""
    return await read_row(store.visits, caller, visit_id)


async def visit_page(
    store: Store, caller: Caller, *, member_id: str | None, customer_id: str | None, cursor: str | None, limit: int
) -> tuple[list[Saved[Visit]], str | None]:
    """Visits of a member, at a customer."""
    wanted = {"member_id": member_id, "customer_id": customer_id}
    return await page_of_rows(store.visits, caller, wanted, cursor=cursor, limit=limit)
