"""What tests of segments and merges ask and tell."""

from datetime import UTC, datetime
from typing import Any

import httpx

from backbone.broker import Publisher, Record
from backbone.contract.codec import encode
from backbone.contract.envelope import EventData, seal
from backbone.settings import Settings
from tests.conversation import posted
from tests.people import People

NOW = datetime.now(UTC).replace(microsecond=0)


async def entered(client: httpx.AsyncClient, people: People, who: str, name: str, **body: Any) -> str:
    return str((await posted(client, "/customers", people.as_(who), name=name, **body))["customer_id"])


async def read(client: httpx.AsyncClient, people: People, id_: str, who: str = "admin") -> dict[str, Any]:
    row: dict[str, Any] = (await client.get(f"/customers/{id_}", headers=people.as_(who))).json()
    return row


async def publish(settings: Settings, *said_: tuple[EventData, datetime]) -> None:
    publisher = Publisher(settings)
    sealed = [seal(data, source="urn:crm", time=at) for data, at in said_]
    await publisher.publish_many([Record(one.data.topic, one.partitionkey.encode(), encode(one)) for one in sealed])
    await publisher.close()
