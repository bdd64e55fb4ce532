"""Fixtures of a folder of tests whose modules share one set of services: its conftest takes them from here."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from backbone.settings import Settings
from backbone.testing import separate
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, serving

Fixture = Callable[..., Any]


@pytest.fixture(scope="package")
def settings(kafka: str, mongo: str) -> Settings:
    """One name space for the modules of a folder: they share the services."""
    return separate(kafka, mongo)


@pytest.fixture(scope="package")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


def served(*names: str) -> Fixture:
    """The fixture `services`: these, for all modules of the folder."""

    @pytest.fixture(scope="package")
    def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
        with serving(settings, tmp_path_factory.mktemp("logs"), names) as running:
            yield running

    return services


def asking(service: str) -> Fixture:
    """A fixture: a client of one of the services, which shows no key by itself."""

    @pytest.fixture
    async def client(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
        async with services[service].client(None) as opened:
            yield opened

    return client


def hearing(*topics: str) -> Fixture:
    """A fixture: what is said on these topics from now on."""

    @pytest.fixture
    async def log(settings: Settings) -> AsyncIterator[Heard]:
        async with listening(settings, *topics) as heard:
            yield heard

    return log
