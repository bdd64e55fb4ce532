"""Who has a birthday or an anniversary soon."""

from datetime import date
from typing import Final

from backbone.callers import Caller
from services.customers.domain.feast import Feast, Kind, feasts_of, keys_between
from services.customers.store import Store

__all__ = ["Kind", "feasts"]

MOST: Final = 2_000


async def feasts(store: Store, caller: Caller, first: date, days: int) -> tuple[list[Feast], bool]:
    """The feasts at customers in the caller's row scope, the nearest first, and whether these are all.

    Args:
        store: where to look.
        caller: whose scope.
        first: the first day.
        days: how many, this one counted.
    """
    wanted = {"marks": {"$in": keys_between(first, days)}, **caller.rows(shared=True)}
    rows = await store.customers.collection.find(wanted).limit(MOST).to_list(MOST)
    found = [feast for row in rows for feast in feasts_of(store.customers.read(row).state, first, days)]
    found.sort(key=lambda feast: (feast.on, feast.customer_name, feast.contact_name or ""))
    return found, len(rows) < MOST
