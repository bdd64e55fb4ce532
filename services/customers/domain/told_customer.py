"""What outside systems tell of a customer: it becomes a customer here, or changes one; pure.

They are believed, as the log has told it already. They name no firm and no person, so a customer and
a contact are called by their ids until somebody corrects that. What comes late changes nothing that
was told or done later: a grade, an owner.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from backbone.contract.customers import (
    ContactAdded,
    ContactRemoved,
    ContactRevised,
    CustomerCreated,
    CustomerEvent,
    CustomerGraded,
    CustomerMerged,
    CustomerOwnerChanged,
    CustomerParentChanged,
    CustomerRevised,
    CustomerShared,
    CustomerTagged,
    CustomerUnmerged,
)
from services.customers.domain.contact import MOST_CONTACTS, Contact
from services.customers.domain.customer import MOST_TAGS, Customer, Ownership
from services.customers.domain.ownership import MOST_OWNERS_KEPT

TOLD: Final = (
    CustomerCreated,
    CustomerGraded,
    CustomerOwnerChanged,
    CustomerRevised,
    CustomerTagged,
    CustomerParentChanged,
    CustomerShared,
    CustomerMerged,
    CustomerUnmerged,
    ContactAdded,
    ContactRevised,
    ContactRemoved,
)


def told_customer(known: Customer | None, said: CustomerEvent, at: datetime, now: datetime) -> Customer:
    """The customer after what an outside system says of it.

    Args:
        known: as it stands; None = nobody here heard of it.
        said: the event.
        at: when it happened, UTC.
        now: the present instant.
    """
    customer = known or _begun(said, at, now)
    match said:
        case CustomerGraded() if at >= customer.graded_since:
            return replace(
                customer,
                grade=said.to_grade,
                graded_by=said.graded_by or "hand",
                grade_reason=said.reason,
                grade_holds_until_on=said.holds_until_on,
                graded_since=at,
            )
        case CustomerOwnerChanged() if at >= customer.owned_since and said.owner_id != customer.owner_id:
            return _given(customer, said, at)
        case CustomerMerged():
            return replace(customer, merged_into=said.into_customer_id, merged_at=at)
        case CustomerUnmerged():
            return replace(customer, merged_into=None, merged_at=None)
        case ContactAdded() | ContactRevised() | ContactRemoved():
            return _with_contact(customer, said)
        case _:
            return _revised(customer, said)


def _begun(said: CustomerEvent, at: datetime, now: datetime) -> Customer:
    created = said if isinstance(said, CustomerCreated) else None
    return Customer(
        customer_id=said.customer_id,
        name=said.customer_id,
        owner_id=said.owner_id,
        team_id=said.team_id,
        grade=created.grade if created else None,
        channel=created.channel if created else None,
        territory=created.territory if created else None,
        industry=created.industry if created else None,
        lead_id=created.lead_id if created else None,
        parent_customer_id=created.parent_customer_id if created else None,
        created_at=at,
        graded_since=at,
        owned_since=at,
        recorded_at=now,
    )


def _given(customer: Customer, said: CustomerOwnerChanged, at: datetime) -> Customer:
    past = Ownership(
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        from_at=customer.owned_since,
        to_at=at,
        reason=said.reason,
    )
    return replace(
        customer,
        owner_id=said.owner_id,
        team_id=said.team_id,
        owned_since=at,
        owned_before=(*customer.owned_before, past)[-MOST_OWNERS_KEPT:],
    )


def _revised(customer: Customer, said: CustomerEvent) -> Customer:
    match said:
        case CustomerRevised():
            told = {name: getattr(said, name) for name in ("territory", "industry") if name in said.changed}
            return replace(customer, **told)
        case CustomerTagged():
            kept = sorted(set(customer.tags).difference(said.removed).union(said.added))
            return replace(customer, tags=tuple(kept[:MOST_TAGS]))
        case CustomerParentChanged() if said.parent_customer_id != customer.customer_id:
            return replace(customer, parent_customer_id=said.parent_customer_id, parents_before=())
        case CustomerShared():
            return replace(customer, co_owner_ids=said.co_owner_ids, group_ids=(*said.group_ids, *said.co_owner_ids))
        case _:
            return customer


def _with_contact(customer: Customer, said: ContactAdded | ContactRevised | ContactRemoved) -> Customer:
    others = tuple(contact for contact in customer.contacts if contact.contact_id != said.contact_id)
    known = next((contact for contact in customer.contacts if contact.contact_id == said.contact_id), None)
    if isinstance(said, ContactRemoved):
        return replace(customer, contacts=others)
    if known is not None:
        roles = isinstance(said, ContactAdded) or "role" in said.changed
        people = (replace(one, role=said.role) if one is known and roles else one for one in customer.contacts)
        return replace(customer, contacts=tuple(people))
    if len(others) >= MOST_CONTACTS:
        return customer
    named = Contact(contact_id=said.contact_id, name=said.contact_id, role=said.role, primary=not customer.contacts)
    return replace(customer, contacts=(*others, named))
