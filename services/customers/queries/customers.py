"""Reading customers."""

from collections.abc import Mapping

from backbone.callers import Caller
from backbone.outbox import Saved
from backbone.rows import page_of_rows, read_row
from services.customers.domain.customer import Customer
from services.customers.store import Store


async def customer(store: Store, caller: Caller, customer_id: str) -> Saved[Customer]:
    """One customer."""
    return await read_row(store.customers, caller, customer_id)


async def customer_page(
    store: Store, caller: Caller, wanted: Mapping[str, str | None], *, cursor: str | None, limit: int
) -> tuple[list[Saved[Customer]], str | None]:
    """Customers of an owner, of a grade, in a territory, with a tag; None asks for nothing."""
    return await page_of_rows(store.customers, caller, wanted, cursor=cursor, limit=limit)
