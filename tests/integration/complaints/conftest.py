"""Complaints on the real store and the real broker."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from backbone import failpoints
from backbone.settings import Settings
from backbone.testing import separate
from tests.integration.complaints.asked import Cut
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import ADMIN_KEY, Service, bearer, serving


@pytest.fixture(scope="package")
def settings(kafka: str, mongo: str) -> Settings:
    """One name space for the modules here: they share the services."""
    return separate(kafka, mongo)


@pytest.fixture(scope="package")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Cut:
    return Cut(tmp_path_factory.mktemp("points") / "next")


@pytest.fixture(scope="package")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory, cut: Cut) -> Iterator[dict[str, Service]]:
    with pytest.MonkeyPatch.context() as environment, _served(settings, tmp_path_factory, environment, cut) as running:
        yield running


@contextmanager
def _served(
    settings: Settings, folders: pytest.TempPathFactory, environment: pytest.MonkeyPatch, cut: Cut
) -> Iterator[dict[str, Service]]:
    environment.setenv(failpoints.VARIABLE, f"@{cut.file}")
    with serving(settings, folders.mktemp("logs"), ["directory", "activities"]) as running:
        yield running


@pytest.fixture(scope="package")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture(scope="package")
def desk_team(services: dict[str, Service]) -> dict[str, Any]:
    """A team of two with the role `service`, and one of them who has left."""
    with httpx.Client(base_url=services["directory"].url, headers=bearer(ADMIN_KEY), timeout=30) as client:

        def make(path: str, **body: Any) -> dict[str, Any]:
            answer = client.post(path, json=body)
            assert answer.status_code == 201, answer.text
            made: dict[str, Any] = answer.json()
            return made

        team_id = make("/teams", name="Service")["team_id"]
        empty_id = make("/teams", name="Nobody yet")["team_id"]
        ids = [make("/members", name=name, role="service", team_id=team_id)["member_id"] for name in ("Ada", "Bea")]
        key = make("/keys", role="service", member_id=ids[0], label="ada")["key"]
    return {"team_id": team_id, "empty_id": empty_id, "ids": sorted(ids), "ada": ids[0], "key": bearer(key)}


@pytest.fixture
async def activities(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["activities"].client(None) as client:
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "complaints") as heard:
        yield heard
