"""Reading leads: single ones and pages, always within the caller's row scope."""

from collections.abc import Mapping

from backbone.callers import Caller
from backbone.outbox import Saved
from backbone.rows import page_of_rows, read_row
from services.leads.domain.lead import Lead
from services.leads.store import Store


async def lead(store: Store, caller: Caller, lead_id: str) -> Saved[Lead]:
    """One lead.

    Raises:
        NotFound: no such lead in the caller's row scope.
    """
    return await read_row(store.leads, caller, lead_id)


async def lead_page(
    store: Store, caller: Caller, wanted: Mapping[str, str | None], *, cursor: str | None, limit: int
) -> tuple[list[Saved[Lead]], str | None]:
    """One page of leads, newest first, and the cursor of the next page.

    Args:
        store: where to look.
        caller: whose row scope holds.
        wanted: values `owner_id`, `team_id`, `channel` or `state` must have; None asks for nothing.
        cursor: of the page before.
        limit: most leads.
    """
    return await page_of_rows(store.leads, caller, wanted, cursor=cursor, limit=limit)
