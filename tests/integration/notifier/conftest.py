"""Subscriptions, their deliveries and replays, with the real broker, store and directory and a receiver of our own."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from backbone.broker import Publisher
from backbone.settings import Settings
from tests.receiving import Receiver, receiving
from tests.serving import Service, serving
from tests.sharing import settings

__all__ = ["settings"]


@pytest.fixture(scope="package")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DRUMBEAT_NOTIFIER_ALLOW_NETWORKS", "127.0.0.1/32")
        environment.setenv("DRUMBEAT_NOTIFIER_TIMEOUT_SECONDS", "2")
        environment.setenv("DRUMBEAT_NOTIFIER_RETRY_SECONDS", "0.5,0.5,0.5")
        with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "notifier"]) as services:
            yield services


@pytest.fixture
async def notifier(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["notifier"].client() as client:
        yield client


@pytest.fixture
async def directory(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["directory"].client() as client:
        yield client


@pytest.fixture
async def publisher(services: dict[str, Service]) -> AsyncIterator[Publisher]:
    publisher = Publisher(services["notifier"].settings)
    yield publisher
    await publisher.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver
