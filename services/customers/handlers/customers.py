"""What can be done with a customer.

Every change raises NotFound for a customer outside the caller's row scope,
Conflict when it has another version by now, and Refused where
the domain says no.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from backbone.outbox import Saved
from backbone.problems import Conflict, Forbidden, NotFound, Problem, Refused
from backbone.rows import Decide, Told, move_found, read_row, row_to_change
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import customer as customers
from services.customers.domain import grading, ownership
from services.customers.domain.customer import MOST_GENERATIONS, Customer, Grade
from services.customers.domain.duplicate import Policy, check_new, refused_by
from services.customers.queries.duplicates import candidates


async def create_customer(desk: Desk, asks: Asks, customer: Customer, policy: Policy | None = None) -> Saved[Customer]:
    """Enter a customer; `policy` says which duplicates are refused (see `domain.duplicate`)."""
    if customer.parent_customer_id is not None:
        parent = await known_customer(desk, asks, customer.parent_customer_id, field="/parent_customer_id")
        customers.check_above(customer.customer_id, await _line_above(desk, parent.customer_id))
    state, events = customers.create_customer(customer, desk.now())
    if policy != "allow":
        try:
            check_new(customer, policy, await candidates(desk.store, customer, refused_by(customer, policy)))
        except Refused:
            # What a retry finds there may be what the first try made.
            if again := await desk.store.customers.made_before(asks.by):
                return again
            raise
    return await desk.store.customers.create(customer.customer_id, state, events, at=state.created_at, by=asks.by)


async def revise(
    desk: Desk, asks: Asks, customer_id: str, told: Told, values: Mapping[str, object], reason: str | None
) -> Saved[Customer]:
    """Correct what is known of a customer."""
    return await change(desk, asks, customer_id, told, partial(customers.revise, values=values, reason=reason))


async def tag(
    desk: Desk, asks: Asks, customer_id: str, told: Told, add: Sequence[str], remove: Sequence[str]
) -> Saved[Customer]:
    """Put tags on a customer and take others off."""
    return await change(desk, asks, customer_id, told, partial(customers.tag, add=add, remove=remove))


async def place_in_group(
    desk: Desk, asks: Asks, customer_id: str, told: Told, parent_customer_id: str | None, reason: str | None
) -> Saved[Customer]:
    """Make a customer a subsidiary of another one the caller knows, or nobody's.

    Two such moves at once could close a circle that neither sees: whoever finds one after his write takes it back.
    """
    ancestors: list[str] = []
    if parent_customer_id is not None:
        await known_customer(desk, asks, parent_customer_id, field="/parent_customer_id")
        ancestors = await _line_above(desk, parent_customer_id)
    decide = partial(
        customers.place_in_group, parent_customer_id=parent_customer_id, ancestors=ancestors, reason=reason
    )
    before = await read_row(desk.store.customers, asks.caller, customer_id)
    saved = await change(desk, asks, customer_id, told, decide)
    if not saved.replayed and customer_id in await _line_above(desk, parent_customer_id):
        back = partial(customers.place_in_group, parent_customer_id=before.state.parent_customer_id, reason="cycle")
        await change(desk, asks, customer_id, Told(saved.version), back, again=True)
        raise Conflict("customer", customer_id, saved.version + 1)
    return saved


async def grade(
    desk: Desk,
    asks: Asks,
    customer_id: str,
    told: Told,
    to_grade: Grade,
    reason: str | None,
    holds_until_on: date | None = None,
) -> Saved[Customer]:
    """Say by hand how important a customer is from now on."""
    decide = partial(grading.grade, to_grade=to_grade, reason=reason, holds_until_on=holds_until_on)
    return await change(desk, asks, customer_id, told, decide)


async def change_owner(
    desk: Desk, asks: Asks, customer_id: str, told: Told, owner_id: str, reason: str | None
) -> Saved[Customer]:
    """Give a customer to another member, one the caller may act for."""
    owner = await desk.members.acting(asks.caller, owner_id, field="/owner_id")
    decide = partial(ownership.change_owner, owner_id=owner.member_id, team_id=owner.team_id, reason=reason)
    return await change(desk, asks, customer_id, told, decide)


async def hand_over(
    desk: Desk, asks: Asks, customer_ids: Sequence[str], owner_id: str, reason: str | None
) -> tuple[list[str], list[tuple[str, Problem]]]:
    """Give several customers to another member at once, each with its own event.

    What he has already is left alone, so a request that broke off is simply sent again.

    Returns:
        Whose owner he is now, and who could not be given, with the reason.

    Raises:
        Forbidden: the caller may not act for that member.
        Refused: there is no such member, or he has left.
    """
    owner = await desk.members.acting(asks.caller, owner_id, field="/owner_id")
    decide = partial(ownership.change_owner, owner_id=owner.member_id, team_id=owner.team_id, reason=reason)
    given: list[str] = []
    refused: list[tuple[str, Problem]] = []
    for customer_id in dict.fromkeys(customer_ids):
        # Each one is an attempt of its own: the key of the request would be spent by the first.
        own = replace(asks, by=replace(asks.by, attempt=None))
        try:
            found = await read_row(desk.store.customers, asks.caller, customer_id)
            if found.state.owner_id != owner.member_id:
                await change(desk, own, customer_id, Told(found.version), decide)
            given.append(customer_id)
        except (NotFound, Forbidden, Conflict, Refused) as problem:
            refused.append((customer_id, problem))
    return given, refused


async def share(
    desk: Desk,
    asks: Asks,
    customer_id: str,
    told: Told,
    co_owner_ids: Sequence[str] | None,
    group_ids: Sequence[str] | None,
    reason: str | None,
) -> Saved[Customer]:
    """Say who sees and changes a customer beside its owner: members of any team, work groups."""
    for place, member_id in enumerate(co_owner_ids or ()):
        await desk.members.working(member_id, field=f"/co_owner_ids/{place}")
    decide = partial(ownership.share, co_owner_ids=co_owner_ids, group_ids=group_ids, reason=reason)
    return await change(desk, asks, customer_id, told, decide)


async def known_customer(desk: Desk, asks: Asks, customer_id: str, *, field: str) -> Customer:
    """A customer another object is to name: one that stands on its own.

    Raises:
        Refused: there is none in the caller's row scope, or it went into another one.
    """
    try:
        found = (await read_row(desk.store.customers, asks.caller, customer_id)).state
    except NotFound as unknown:
        raise Refused("unknown-customer", unknown.detail, field=field) from unknown
    if found.merged_into is not None:
        raise Refused("merged", f"This customer went into {found.merged_into!r}; name that one.", field=field)
    return found


async def change(
    desk: Desk,
    asks: Asks,
    customer_id: str,
    told: Told,
    decide: Decide[Customer],
    *,
    again: bool = False,
) -> Saved[Customer]:
    """Change one customer by a rule of the domain.

    Args:
        desk: where.
        asks: who wants it, in which attempt.
        customer_id: which.
        told: the version seen, and when it happened.
        decide: the rule.
        again: a second step of one request, which its idempotency key is not asked for.
    """
    rows = desk.store.customers
    if again:
        found = await rows.get(customer_id)
        if found.version != told.version:
            raise Conflict(rows.noun, customer_id, found.version)
    else:
        found = await row_to_change(rows, asks, customer_id, told.version)
    return await move_found(rows, desk.members, asks, found, told.at, desk.now(), customers.standing(decide))


async def _line_above(desk: Desk, customer_id: str | None) -> list[str]:
    """A customer and all above it, nearest first; a circle ends where it closes."""
    line: list[str] = []
    while customer_id is not None and customer_id not in line and len(line) <= MOST_GENERATIONS + 1:
        line.append(customer_id)
        try:
            customer_id = (await desk.store.customers.get(customer_id)).state.parent_customer_id
        except NotFound:
            customer_id = None  # an outside system named a parent it has not told of yet
    return line
