"""Looking customers up: those who ask at the same time are answered by one question."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from backbone.problems import Unavailable
from backbone.settings import Settings
from backbone.siblings import Siblings
from services.activities.domain.place import Spot
from services.activities.sites import Site, Sites

KNOWN: dict[str, Any] = {
    "customer_id": "c-1",
    "grade": "A",
    "territory": "east",
    "place": {"lat": 31.2, "lon": 121.5, "address": None},
    "opening_hours": [],
}
THE_SITE = Site("c-1", spot=Spot(31.2, 121.5), grade="A", territory="east")


class Customers:
    """The customers service, which knows one customer."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.status = 200

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/customers/lookup")
        wanted = json.loads(request.content)["customer_ids"]
        self.asked.append(wanted)
        await asyncio.sleep(0.005)
        return httpx.Response(self.status, json={"customers": [KNOWN] if "c-1" in wanted else []})


@pytest.fixture
def customers() -> Customers:
    return Customers()


@pytest.fixture
def sites(customers: Customers) -> Sites:
    client = httpx.AsyncClient(transport=httpx.MockTransport(customers))
    return Sites(Siblings("activities", Settings(platform_key="db_1_key"), client))


async def test_who_asks_at_the_same_time_is_answered_by_one_question(customers: Customers, sites: Sites) -> None:
    found = await asyncio.gather(*map(sites.site_now, ("c-1", "c-2", "c-1")))

    assert found == [THE_SITE, Site("c-2"), THE_SITE]
    assert customers.asked == [["c-1", "c-2"]]


async def test_a_site_is_kept_for_a_while_and_asked_anew_by_who_needs_it_as_it_stands(
    customers: Customers, sites: Sites
) -> None:
    kept = [await sites.site("c-1"), await sites.site("c-1")]
    now = await sites.site_now("c-1")

    assert [*kept, now] == [THE_SITE] * 3
    assert customers.asked == [["c-1"], ["c-1"]]


@pytest.mark.parametrize("status", [403, 422, 503])
async def test_whatever_the_customers_service_says_no_with_it_cannot_be_asked_now(
    customers: Customers, sites: Sites, status: int
) -> None:
    customers.status = status

    outcomes = await asyncio.gather(sites.site_now("c-1"), sites.site("c-2"), return_exceptions=True)
    several = await sites.sites(["c-1", "c-3"])

    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    assert several == {"c-1": None, "c-3": None}
