"""Reading follow-ups."""

from backbone.callers import Caller
from backbone.outbox import Saved
from backbone.rows import page_of_rows, read_row
from services.activities.domain.follow_up import FollowUp
from services.activities.store import Store


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
