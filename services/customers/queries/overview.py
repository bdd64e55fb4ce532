"""Everything about one customer in one answer, composed when it is asked for.

What other services know is asked of them with the caller's own key, so that each keeps to his row
scope; a part that cannot be had now is named, and the rest is answered.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from backbone.callers import Caller
from backbone.mongo import DESCENDING
from backbone.outbox import Saved
from backbone.rows import read_row
from backbone.settings import Settings
from services.customers.domain.customer import Customer
from services.customers.domain.deal import Deal
from services.customers.domain.query import Facts
from services.customers.queries.facts import read_facts
from services.customers.store import Store

PART_SECONDS: Final = 2.0
"""How long one part may take; the others are answered without it."""
LATEST: Final = 10
MOST_DEALS: Final = 200

# Part: the service, the path there, what is asked beside the customer.
PARTS: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = {
    "visits": ("activities", "/visits", {}),
    "follow_ups": ("activities", "/follow-ups", {}),
    "planned_visits": ("activities", "/planned-visits", {"state": "planned"}),
    "planned_follow_ups": ("activities", "/planned-follow-ups", {"state": "planned"}),
    "complaints": ("activities", "/complaints", {}),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that could not be had, and why."""

    part: str
    service: str
    why: str


@dataclass(frozen=True)
class Passing:
    """Asks sibling services with the caller's own credentials.

    Args:
        settings: where they are.
        http: the client to ask with.
    """

    settings: Settings
    http: httpx.AsyncClient

    async def items(self, service: str, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> list[Any]:
        """The items of the first page of a sibling's list.

        Raises:
            LookupError: the sibling does not answer, or says no; the message tells which.
        """
        try:
            answer = await self.http.get(
                f"{self.settings.url(service)}{path}", params=dict(params), headers=dict(headers), timeout=PART_SECONDS
            )
        except httpx.HTTPError as trouble:
            raise LookupError(f"The {service} service does not answer now.") from trouble
        if not answer.is_success:
            raise LookupError(f"The {service} service answers {answer.status_code} to this key.")
        items: list[Any] = answer.json()["items"]
        return items


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything about one customer; `told` holds the parts of other services by name."""

    customer: Saved[Customer]
    facts: Facts
    deals: list[Saved[Deal]]
    more_deals: bool
    told: dict[str, list[Any]] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)


async def overview(
    store: Store, caller: Caller, passing: Passing, headers: Mapping[str, str], customer_id: str
) -> Overview:
    """Everything about one customer in the caller's row scope.

    Args:
        store: what this service knows.
        caller: whose scope.
        passing: asks the others.
        headers: the caller's credentials, as he sent them.
        customer_id: which.

    Raises:
        NotFound: there is none the caller may see.
    """
    customer = await read_row(store.customers, caller, customer_id)
    document = await store.customers.collection.find_one({"_id": customer_id}, {"facts": 1})
    wanted = {"state.customer_id": customer_id, **caller.rows(shared=True)}
    rows = store.deals.collection.find(wanted).sort("_id", DESCENDING).limit(MOST_DEALS + 1)
    deals = [store.deals.read(row) for row in await rows.to_list(MOST_DEALS + 1)]
    told, missing = await _told(passing, headers, customer_id)
    return Overview(customer, read_facts(document or {}), deals[:MOST_DEALS], len(deals) > MOST_DEALS, told, missing)


async def _told(
    passing: Passing, headers: Mapping[str, str], customer_id: str
) -> tuple[dict[str, list[Any]], list[Missing]]:
    def ask(part: str) -> Awaitable[list[Any]]:
        service, path, params = PARTS[part]
        return passing.items(service, path, {**params, "customer_id": customer_id, "limit": str(LATEST)}, headers)

    answers: Sequence[Any] = await asyncio.gather(*map(ask, PARTS), return_exceptions=True)
    told: dict[str, list[Any]] = {}
    missing: list[Missing] = []
    for part, answer in zip(PARTS, answers, strict=True):
        if isinstance(answer, LookupError):
            missing.append(Missing(part, PARTS[part][0], str(answer)))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            told[part] = answer
    return told, missing
