"""Groups of companies."""

from dataclasses import dataclass
from typing import Final

from backbone.callers import Caller
from backbone.problems import NotFound
from backbone.rows import read_row
from services.customers.domain.customer import MOST_GENERATIONS, Customer
from services.customers.store import Store

MOST_MEMBERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Member:
    """One customer of a group; where it is not visible, only its place is told."""

    customer_id: str
    parent_customer_id: str | None
    depth: int
    visible: bool
    name: str | None
    owner_id: str | None
    grade: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of companies, its head first, each member behind the one above it."""

    head_customer_id: str
    members: list[Member]
    whole: bool


async def group_of(store: Store, caller: Caller, customer_id: str) -> Group:
    """The group a customer of the caller's row scope belongs to.

    Raises:
        NotFound: there is none the caller may see.
    """
    head = (await read_row(store.customers, caller, customer_id)).state
    climbed = {head.customer_id}
    while head.parent_customer_id is not None and head.parent_customer_id not in climbed:
        try:
            head = (await store.customers.get(head.parent_customer_id)).state
        except NotFound:
            break  # an outside system named a parent it has not told of
        climbed.add(head.customer_id)
    members: list[Member] = []
    met: set[str] = set()
    # Depth first, so that each one stands behind the one above it; a circle closes nowhere twice.
    waiting: list[tuple[Customer, int]] = [(head, 0)]
    while waiting and len(members) < MOST_MEMBERS:
        one, depth = waiting.pop()
        if one.customer_id in met:
            continue
        met.add(one.customer_id)
        members.append(_shown(caller, one, depth))
        if depth <= MOST_GENERATIONS:
            waiting += [(child, depth + 1) for child in reversed(await _children(store, one.customer_id))]
    return Group(head.customer_id, members, not waiting)


async def _children(store: Store, customer_id: str) -> list[Customer]:
    found = store.customers.collection.find({"state.parent_customer_id": customer_id}).limit(MOST_MEMBERS)
    states = [store.customers.read(document).state async for document in found]
    return sorted((one for one in states if one.merged_into is None), key=lambda one: (one.name, one.customer_id))


def _shown(caller: Caller, one: Customer, depth: int) -> Member:
    if caller.may_see(one.owner_id, one.team_id, one.group_ids):
        return Member(one.customer_id, one.parent_customer_id, depth, True, one.name, one.owner_id, one.grade)
    return Member(one.customer_id, one.parent_customer_id, depth, False, None, None, None)
