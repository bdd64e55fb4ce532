"""Visits, plans, routes, attendance, reports and visit frequency, on the real broker and store."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from backbone.service import opened
from backbone.settings import Settings
from backbone.testing import separate
from services.activities.desk import Desk
from services.activities.field_store import FieldStore
from services.activities.settings import ComplaintSettings, FieldSettings
from services.activities.sites import Sites
from services.activities.store import Store
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, serving


@pytest.fixture(scope="package")
def settings(kafka: str, mongo: str) -> Settings:
    """One name space for the modules here: they share the services."""
    return separate(kafka, mongo)


@pytest.fixture(scope="package")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    names = ["directory", "customers", "activities"]
    with serving(settings, tmp_path_factory.mktemp("logs"), names) as running:
        yield running


@pytest.fixture(scope="package")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def field(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["activities"].client(None) as client:
        yield client


@pytest.fixture
async def customers(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["customers"].client(None) as client:
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "activities") as heard:
        yield heard


@pytest.fixture
async def desk(services: dict[str, Service]) -> AsyncIterator[Desk]:
    """The desk of the service, in this process: for what only time can bring about."""
    settings = services["activities"].settings
    async with opened("activities", settings) as backbone:
        yield Desk(
            store=Store(backbone),
            field=FieldStore(backbone),
            members=backbone.members,
            siblings=backbone.siblings,
            sites=Sites(backbone.siblings),
            now=lambda: datetime.now(UTC),
            zone=settings.zone,
            complaint_settings=ComplaintSettings(),
            field_settings=FieldSettings(),
        )
