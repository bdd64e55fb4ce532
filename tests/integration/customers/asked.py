"""What tests of customers and deals ask."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.conversation import posted
from tests.people import People

NOW = datetime.now(UTC).replace(microsecond=0)
LAST_WEEK = NOW - timedelta(days=7)
Sent = dict[str, Any]


async def customer_of(client: httpx.AsyncClient, people: People, who: str, **body: Any) -> str:
    made = await posted(client, "/customers", people.as_(who), **{"name": "Hefei Pumps", **body})
    return str(made["customer_id"])


async def deal_of(client: httpx.AsyncClient, people: People, who: str, **body: Any) -> str:
    customer_id = await customer_of(client, people, who)
    wanted = {"customer_id": customer_id, "amount": 500_000, **body}
    return str((await posted(client, "/deals", people.as_(who), **wanted))["deal_id"])
