"""Reading customers."""

from backbone.callers import Caller
from backbone.listing import Rows, rows_of
from backbone.outbox import Saved
from backbone.rows import read_row
from services.customers.domain.customer import Customer
from services.customers.store import Store


async def customer(store: Store, caller: Caller, customer_id: str) -> Saved[Customer]:
    """One customer."""
    return await read_row(store.customers, caller, customer_id)


def customers(store: Store, caller: Caller) -> Rows[Saved[Customer]]:
    """The customers the caller may see."""
    return rows_of(store.customers, caller)
