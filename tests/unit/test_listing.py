"""What a list can be asked for, as the parameters of a route."""

import asyncio
import json
from datetime import UTC, date, datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import Depends, FastAPI

from backbone.answers import answer_problems
from backbone.keyset import Order, Place, closed
from backbone.listing import Asked, Listing


class State(StrEnum):
    NEW = "new"
    WON = "won"


DEALS = Listing(
    "deals",
    order={"created_at": datetime, "expected_close_on": date, "amount": int, "name": str},
    equal={"owner_id": str, "state": State, "urgent": bool},
    stored={"name": "search.name"},
)
NOON = "2026-11-22T12:00:00+08:00"


class Client:
    """Calls an application without a server."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app)

    def get(self, path: str, params: dict[str, str] | None = None) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://lists") as client:
                return await client.get(path, params=params)

        return asyncio.run(call())


@pytest.fixture(scope="module")
def client() -> Client:
    app = FastAPI()
    app.state.settings = SimpleNamespace(zone=ZoneInfo("Asia/Shanghai"))

    @app.get("/deals")
    async def list_deals(asked: Annotated[Asked, Depends(DEALS)]) -> dict[str, Any]:
        return {
            "where": repr(asked.where),
            "order": [asked.order.field, asked.order.falling],
            "after": None if asked.after is None else [asked.after.id, str(asked.after.value)],
            "rest": [asked.limit, asked.count, asked.format, asked.zone.key],
        }

    answer_problems(app)
    return Client(app)


def where(client: Client, **asked: str) -> str:
    answer = client.get("/deals", params=asked)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["where"])


def test_nothing_asked_is_the_newest_first_fifty_at_a_time(client: Client) -> None:
    assert client.get("/deals").json() == {
        "where": "{}",
        "order": ["_id", True],
        "after": None,
        "rest": [50, False, "json", "Asia/Shanghai"],
    }


def test_fields_are_asked_for_by_the_name_they_are_stored_under(client: Client) -> None:
    assert where(client, owner_id="li", state="won", urgent="true") == repr(
        {"state.owner_id": "li", "state.state": "won", "state.urgent": True}
    )


def test_a_range_of_moments_ends_before_its_end_and_one_of_days_or_amounts_with_it(client: Client) -> None:
    noon = datetime.fromisoformat(NOON)

    assert where(client, created_from=NOON, created_to=NOON) == repr({"state.created_at": {"$gte": noon, "$lt": noon}})
    assert where(client, expected_close_to="2026-12-31", amount_from="5") == repr(
        {"state.expected_close_on": {"$lte": "2026-12-31"}, "state.amount": {"$gte": 5}}
    )


def test_a_list_is_sorted_by_its_own_fields_either_way(client: Client) -> None:
    orders = {sort: client.get("/deals", params={"sort": sort}).json()["order"] for sort in ("-amount", "name")}

    assert orders == {"-amount": ["state.amount", True], "name": ["search.name", False]}


async def test_a_list_may_have_an_order_of_its_own() -> None:
    lines = Listing("faults", order={"line": int}, prefix="", default="line")
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(settings=SimpleNamespace(zone=None))))
    nothing = dict.fromkeys(("sort", "cursor", "line_from", "line_to"))

    asked = await lines(request, **nothing, limit=50, count=False, format="json")

    assert asked.order == Order("line", falling=False, kind=int)


def test_a_cursor_holds_for_the_order_it_was_made_in_only(client: Client) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    cursor = closed(Order("state.created_at", falling=True, kind=datetime), Place("d1", at))

    same = client.get("/deals", params={"sort": "-created_at", "cursor": cursor})
    other = client.get("/deals", params={"sort": "created_at", "cursor": cursor})

    assert same.json()["after"] == ["d1", str(at)]
    assert (other.status_code, other.json()["type"]) == (422, "urn:drumbeat:problem:bad-cursor")


@pytest.mark.parametrize(
    "asked",
    [
        {"sort": "owner_id"},
        {"sort": "$where"},
        {"amount_from": "many"},
        {"amount_from": str(10**30)},
        {"created_from": "2026-11-22"},
        {"state": "lost"},
        {"format": "pdf"},
        {"limit": "201"},
        {"cursor": "%%%"},
    ],
)
def test_what_a_list_cannot_be_asked_for_is_refused_by_name(client: Client, asked: dict[str, str]) -> None:
    answer = client.get("/deals", params=asked)

    assert answer.status_code == 422
    assert next(iter(asked)) in {error["field"] for error in answer.json()["errors"]}


def test_the_document_of_the_api_names_what_can_be_sorted_by(client: Client) -> None:
    parameters = client.get("/openapi.json").json()["paths"]["/deals"]["get"]["parameters"]

    sort = json.dumps(next(each for each in parameters if each["name"] == "sort"))
    assert all(f'"{way}{name}"' in sort for name in ("created_at", "amount", "name") for way in ("", "-"))
    assert {"created_from", "created_to", "amount_from", "amount_to", "expected_close_from"} <= {
        each["name"] for each in parameters
    }
