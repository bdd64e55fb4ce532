"""Reading customers."""

from collections.abc import Sequence
from dataclasses import replace

from backbone.callers import Caller
from backbone.keyset import both
from backbone.listing import STATE, Rows, rows_of
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


async def lookup(store: Store, customer_ids: Sequence[str]) -> list[Customer]:
    """Those of the customers that exist, in no order and whoever asks; for our own services."""
    rows = store.customers
    found = await rows.collection.find({"_id": {"$in": list(customer_ids)}}, STATE).to_list(None)
    return [rows.read(document).state for document in found]
