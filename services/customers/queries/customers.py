"""Reading customers."""

from backbone.callers import Caller
from backbone.outbox import Saved
from backbone.rows import page_of_rows, read_row
from services.customers.domain.customer import Customer, Grade
from services.customers.store import Store


async def customer(store: Store, caller: Caller, customer_id: str) -> Saved[Customer]:
    """One customer."""
    return await read_row(store.customers, caller, customer_id)


async def customer_page(
    store: Store,
    caller: Caller,
    *,
    owner_id: str | None,
    grade: Grade | None,
    territory: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Saved[Customer]], str | None]:
    """Customers of an owner, of a grade, in a territory."""
    wanted = {"owner_id": owner_id, "grade": grade, "territory": territory}
    return await page_of_rows(store.customers, caller, wanted, cursor=cursor, limit=limit)
