"""What tests of activities ask."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.conversation import posted
from tests.people import People

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(days=1)


async def complaint_of(client: httpx.AsyncClient, people: People, name: str, **body: Any) -> dict[str, Any]:
    wanted = {"customer_id": "customer-1", "channel": "phone", **body}
    return await posted(client, "/complaints", people.as_(name), **wanted)
