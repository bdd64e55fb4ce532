"""Reading customers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import msgspec

from backbone.callers import Caller
from backbone.keyset import both
from backbone.listing import Rows, rows_of
from backbone.outbox import Saved
from backbone.rows import read_row
from services.customers.domain.customer import Customer
from services.customers.domain.place import Interval, Place
from services.customers.store import Store


async def customer(store: Store, caller: Caller, customer_id: str) -> Saved[Customer]:
    """One customer."""
    return await read_row(store.customers, caller, customer_id)


def customers(store: Store, caller: Caller) -> Rows[Saved[Customer]]:
    """The customers the caller may see, without those that went into another one."""
    rows = rows_of(store.customers, caller)
    return replace(rows, scope=both({"state.merged_into": None}, rows.scope))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What our other services need of a customer."""

    customer_id: str
    grade: str | None
    territory: str | None
    place: Place | None
    opening_hours: tuple[Interval, ...]


_KNOWN: Final = {f"state.{part.name}": 1 for part in fields(Known)}
"""Nothing else is read: the embedded store copies each value it gives, a whole customer took a sixth of its time."""


async def lookup(store: Store, customer_ids: Sequence[str]) -> list[Known]:
    """Those of the customers that exist, in no order and whoever asks; for our own services."""
    found = await store.customers.collection.find({"_id": {"$in": list(customer_ids)}}, _KNOWN).to_list(None)
    return [msgspec.convert(document["state"], Known) for document in found]
