"""A browser on the running platform, as end-to-end tests use it: what they post, and what the browser reports."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from playwright.sync_api import Page

from backbone.contract.ids import new_event_id
from deploy.local.stack import Stack
from tests.serving import bearer

PATIENCE_MS: Final = 15_000
"""How long a test waits for what ought to come within a second on a machine with nothing else to do."""


@dataclass(frozen=True)
class Platform:
    """A running platform: its one address, the first admin key, the stack behind it."""

    url: str
    admin_key: str
    stack: Stack

    def post(self, path: str, body: object, key: str | None = None) -> dict[str, Any]:
        """What the platform answers; the admin asks unless a key is given.

        Raises:
            AssertionError: it refused.
        """
        headers = {**bearer(key or self.admin_key), "Idempotency-Key": new_event_id()}
        answer = httpx.post(f"{self.url}{path}", json=body, headers=headers, timeout=30, trust_env=False)
        assert answer.is_success, answer.text
        answered: dict[str, Any] = answer.json()
        return answered

    def pid(self, process: str) -> int:
        """The process id of one process of the stack."""
        # In a thread of its own: the browser's driver keeps an event loop in this one.
        with ThreadPoolExecutor(1) as thread:
            status = thread.submit(self.stack.status).result()
        found = next(known.pid for known in status.processes if known.name == process)
        assert found is not None, f"{process} does not run"
        return found

    def key(self, role: str, member_id: str | None = None) -> str:
        """A fresh key of a role."""
        made = self.post("/api/directory/keys", {"role": role, "member_id": member_id, "label": f"e2e {role}"})
        return str(made["key"])

    def team(self, name: str, parent_id: str | None = None) -> str:
        """A new team's id."""
        return str(self.post("/api/directory/teams", {"name": name, "parent_id": parent_id})["team_id"])

    def member(self, name: str, team_id: str) -> str:
        """A new rep's id."""
        body = {"name": name, "role": "rep", "team_id": team_id}
        return str(self.post("/api/directory/members", body)["member_id"])

    def customer(self, owner_id: str) -> str:
        """A new customer's id."""
        body = {"name": "Customer of a test", "owner_id": owner_id}
        return str(self.post("/api/customers/customers", body)["customer_id"])


@dataclass
class Watch:
    """What went wrong in the browser: errors of the console and of scripts, requests to anywhere but the platform."""

    home: str
    troubles: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Note down what happens on a page."""
        page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda asked: self._check(asked.url))

    def forgive(self, *words: str) -> None:
        """Pass over the errors that a test provokes: all that hold one of these words."""
        self.troubles = [trouble for trouble in self.troubles if not any(word in trouble for word in words)]

    def _check(self, url: str) -> None:
        if not url.startswith(f"{self.home}/"):
            self.troubles.append(f"asked {url}")


Open = Callable[..., Page]
"""Opens the page: `open_page("?period=week", key=..., locale=..., width=...)`."""
