"""Reading activities: single objects and pages, always within the caller's row scope."""

from backbone.auth import Caller
from backbone.outbox import Saved
from backbone.paging import page_of
from services.activities.domain.visit import Visit
from services.activities.store import Store


async def visit(store: Store, caller: Caller, visit_id: str) -> Saved[Visit]:
    """One visit.

    Raises:
        NotFound: no such visit in the caller's row scope.
    """
    found = await store.visits.get(visit_id)
    caller.check_may_see("visit", visit_id, found.state.owner_id, found.state.team_id)
    return found


async def visit_page(
    store: Store,
    caller: Caller,
    *,
    member_id: str | None,
    customer_id: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Saved[Visit]], str | None]:
    """One page of visits, newest first, and the cursor of the next page."""
    wanted = {
        "state.member_id": member_id,
        "state.customer_id": customer_id,
    }
    conditions = {name: value for name, value in wanted.items() if value is not None}
    found, following = await page_of(
        store.visits.collection, {**conditions, **caller.rows()}, cursor=cursor, limit=limit
    )
    return [store.visits.read(document) for document in found], following
