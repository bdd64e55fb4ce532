"""Reading complaints."""

from backbone.callers import Caller
from backbone.outbox import Saved
from backbone.rows import page_of_rows, read_row
from services.activities.domain.complaint import Complaint, State
from services.activities.store import Store


async def complaint(store: Store, caller: Caller, complaint_id: str) -> Saved[Complaint]:
    """One complaint."""
    return await read_row(store.complaints, caller, complaint_id)


async def complaint_page(
    store: Store,
    caller: Caller,
    *,
    state: State | None,
    severity: str | None,
    customer_id: str | None,
    owner_id: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Saved[Complaint]], str | None]:
    """Complaints in a state, of a severity, of a customer, with an owner."""
    wanted = {"state": state, "severity": severity, "customer_id": customer_id, "owner_id": owner_id}
    return await page_of_rows(store.complaints, caller, wanted, cursor=cursor, limit=limit)
