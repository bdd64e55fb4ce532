"""What tests of segments and merges ask and tell."""

from datetime import UTC, datetime
from typing import Any

import httpx

from backbone.broker import Publisher
from backbone.contract.envelope import EventData, seal
from backbone.settings import Settings
from tests.conversation import tell
from tests.people import People

NOW = datetime.now(UTC).replace(microsecond=0)


async def read(client: httpx.AsyncClient, people: People, id_: str, who: str = "admin") -> dict[str, Any]:
    row: dict[str, Any] = (await client.get(f"/customers/{id_}", headers=people.as_(who))).json()
    return row


async def publish(settings: Settings, *told: tuple[EventData, datetime]) -> None:
    """Tell of events of an outside system, each with its time."""
    publisher = Publisher(settings)
    await tell(publisher, *(seal(data, source="urn:crm", time=at) for data, at in told))
    await publisher.close()
