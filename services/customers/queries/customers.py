"""Reading customers."""

from dataclasses import replace

from backbone.callers import Caller
from backbone.keyset import both
from backbone.listing import Rows, rows_of
from backbone.outbox import Saved
from backbone.rows import read_row
from services.customers.domain.customer import Customer
from services.customers.store import Store


async def customer(store: Store, caller: Caller, customer_id: str) -> Saved[Customer]:
    """One customer."""
    return await read_row(store.customers, caller, customer_id)


def customers(store: Store, caller: Caller) -> Rows[Saved[Customer]]:
    """The customers the caller may see, without those that went into another one."""
    rows = rows_of(store.customers, caller)
    return replace(rows, scope=both({"state.merged_into": None}, rows.scope))
