import json
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest import mock

import httpx
import pytest

from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from tests.serving import Service, serving


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    quota = {"DRUMBEAT_GATEWAY_EVENTS_PER_SECOND": "1", "DRUMBEAT_GATEWAY_BURST_EVENTS": "10"}
    with (
        mock.patch.dict(os.environ, quota),
        serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "gateway"]) as running,
    ):
        yield running


@pytest.fixture
async def gateway(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["gateway"].client() as client:
        yield client


def reports(source: str, count: int) -> list[dict[str, Any]]:
    return [
        {
            "specversion": "1.0",
            "id": new_event_id(),
            "source": source,
            "type": "report-filed",
            "time": "2026-01-05T09:30:00+08:00",
            "data": {
                "report_id": new_event_id(),
                "member_id": "li",
                "owner_id": None,
                "kind": "daily",
                "from_on": "2026-01-05",
                "to_on": "2026-01-05",
            },
        }
        for _ in range(count)
    ]


async def test_a_source_over_its_quota_is_told_when_to_come_back_and_others_pass(gateway: httpx.AsyncClient) -> None:
    async def post(events: list[dict[str, Any]]) -> httpx.Response:
        return await gateway.post("/events", json=events)

    first = await post(reports("urn:loud", 10))
    refused = await post([*reports("urn:loud", 9), *reports("urn:quiet", 1)])
    other = await post(reports("urn:quiet", 10))

    assert (first.status_code, refused.status_code, other.status_code) == (200, 429, 200)
    assert 1 <= int(refused.headers["retry-after"]) <= 9
    assert "over its quota" in json.loads(refused.text)["detail"]
