"""Complaints on the real store and the real broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from backbone import failpoints
from backbone.settings import Settings
from tests.integration.complaints.asked import Cut
from tests.serving import ADMIN_KEY, Service, bearer, serving
from tests.sharing import asking, hearing, people, settings

__all__ = ["people", "settings"]

activities = asking("activities")
log = hearing("complaints")


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
