"""The people we know at a customer's: who is added, corrected, forgotten."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from backbone.contract.customers import ContactAdded, ContactRemoved, ContactRevised
from backbone.moments import check_happened
from backbone.problems import Refused
from services.customers.domain.contact import MOST_CONTACTS, Contact
from services.customers.domain.customer import Customer, Decided, whose

ERASED: Final = "erasure"
"""The reason of a contact-removed that a person asked for."""
REVISABLE: Final = frozenset(("name", "role", "phone", "mail", "birthday", "primary"))


def add_contact(customer: Customer, at: datetime, now: datetime, *, contact: Contact) -> Decided:
    """Note a person at a customer's; the event names neither him nor how to reach him.

    The first contact, and one added as such, is the primary one; there is one at most.

    Raises:
        Refused: the customer has as many contacts as it may have, or one of this id.
    """
    check_happened(at, now, field="/at")
    if len(customer.contacts) >= MOST_CONTACTS:
        raise Refused("too-many-contacts", f"A customer has {MOST_CONTACTS} contacts at most; remove one first.")
    if any(known.contact_id == contact.contact_id for known in customer.contacts):
        raise Refused("known-contact", f"This customer has a contact {contact.contact_id!r} already.")
    added = replace(contact, primary=contact.primary or not customer.contacts)
    return replace(customer, contacts=_one_primary((*customer.contacts, added), added)), [
        ContactAdded(**whose(customer), contact_id=contact.contact_id, role=contact.role)
    ]


def revise_contact(
    customer: Customer, at: datetime, now: datetime, *, contact_id: str, values: Mapping[str, object]
) -> Decided:
    """Correct what is known of a person; the event names the fields, not their values.

    Args:
        customer: as it stands.
        at: when it became known.
        now: the present instant.
        contact_id: whom.
        values: by name of a field of `REVISABLE`, what it is from now on; None takes a value off.

    Raises:
        Refused: the customer has no such contact, or nothing is new.
    """
    check_happened(at, now)
    known = contact_of(customer, contact_id)
    if values.keys() - REVISABLE or values.get("name", known.name) is None:
        raise Refused("no-name", "A contact has a name; to forget him, remove the contact.", field="/name")
    revised = replace(known, **values)  # type: ignore[arg-type]  # the body has checked each value's type
    changed = tuple(name for name in sorted(values) if getattr(revised, name) != getattr(known, name))
    if not changed:
        raise Refused("nothing-new", "Give a value that differs from the present one.")
    people = tuple(revised if one.contact_id == contact_id else one for one in customer.contacts)
    return replace(customer, contacts=_one_primary(people, revised)), [
        ContactRevised(**whose(customer), contact_id=contact_id, changed=changed, role=revised.role)
    ]


def remove_contact(
    customer: Customer, at: datetime, now: datetime, *, contact_id: str, reason: str | None = None
) -> Decided:
    """Forget a person at a customer's: nothing of him stays.

    Raises:
        Refused: the customer has no such contact.
    """
    check_happened(at, now)
    contact_of(customer, contact_id)
    kept = tuple(contact for contact in customer.contacts if contact.contact_id != contact_id)
    return replace(customer, contacts=kept), [ContactRemoved(**whose(customer), contact_id=contact_id, reason=reason)]


def contact_of(customer: Customer, contact_id: str) -> Contact:
    """One person of a customer's.

    Raises:
        Refused: the customer has no such contact.
    """
    for known in customer.contacts:
        if known.contact_id == contact_id:
            return known
    raise Refused("unknown-contact", f"This customer has no contact {contact_id!r}.")


def _one_primary(people: tuple[Contact, ...], named: Contact) -> tuple[Contact, ...]:
    if not named.primary:
        return people
    return tuple(replace(one, primary=one.contact_id == named.contact_id) for one in people)
