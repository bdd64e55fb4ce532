"""What can be done with the people we know at a customer's."""

from collections.abc import Mapping
from functools import partial

from backbone.outbox import Saved
from backbone.problems import Conflict, NotFound
from backbone.rows import Told
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import contacts
from services.customers.domain.contact import Contact
from services.customers.domain.customer import Customer
from services.customers.handlers.customers import change
from services.customers.queries.contacts import holders


async def add_contact(desk: Desk, asks: Asks, customer_id: str, told: Told, contact: Contact) -> Saved[Customer]:
    """Note a person at a customer's."""
    return await change(desk, asks, customer_id, told, partial(contacts.add_contact, contact=contact))


async def revise_contact(
    desk: Desk, asks: Asks, customer_id: str, told: Told, contact_id: str, values: Mapping[str, object]
) -> Saved[Customer]:
    """Correct what is known of a person."""
    decide = partial(contacts.revise_contact, contact_id=contact_id, values=values)
    return await change(desk, asks, customer_id, told, decide)


async def remove_contact(
    desk: Desk, asks: Asks, customer_id: str, told: Told, contact_id: str, reason: str | None
) -> Saved[Customer]:
    """Forget a person at a customer's."""
    decide = partial(contacts.remove_contact, contact_id=contact_id, reason=reason)
    return await change(desk, asks, customer_id, told, decide)


async def erase_person(
    desk: Desk, asks: Asks, *, contact_id: str | None, phone: str | None, mail: str | None
) -> list[tuple[str, str]]:
    """Forget a person wherever we know him, because he asks for it; the log needs no change.

    What was erased stays erased when it is asked again, so a request that broke off is simply sent anew.

    Args:
        desk: where.
        asks: who wants it; only customers in his row scope are looked at.
        contact_id: the contact, if it is known.
        phone: how he is reached, in any spelling.
        mail: the same.

    Returns:
        Customer and contact of each one that was erased now.
    """
    erased: list[tuple[str, str]] = []
    for customer_id, found_ids in await holders(desk.store, asks.caller, contact_id=contact_id, phone=phone, mail=mail):
        erased += [(customer_id, one) for one in found_ids if await _erase(desk, asks, customer_id, one)]
    return erased


async def _erase(desk: Desk, asks: Asks, customer_id: str, contact_id: str) -> bool:
    while True:
        found = await desk.store.customers.get(customer_id)
        now = desk.now()
        if not any(contact.contact_id == contact_id for contact in found.state.contacts):
            return False
        state, events = contacts.remove_contact(found.state, now, now, contact_id=contact_id, reason=contacts.ERASED)
        try:
            await desk.store.customers.change(found, state, events, at=now, by=asks.by)
        except Conflict:
            continue  # somebody was faster: erase from what he left
        except NotFound:
            return False
        return True
