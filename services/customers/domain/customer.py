"""A customer: who owns it, how important it is, whom we know there."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from backbone.audit import personal
from backbone.contract.customers import (
    ContactAdded,
    ContactRemoved,
    CustomerCreated,
    CustomerGraded,
    CustomerOwnerChanged,
)
from backbone.contract.envelope import EventData
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused

Grade = Literal["A", "B", "C"]

MOST_CONTACTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person at a customer's. Personal data: it stays in this service, and no event carries it."""

    contact_id: str
    name: str = field(metadata=personal)
    role: str | None = None
    phone: str | None = field(default=None, metadata=personal)
    mail: str | None = field(default=None, metadata=personal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer as it stands; `graded_since` and `owned_since` tell when its grade and its ownership began."""

    customer_id: str
    name: str
    owner_id: str
    team_id: str | None
    grade: Grade | None = None
    channel: str | None = None
    territory: str | None = None
    industry: str | None = None
    lead_id: str | None = None
    parent_customer_id: str | None = None
    created_at: datetime
    graded_since: datetime
    owned_since: datetime
    recorded_at: datetime
    contacts: tuple[Contact, ...] = ()


Decided = tuple[Customer, list[EventData]]


def create_customer(customer: Customer, now: datetime) -> Decided:
    """Enter a customer.

    Raises:
        Refused: it lies in the future.
    """
    check_happened(customer.created_at, now, field="/created_at")
    return customer, [
        CustomerCreated(
            customer_id=customer.customer_id,
            owner_id=customer.owner_id,
            team_id=customer.team_id,
            lead_id=customer.lead_id,
            parent_customer_id=customer.parent_customer_id,
            channel=customer.channel,
            grade=customer.grade,
            territory=customer.territory,
            industry=customer.industry,
        )
    ]


def grade(customer: Customer, at: datetime, now: datetime, *, to_grade: Grade, reason: str | None = None) -> Decided:
    """Say how important a customer is from now on.

    Raises:
        Refused: it has this grade, or `at` does not lie between the last grading and now.
    """
    check_happened(at, now)
    check_not_before(at, customer.graded_since, "it was graded last")
    if customer.grade == to_grade:
        raise Refused("graded-before", f"This customer has grade {to_grade} already.", field="/grade")
    return replace(customer, grade=to_grade, graded_since=at), [
        CustomerGraded(
            customer_id=customer.customer_id,
            owner_id=customer.owner_id,
            team_id=customer.team_id,
            from_grade=customer.grade,
            to_grade=to_grade,
            reason=reason,
        )
    ]


def change_owner(
    customer: Customer, at: datetime, now: datetime, *, owner_id: str, team_id: str | None, reason: str | None = None
) -> Decided:
    """Give a customer to another member.

    Args:
        customer: as it stands.
        at: when it went over.
        now: the present instant.
        owner_id: who has it from now on.
        team_id: his team at that moment.
        reason: why, as a code.

    Raises:
        Refused: he has it already, or `at` does not lie between the last change and now.
    """
    check_happened(at, now)
    check_not_before(at, customer.owned_since, "it was given to its present owner")
    if owner_id == customer.owner_id:
        raise Refused("owned-before", f"Member {owner_id!r} has this customer already.", field="/owner_id")
    return replace(customer, owner_id=owner_id, team_id=team_id, owned_since=at), [
        CustomerOwnerChanged(
            customer_id=customer.customer_id,
            owner_id=owner_id,
            team_id=team_id,
            from_owner_id=customer.owner_id,
            from_team_id=customer.team_id,
            reason=reason,
        )
    ]


def add_contact(customer: Customer, at: datetime, now: datetime, *, contact: Contact) -> Decided:
    """Note a person at a customer's; the event names neither him nor how to reach him.

    Raises:
        Refused: the customer has as many contacts as it may have.
    """
    check_happened(at, now)
    if len(customer.contacts) >= MOST_CONTACTS:
        raise Refused("too-many-contacts", f"A customer has {MOST_CONTACTS} contacts at most; remove one first.")
    return replace(customer, contacts=(*customer.contacts, contact)), [
        ContactAdded(
            customer_id=customer.customer_id,
            owner_id=customer.owner_id,
            team_id=customer.team_id,
            contact_id=contact.contact_id,
            role=contact.role,
        )
    ]


def remove_contact(
    customer: Customer, at: datetime, now: datetime, *, contact_id: str, reason: str | None = None
) -> Decided:
    """Forget a person at a customer's: nothing of him stays.

    Raises:
        Refused: the customer has no such contact.
    """
    check_happened(at, now)
    kept = tuple(contact for contact in customer.contacts if contact.contact_id != contact_id)
    if len(kept) == len(customer.contacts):
        raise Refused("unknown-contact", f"This customer has no contact {contact_id!r}.")
    return replace(customer, contacts=kept), [
        ContactRemoved(
            customer_id=customer.customer_id,
            owner_id=customer.owner_id,
            team_id=customer.team_id,
            contact_id=contact_id,
            reason=reason,
        )
    ]
