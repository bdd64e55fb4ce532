"""Pipelines that change, and the money behind deals, on the real store and the real log."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from backbone.broker import Publisher
from backbone.settings import Settings
from tests.integration.deals.asked import House
from tests.people import gather
from tests.serving import bearer, serving
from tests.sharing import hearing, settings

__all__ = ["settings"]

log = hearing("deals", "dead-letters")


@pytest.fixture(scope="package")
def house(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "customers"]) as services:
        people = gather(services["directory"])
        admin = people.keys["admin"]
        with httpx.Client(
            base_url=services["directory"].url, headers=dict(admin), timeout=30, trust_env=False
        ) as client:
            made = client.post("/keys", json={"role": "finance", "label": "the bank desk"})
            assert made.status_code == 201, made.text
            yield House(services, people, bearer(made.json()["key"]))


@pytest.fixture
async def customers(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.services["customers"].client(None) as client:
        yield client


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    publisher = Publisher(settings)
    yield publisher
    await publisher.close()
