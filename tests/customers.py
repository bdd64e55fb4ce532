"""Customers for tests: whoever a test needs, with only the fields that matter to it."""

from datetime import UTC, datetime
from typing import Any

from services.customers.domain.contact import Contact
from services.customers.domain.customer import Customer

CREATED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def customer(customer_id: str = "customer-1", **fields: Any) -> Customer:
    """A customer of Li's in the north."""
    usual: dict[str, Any] = {"name": "Hefei Pumps", "owner_id": "li", "team_id": "north", "created_at": CREATED}
    since = fields.get("created_at", CREATED)
    times = {"graded_since": since, "owned_since": since, "recorded_at": since}
    return Customer(customer_id=customer_id, **{**usual, **times, **fields})


def contact(contact_id: str = "contact-1", **fields: Any) -> Contact:
    """A person at a customer's."""
    return Contact(contact_id=contact_id, **{"name": "Ann Zhao", **fields})
