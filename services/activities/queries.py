"""Reading activities: single objects and pages, always within the caller's row scope.

A single read raises NotFound for what the caller may not see. A page comes
newest first, with the cursor of the next one.
"""

from backbone.callers import Caller
from backbone.outbox import Saved
from backbone.rows import page_of_rows, read_row
from services.activities.domain.complaint import Complaint, State
from services.activities.domain.follow_up import FollowUp
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


async def follow_up(store: Store, caller: Caller, follow_up_id: str) -> Saved[FollowUp]:
    """One follow-up."""
    return await read_row(store.follow_ups, caller, follow_up_id)


async def follow_up_page(
    store: Store,
    caller: Caller,
    *,
    member_id: str | None,
    customer_id: str | None,
    lead_id: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Saved[FollowUp]], str | None]:
    """Follow-ups of a member, with a customer or a lead."""
    wanted = {"member_id": member_id, "customer_id": customer_id, "lead_id": lead_id}
    return await page_of_rows(store.follow_ups, caller, wanted, cursor=cursor, limit=limit)


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
