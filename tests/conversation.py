"""What a test asks of a service, and what it hears of it on the log."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from backbone.broker import Publisher, Record
from backbone.contract.codec import encode
from backbone.contract.envelope import Envelope, EventData
from backbone.testing import eventually
from tests.listening import Heard


async def posted(
    client: httpx.AsyncClient, path: str, headers: Mapping[str, str], status: int = 201, **body: Any
) -> dict[str, Any]:
    """The answer to a request that must be answered with this status.

    Raises:
        AssertionError: it was answered with another one; the answer is shown.
    """
    answer = await client.post(path, json=body, headers=dict(headers))
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def read(client: httpx.AsyncClient, path: str, headers: Mapping[str, str], **asked: Any) -> Any:
    """What is found there.

    Raises:
        AssertionError: it was not; the answer is shown.
    """
    answer = await client.get(path, headers=dict(headers), params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def code(problem: Mapping[str, Any]) -> str:
    """What a problem is called: the last part of its type."""
    return str(problem["type"]).rpartition(":")[2]


async def tell(publisher: Publisher, *events: Envelope) -> None:
    """Put events of an outside system on the log, each on its topic under its key."""
    await publisher.publish_many([Record(e.data.topic, e.partitionkey.encode(), encode(e)) for e in events])


async def said(log: Heard, subject: str, count: int) -> Sequence[EventData]:
    """What was said of one subject, when it is this many events at least.

    Raises:
        AssertionError: there were fewer for too long; they are shown.
    """

    async def ask() -> list[EventData]:
        return log.of(subject)

    return await eventually(ask, lambda found: len(found) >= count)
