"""Visits, plans, routes, attendance, reports and visit frequency, on the real broker and store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from backbone.service import opened
from services.activities.desk import Desk
from services.activities.field_store import FieldStore
from services.activities.settings import ComplaintSettings, FieldSettings
from services.activities.sites import Sites
from services.activities.store import Store
from tests.serving import Service
from tests.sharing import asking, hearing, people, served, settings

__all__ = ["people", "settings"]

field = asking("activities")
customers = asking("customers")
log = hearing("activities")
services = served("directory", "customers", "activities")


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
