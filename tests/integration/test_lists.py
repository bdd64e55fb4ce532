"""Lists of a service on the real store: sorted, bounded, counted, page by page, and whole as a sheet."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import openpyxl
import pytest

from backbone.settings import Settings
from tests.people import People, gather
from tests.serving import Service, serving

NAMES = ("Cedar", "Alder", "=Birch", "Elm", "Dogwood")
MANY = 620
"""More than an export holds in memory at once."""


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "customers"]) as services:
        yield services


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture(scope="module")
def opened(services: dict[str, Service], people: People) -> dict[str, dict[str, Any]]:
    """Li's deals by name: amounts of 100, none, 300, none and 500; and one deal of Wang's."""
    made = {}
    with httpx.Client(base_url=services["customers"].url, timeout=30, trust_env=False) as client:
        for place, name in enumerate(NAMES):
            body = {"name": name, "lead_id": "l1", "amount": 0 if place % 2 else (place + 1) * 100}
            if place != 1:
                body["expected_close_on"] = f"2026-12-0{place + 1}"
            answer = client.post("/deals", json=body, headers=people.as_("li"))
            assert answer.status_code == 201, answer.text
            made[name] = answer.json()
        client.post("/deals", json={"name": "Fir", "lead_id": "l2"}, headers=people.as_("wang"))
    return made


@pytest.fixture
async def customers(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["customers"].client() as client:
        yield client


async def listed(customers: httpx.AsyncClient, people: People, who: str = "li", **asked: str) -> dict[str, Any]:
    answer = await customers.get("/deals", params=asked, headers=people.keys[who])
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def names(page: dict[str, Any]) -> list[str]:
    return [item["name"] for item in page["items"]]


@pytest.mark.usefixtures("opened")
async def test_a_list_is_sorted_either_way_with_those_without_a_value_last(
    customers: httpx.AsyncClient, people: People
) -> None:
    assert names(await listed(customers, people)) == list(reversed(NAMES))
    rising = await listed(customers, people, sort="expected_close_on")
    falling = await listed(customers, people, sort="-expected_close_on")

    assert names(rising) == ["Cedar", "=Birch", "Elm", "Dogwood", "Alder"]
    assert names(falling) == ["Dogwood", "Elm", "=Birch", "Cedar", "Alder"]


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    "sort", ["amount", "-amount", "expected_close_on", "-expected_close_on", "opened_at", "-decided_at"]
)
async def test_pages_hold_every_row_once_in_the_order_of_the_whole(
    customers: httpx.AsyncClient, people: People, sort: str
) -> None:
    whole = names(await listed(customers, people, sort=sort))

    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await listed(customers, people, sort=sort, limit="2", **cursor)
        found += names(page)
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert found == whole


async def test_ranges_and_counts_hold_for_the_rows_in_scope(
    customers: httpx.AsyncClient, people: People, opened: dict[str, dict[str, Any]]
) -> None:
    page = await listed(customers, people, count="true", limit="1")
    assert (page["total"], len(page["items"])) == (5, 1)
    assert (await listed(customers, people, "wang", count="true"))["total"] == 1
    assert (await listed(customers, people, "viewer", count="true"))["total"] == 6

    assert set(names(await listed(customers, people, amount_from="100", amount_to="300"))) == {"Cedar", "=Birch"}
    assert set(names(await listed(customers, people, expected_close_to="2026-12-03"))) == {"Cedar", "=Birch"}
    third = opened["=Birch"]["opened_at"]
    assert names(await listed(customers, people, opened_from=third)) == ["Dogwood", "Elm", "=Birch"]
    assert names(await listed(customers, people, opened_to=third)) == ["Alder", "Cedar"]


@pytest.mark.usefixtures("opened")
async def test_a_sheet_holds_every_row_in_scope_as_the_list_shows_it(
    customers: httpx.AsyncClient, people: People
) -> None:
    asked = {"sort": "amount", "limit": "1"}
    page = await listed(customers, people, sort="amount")
    text = await customers.get("/deals", params={**asked, "format": "csv"}, headers=people.keys["li"])
    book = await customers.get("/deals", params={**asked, "format": "xlsx"}, headers=people.keys["li"])

    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"), newline="")))
    assert [row["name"].removeprefix("'") for row in rows] == names(page)
    assert [row["name"] for row in rows if "Birch" in row["name"]] == ["'=Birch"]
    for name in ("deal_id", "opened_at", "stage", "currency"):
        assert [row[name] for row in rows] == [item[name] for item in page["items"]]
    assert [int(row["amount"]) for row in rows] == [item["amount"] for item in page["items"]]
    header, *cells = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0].iter_rows(values_only=True)
    assert [row[header.index("deal_id")] for row in cells] == [item["deal_id"] for item in page["items"]]
    assert [row[header.index("amount")] for row in cells] == [item["amount"] for item in page["items"]]


async def test_a_sheet_has_no_limit_but_the_scope_of_who_asks(services: dict[str, Service], people: People) -> None:
    async with services["directory"].client() as directory:
        for first in range(0, MANY, 20):
            for number in range(first, min(first + 20, MANY)):
                answer = await directory.post("/keys", json={"role": "publisher", "label": f"k{number}"})
                assert answer.status_code == 201
        sheet = await directory.get("/keys", params={"format": "csv", "limit": "10"})
        counted = await directory.get("/keys", params={"count": "true", "limit": "1"})
        wangs = await directory.get("/members", params={"format": "csv"}, headers=people.keys["wang"])

    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"), newline="")))
    assert len({row["key_id"] for row in rows}) == len(rows) == counted.json()["total"] > MANY
    assert "hash" not in rows[0]
    own = list(csv.DictReader(io.StringIO(wangs.content.decode("utf-8-sig"), newline="")))
    assert [row["member_id"] for row in own] == [people.ids["wang"]]


async def test_teams_are_listed_by_name_with_their_place_in_the_tree(
    services: dict[str, Service], people: People
) -> None:
    async with services["directory"].client() as directory:
        page = (await directory.get("/teams", params={"sort": "name"}, headers=people.keys["li"])).json()

    assert [(team["name"], team["depth"]) for team in page["items"]] == [("Company", 0), ("north", 1), ("south", 1)]
