"""Reading segments, and the customers they take in."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from backbone.calendar import local_day
from backbone.callers import Caller
from backbone.keyset import both
from backbone.listing import STATE, Rows
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.problems import NotFound
from services.customers.domain.customer import Customer
from services.customers.domain.query import Today, read_query
from services.customers.domain.query_meaning import condition_of
from services.customers.domain.segment import Segment
from services.customers.store import Store


async def segment(store: Store, caller: Caller, segment_id: str) -> Saved[Segment]:
    """One segment: the caller's own, of a member in his row scope, or a shared one.

    Raises:
        NotFound: there is none the caller may see.
    """
    found = await store.segments.get(segment_id)
    if not found.state.shared and not caller.may_see(found.state.owner_id, found.state.team_id):
        raise NotFound(store.segments.noun, segment_id)
    return found


def segments(store: Store, caller: Caller) -> Rows[Saved[Segment]]:
    """The segments the caller may use."""
    scope = caller.rows()
    wanted: Document = {"$or": [{"state.shared": True}, scope]} if scope else {}
    return Rows(store.segments.collection, wanted, store.segments.read, STATE)


def condition(caller: Caller, query: dict[str, Any], now: datetime, zone: ZoneInfo) -> Document:
    """The store's filter for the customers of a query that the caller may see and that stand on their own.

    Raises:
        Refused: it is no query.
    """
    asked = condition_of(read_query(query), Today(local_day(now, zone), zone))
    return both(asked, caller.rows(shared=True), {"state.merged_into": None})


def members(store: Store, wanted: Document) -> Rows[Saved[Customer]]:
    """The customers that meet a condition."""
    return Rows(store.customers.collection, wanted, store.customers.read, STATE)


async def count(store: Store, wanted: Document) -> int:
    """How many customers meet a condition."""
    return await store.customers.collection.count_documents(wanted)
