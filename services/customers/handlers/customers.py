"""What can be done with a customer and the people we know there.

Every change raises NotFound for a customer outside the caller's row scope,
Conflict when it has another version by now, and Refused where
`domain.customer` says no.
"""

from functools import partial

from backbone.outbox import Saved
from backbone.problems import NotFound, Refused
from backbone.rows import Decide, Told, move_row, read_row
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import customer as customers
from services.customers.domain.customer import Contact, Customer, Grade


async def create_customer(desk: Desk, asks: Asks, customer: Customer) -> Saved[Customer]:
    """Enter a customer."""
    if customer.parent_customer_id is not None:
        await known_customer(desk, asks, customer.parent_customer_id, field="/parent_customer_id")
    state, events = customers.create_customer(customer, desk.now())
    return await desk.store.customers.create(customer.customer_id, state, events, at=state.created_at, by=asks.by)


async def grade(
    desk: Desk, asks: Asks, customer_id: str, told: Told, to_grade: Grade, reason: str | None
) -> Saved[Customer]:
    """Say how important a customer is from now on."""
    return await _move(desk, asks, customer_id, told, partial(customers.grade, to_grade=to_grade, reason=reason))


async def change_owner(
    desk: Desk, asks: Asks, customer_id: str, told: Told, owner_id: str, reason: str | None
) -> Saved[Customer]:
    """Give a customer to another member, one the caller may act for."""
    owner = await desk.members.acting(asks.caller, owner_id, field="/owner_id")
    decide = partial(customers.change_owner, owner_id=owner.member_id, team_id=owner.team_id, reason=reason)
    return await _move(desk, asks, customer_id, told, decide)


async def add_contact(desk: Desk, asks: Asks, customer_id: str, told: Told, contact: Contact) -> Saved[Customer]:
    """Note a person at a customer's."""
    return await _move(desk, asks, customer_id, told, partial(customers.add_contact, contact=contact))


async def remove_contact(
    desk: Desk, asks: Asks, customer_id: str, told: Told, contact_id: str, reason: str | None
) -> Saved[Customer]:
    """Forget a person at a customer's."""
    decide = partial(customers.remove_contact, contact_id=contact_id, reason=reason)
    return await _move(desk, asks, customer_id, told, decide)


async def known_customer(desk: Desk, asks: Asks, customer_id: str, *, field: str) -> Customer:
    """A customer another object is to name.

    Raises:
        Refused: there is none in the caller's row scope.
    """
    try:
        return (await read_row(desk.store.customers, asks.caller, customer_id)).state
    except NotFound as unknown:
        raise Refused("unknown-customer", unknown.detail, field=field) from unknown


async def _move(desk: Desk, asks: Asks, customer_id: str, told: Told, decide: Decide[Customer]) -> Saved[Customer]:
    return await move_row(desk.store.customers, desk.members, asks, customer_id, told, desk.now(), decide)
