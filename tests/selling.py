"""Customers and deals as somebody enters them through the API."""

from typing import Any

import httpx

from backbone.contract.ids import new_event_id
from tests.conversation import posted
from tests.people import People


async def customer_of(customers: httpx.AsyncClient, people: People, who: str, **body: Any) -> str:
    """The id of a new customer of somebody's, of a name nobody else has unless one is given."""
    wanted = {"name": f"Works {new_event_id()}", **body}
    return str((await posted(customers, "/customers", people.as_(who), **wanted))["customer_id"])


async def deal_of(customers: httpx.AsyncClient, people: People, who: str = "li", **body: Any) -> dict[str, Any]:
    """A new deal of somebody's with a customer of his own."""
    wanted = {"customer_id": await customer_of(customers, people, who), "amount": 500_000, **body}
    return await posted(customers, "/deals", people.as_(who), **wanted)
