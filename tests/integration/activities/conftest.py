"""Visits, follow-ups and complaints on the real store and the real broker."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from backbone.settings import Settings
from backbone.testing import separate
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, serving


@pytest.fixture(scope="package")
def settings(kafka: str, mongo: str) -> Settings:
    """One name space for the modules here: they share the services."""
    return separate(kafka, mongo)


@pytest.fixture(scope="package")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "activities"]) as running:
        yield running


@pytest.fixture(scope="package")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def activities(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["activities"].client(None) as client:
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "activities", "complaints") as heard:
        yield heard
