"""Customers that may be the same as one."""

from collections.abc import Sequence
from typing import Final

from backbone.matching import keys_of
from services.customers.domain.customer import Customer
from services.customers.domain.duplicate import Likeness, likenesses
from services.customers.domain.finding import marks
from services.customers.store import Store

MOST_CANDIDATES: Final = 500
"""Of one key; a firm is not recognised by what more than this many have in common."""
MOST_SHOWN: Final = 50


async def candidates(store: Store, customer: Customer, shared: Sequence[str]) -> list[Customer]:
    """Customers that share one of these marks with one, whoever owns them."""
    found: dict[str, Customer] = {}
    for mark in shared:
        # One look-up a mark: the embedded store compares every hit of an `$in` with the whole list.
        rows = await store.customers.collection.find({"marks": mark}).limit(MOST_CANDIDATES).to_list(MOST_CANDIDATES)
        found |= {row["_id"]: store.customers.read(row).state for row in rows}
    found.pop(customer.customer_id, None)
    return list(found.values())


async def likely(store: Store, customer: Customer) -> list[Likeness]:
    """Customers that may be the same as one, the surest first, whoever owns them."""
    return likenesses(customer, await candidates(store, customer, keys_of(marks(customer))))[:MOST_SHOWN]
