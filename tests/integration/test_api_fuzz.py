"""Requests nobody would think of, made from each service's own OpenAPI document: none may be answered with a 500.

Half of them name objects that exist, with their present versions, so that they come past the first look-up.
`DRUMBEAT_FUZZ_EXAMPLES` says how many requests each operation gets.
"""

import os
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as examples
from schemathesis.generation import GenerationMode

from backbone.settings import Settings
from tests.people import People, gather
from tests.serving import ADMIN_KEY, Service, bearer, serving

SERVICES: Final = ("directory", "leads", "customers", "activities", "notifier", "analytics", "gateway")
EXAMPLES: Final = int(os.environ.get("DRUMBEAT_FUZZ_EXAMPLES", "3"))
SEED: Final = 20_261_122
REAL_IDS: Final = 0.7
"""Part of the requests that name what exists."""
LOOK_EVERY: Final = 20
STREAMS: Final = frozenset({"/live"})
"""Answered for as long as somebody listens."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), SERVICES) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


class Known:
    """Ids that exist, by the name of the field they stand in, and the version of the object each one names."""

    def __init__(self, service: Service) -> None:
        self._url = service.url
        self.ids: dict[str, list[str]] = defaultdict(list)
        self.versions: dict[str, int] = {}

    def look(self, lists: list[str]) -> None:
        """Note what lists show."""
        for path in lists:
            answer = httpx.get(f"{self._url}{path}", headers=bearer(ADMIN_KEY), timeout=30, trust_env=False)
            if answer.status_code != 200 or not answer.headers["content-type"].startswith("application/json"):
                continue
            told = answer.json()
            for item in told.get("items", []) if isinstance(told, dict) else []:
                self._note(item)

    def _note(self, item: Mapping[str, Any]) -> None:
        for name, value in item.items():
            if name.endswith("_id") and isinstance(value, str):
                self.ids[name].append(value)
                self.versions.setdefault(value, item.get("version", 1))

    def use(self, case: Any, dice: random.Random) -> None:
        """Let a request name what exists."""
        version = None
        for name in case.path_parameters or {}:
            if ids := self.ids.get(name):
                case.path_parameters[name] = dice.choice(ids)
                version = self.versions.get(case.path_parameters[name])
        body = case.body
        if isinstance(body, dict):
            for name in body:
                if (ids := self.ids.get(name)) and isinstance(body[name], str):
                    body[name] = dice.choice(ids)
            if "version" in body and version is not None:
                body["version"] = version


class Fuzz:
    """Requests to one service, and how they were answered."""

    def __init__(self, service: Service, session: requests.Session) -> None:
        self._session = session
        self._dice = random.Random(SEED)
        self.known = Known(service)
        self.statuses: set[int] = set()
        self.broken: list[str] = []

    def ask(self, operation: Any, mode: GenerationMode) -> None:
        """Send an operation many a request."""

        @seed(SEED)
        @examples(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Any) -> None:
            if self._dice.random() < REAL_IDS:
                self.known.use(case, self._dice)
            answer = case.call(session=self._session, timeout=30)
            self.statuses.add(answer.status_code)
            if answer.status_code == 500:
                self.broken.append(case.as_curl_command()[:800])

        send()


@pytest.mark.parametrize("name", SERVICES)
def test_no_request_is_answered_with_a_500(services: dict[str, Service], people: People, name: str) -> None:
    schema = schemathesis.openapi.from_url(f"{services[name].url}/openapi.json")
    operations = [cast("Any", result).ok() for result in schema.get_all_operations()]
    operations = [operation for operation in operations if operation.path not in STREAMS]
    # What makes objects comes first, so that the others find some.
    operations.sort(key=lambda operation: (operation.method != "post" or "{" in operation.path, operation.path))
    lists = [one.path for one in operations if one.method == "get" and "{" not in one.path]

    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(bearer(ADMIN_KEY))
        fuzz = Fuzz(services[name], session)
        for place, operation in enumerate(operations):
            if place % LOOK_EVERY == 0:
                fuzz.known.look(lists)
            fuzz.ask(operation, GenerationMode.POSITIVE)
            if operation.body or operation.query:
                fuzz.ask(operation, GenerationMode.NEGATIVE)

    assert fuzz.broken == [], f"{len(fuzz.broken)} requests were answered with 500:\n" + "\n".join(fuzz.broken[:20])
    assert any(status < 300 for status in fuzz.statuses), fuzz.statuses
