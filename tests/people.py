"""A small sales force in the directory, for tests of the services that ask who somebody is.

company
 +- north: Li (rep), Mei (rep), led by Chen (manager)
 +- south: Wang (rep)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from backbone.contract.ids import new_event_id
from tests.serving import ADMIN_KEY, Service, bearer


@dataclass(frozen=True)
class People:
    """Who there is: ids and the headers of their keys, by their names in lower case."""

    ids: Mapping[str, str]
    teams: Mapping[str, str]
    keys: Mapping[str, Mapping[str, str]]

    def as_(self, name: str, *, once: str | None = None) -> dict[str, str]:
        """Headers of a request of this person; `once` is its idempotency key, a fresh one by default."""
        return {**self.keys[name], "Idempotency-Key": once or new_event_id()}


def gather(directory: Service) -> People:
    """Take the sales force in and make a key for each, and one for a viewer, a clock and a publisher.

    Raises:
        AssertionError: the directory refused something.
    """
    with httpx.Client(base_url=directory.url, headers=bearer(ADMIN_KEY), timeout=30, trust_env=False) as client:

        def make(path: str, **body: Any) -> dict[str, Any]:
            answer = client.post(path, json=body)
            assert answer.status_code == 201, answer.text
            made: dict[str, Any] = answer.json()
            return made

        company = make("/teams", name="Company")["team_id"]
        teams = {name: make("/teams", name=name, parent_id=company)["team_id"] for name in ("north", "south")}
        force = {
            "li": ("rep", "north"),
            "mei": ("rep", "north"),
            "chen": ("manager", "north"),
            "wang": ("rep", "south"),
        }
        ids = {
            name: make("/members", name=name.title(), role=role, team_id=teams[team])["member_id"]
            for name, (role, team) in force.items()
        }
        keys = {
            name: bearer(make("/keys", role=role, member_id=ids[name], label=name)["key"])
            for name, (role, _) in force.items()
        }
        for role in ("viewer", "clock", "publisher"):
            keys[role] = bearer(make("/keys", role=role, label=role)["key"])
    return People(ids, teams, {**keys, "admin": bearer(ADMIN_KEY)})
