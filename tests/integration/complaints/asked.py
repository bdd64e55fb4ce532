"""What tests of complaints ask."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from backbone.testing import eventually
from tests.conversation import posted
from tests.people import People
from tests.serving import Service

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(days=1)


class Cut:
    """Where the service shall die next, once; see `backbone.failpoints`."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def at(self, point: str) -> None:
        self.file.write_text(point)

    def happened(self) -> bool:
        return not self.file.exists()


async def opened(client: httpx.AsyncClient, people: People, name: str = "li", **body: Any) -> dict[str, Any]:
    return await posted(client, "/complaints", people.as_(name), **{"customer_id": "c-1", "channel": "phone", **body})


async def moved(
    client: httpx.AsyncClient, people: People, complaint: Mapping[str, Any], move: str, name: str = "li", **body: Any
) -> dict[str, Any]:
    path = f"/complaints/{complaint['complaint_id']}/{move}"
    return await posted(client, path, people.as_(name), 200, version=complaint["version"], **body)


async def rule(client: httpx.AsyncClient, people: People, **body: Any) -> dict[str, Any]:
    return await posted(client, "/assignment-rules", people.as_("admin"), **{"name": "r", "position": 1, **body})


async def policy(client: httpx.AsyncClient, people: People, **body: Any) -> dict[str, Any]:
    return await posted(client, "/policies", people.as_("admin"), name="p", **body)


async def died(services: dict[str, Service], cut: Cut) -> None:
    """Return when the service has died where it was told to, and serves again."""

    async def gone() -> bool:
        return cut.happened()

    await eventually(gone, seconds=30)
    services["activities"].kill()
    services["activities"].launch()
    services["activities"].wait()
