"""Does the steps over HTTP, each rep with a key of his own, and remembers how far it came."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from drumbeat.client import problem_text
from drumbeat.output import Trouble
from drumbeat.simulation.calls import Call, Known, call_for
from drumbeat.simulation.days import Step
from drumbeat.simulation.force import Force, Rep

FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 5.0
PATIENCE: Final = 30
"""How many times a call is tried while the platform is away: two minutes in all."""
TOO_MANY_REQUESTS: Final = 429
SERVER_ERRORS: Final = 500
FINANCE: Final = "finance"
"""Whose key notes the money: finance does, not the rep."""


@dataclass
class Diary:
    """What must survive a restart: keys, ids, stories under way, and how far the plan was carried out.

    `reached` is a moment of the plan. It runs ahead of the wall clock once the
    present is played faster than it is planned.
    """

    seed: int
    began: datetime
    reached: datetime
    keys: dict[str, str] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    stories: dict[str, Known] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Diary | None":
        """The diary of an earlier run, if there is one."""
        if not path.exists():
            return None
        held = json.loads(path.read_text())
        return cls(
            held["seed"],
            datetime.fromisoformat(held["began"]),
            datetime.fromisoformat(held["reached"]),
            held["keys"],
            held["customers"],
            {story: Known(**known) for story, known in held["stories"].items()},
        )

    def write(self, path: Path) -> None:
        """Keep it, for this user's eyes only: it holds keys."""
        held = {
            "seed": self.seed,
            "began": self.began.isoformat(),
            "reached": self.reached.isoformat(),
            "keys": self.keys,
            "customers": self.customers,
            "stories": {story: {"id": known.id, "version": known.version} for story, known in self.stories.items()},
        }
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(held))
        fresh.replace(path)


class Driver:
    """Drives the platform at an address with the steps of the reps."""

    def __init__(self, url: str, admin_key: str, force: Force, diary: Diary) -> None:
        self.diary = diary
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._admin_key = admin_key
        self._force = force
        self._http = httpx.AsyncClient(
            base_url=url, timeout=30, trust_env=False, limits=httpx.Limits(max_connections=32)
        )

    async def settle(self) -> None:
        """Make teams, members, their keys and customers; what is there already stays.

        Raises:
            Trouble: the platform refused, or stayed away.
        """
        for team in self._force.teams:
            await self._admin(
                "/api/directory/teams", {"team_id": team.key, "name": team.name, "parent_id": team.parent}
            )
        for rep in self._force.reps:
            joined = {"member_id": rep.key, "name": rep.name, "role": "rep", "team_id": rep.team}
            await self._admin("/api/directory/members", joined)
        if "page" not in self.diary.keys:
            self.diary.keys["page"] = await self._issue({"role": "viewer", "label": "the demo's page"})
        if FINANCE not in self.diary.keys:
            self.diary.keys[FINANCE] = await self._issue({"role": "finance", "label": "the demo's bank desk"})
        for rep in self._force.reps:
            if rep.key not in self.diary.keys:
                asked = {"role": "rep", "member_id": rep.key, "label": f"the demo's {rep.name}"}
                self.diary.keys[rep.key] = await self._issue(asked)
        await asyncio.gather(*map(self._enter_customers, self._force.reps))

    async def do(self, step: Step, at: datetime) -> None:
        """Do one step; a refusal is counted and passed over, as a person would shrug and go on.

        Raises:
            Trouble: the platform stayed away.
        """
        known = self.diary.stories.get(step.story)
        call = call_for(step, at, known, self.diary.customers)
        if call is None:
            return
        key = self.diary.keys[FINANCE if step.what == "receive-payment" else step.rep]
        attempt = f"{self.diary.seed}/{self.diary.began:%Y%m%d%H%M%S}/{step.story}/{step.what}/{step.told.isoformat()}"
        answer = await self._send(key, call.path, call.body, attempt)
        if step.again:
            answer = await self._send(key, call.path, call.body, attempt)
        self._note(step, call, answer)

    async def do_next(self, step: Step, at: datetime) -> None:
        """Do one step of the present, and note that the plan has come this far."""
        self.diary.reached = max(self.diary.reached, step.told)
        await self.do(step, at)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _note(self, step: Step, call: Call, answer: httpx.Response) -> None:
        if answer.is_error:
            self.refused[f"{step.what}: {problem_text(answer)}"] += 1
            return
        self.done[step.what] += 1
        held = answer.json()
        self.diary.stories[step.story] = Known(held[call.id_field], held["version"])

    async def _enter_customers(self, rep: Rep) -> None:
        for customer in self._force.customers_of(rep):
            if customer.key in self.diary.customers:
                continue
            body = {
                "name": customer.name,
                "grade": customer.grade,
                "channel": "referral",
                "created_at": self.diary.began.isoformat(),
            }
            attempt = f"{self.diary.seed}/{self.diary.began:%Y%m%d%H%M%S}/{customer.key}"
            answer = await self._send(self.diary.keys[rep.key], "/api/customers/customers", body, attempt)
            if answer.is_error:
                raise Trouble(f"customer {customer.name} could not be entered: {problem_text(answer)}")
            self.diary.customers[customer.key] = answer.json()["customer_id"]

    async def _issue(self, asked: dict[str, Any]) -> str:
        answer = await self._send(self._admin_key, "/api/directory/keys", asked, None)
        if answer.is_error:
            raise Trouble(f"a key could not be made: {problem_text(answer)}")
        key: str = answer.json()["key"]
        return key

    async def _admin(self, path: str, body: dict[str, Any]) -> None:
        answer = await self._send(self._admin_key, path, body, None)
        if answer.is_error and answer.status_code != httpx.codes.CONFLICT:
            raise Trouble(f"{path} refused {body}: {problem_text(answer)}")

    async def _send(self, key: str, path: str, body: dict[str, Any], attempt: str | None) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}", **({"idempotency-key": attempt[:128]} if attempt else {})}
        pause = FIRST_RETRY_SECONDS
        trouble = ""
        for _ in range(PATIENCE):
            try:
                answer = await self._http.post(path, json=body, headers=headers)
            except httpx.HTTPError as lost:
                trouble = f"{type(lost).__name__} {lost}"
            else:
                if answer.status_code < SERVER_ERRORS and answer.status_code != TOO_MANY_REQUESTS:
                    return answer
                trouble = problem_text(answer)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_RETRY_SECONDS)
        raise Trouble(f"the platform stayed away: {trouble}; is the stack up? `drumbeat status` tells")
