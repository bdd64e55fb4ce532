"""What tests of field work ask and read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from backbone.contract.ids import new_event_id
from backbone.testing import eventually
from tests.conversation import posted
from tests.listening import Heard
from tests.people import People

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(days=1)


async def customer_of(customers: httpx.AsyncClient, people: People, name: str, **body: Any) -> str:
    made = await posted(customers, "/customers", people.as_(name), name=f"Firm {new_event_id()}", **body)
    return str(made["customer_id"])


async def read(client: httpx.AsyncClient, path: str, people: People, name: str, **asked: Any) -> dict[str, Any]:
    answer = await client.get(path, params=asked, headers=people.as_(name))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def told_of(log: Heard, subject: str, count: int) -> list[type]:
    """Kinds of the events of a subject, each once: two relays at work may publish one twice under its id."""

    async def ask() -> dict[str, type]:
        return {one.id: type(one.data) for one in log if one.subject == subject}

    return list((await eventually(ask, lambda found: len(found) >= count)).values())
