"""The audit: who did what for whom, written with the change itself, on the real broker and store."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from backbone.mongo import connect
from backbone.settings import Settings
from backbone.testing import eventually
from tests.people import People, gather
from tests.serving import Service, serving

ANN = {"name": "Ann Zhao", "phone": "+86 21 5555 0000", "mail": "ann@example.com"}


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "customers"]) as services:
        yield services


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def customers(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["customers"].client() as client:
        yield client


async def customer(customers: httpx.AsyncClient, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    answer = await customers.post("/customers", json={"name": "Blue Pump", **body}, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def audit(customers: httpx.AsyncClient, headers: Any, *, at_least: int = 0, **asked: str) -> list[dict[str, Any]]:
    """The entries, once there are so many."""

    async def ask() -> list[dict[str, Any]]:
        answer = await customers.get("/audit", params={"limit": "200", **asked}, headers=headers)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    return await eventually(ask, lambda found: len(found) >= at_least)


async def test_every_change_is_told_with_who_did_it_in_which_request_and_the_fields_before_and_after(
    customers: httpx.AsyncClient, people: People
) -> None:
    made = await customer(customers, people.as_("li"))
    id_ = made["customer_id"]
    given = {"version": made["version"], "owner_id": people.ids["mei"]}
    moved = await customers.post(f"/customers/{id_}/owner", json=given, headers=people.as_("chen"))
    assert moved.status_code == 200, moved.text

    last, first = await audit(customers, people.keys["chen"], subject=id_, at_least=2)

    assert (first["noun"], first["actor"], first["did"]) == ("customer", people.ids["li"], ["customer-created"])
    assert {"field": "/name", "before": None, "after": "Blue Pump", "withheld": False} in first["changes"]
    assert (last["actor"], last["version"], last["did"]) == (people.ids["chen"], 2, ["customer-owner-changed"])
    assert last["request_id"] == moved.headers["x-request-id"]
    changed = {change["field"]: (change["before"], change["after"]) for change in last["changes"]}
    assert changed["/owner_id"] == (people.ids["li"], people.ids["mei"])
    assert "/name" not in changed


async def test_a_persons_data_stand_in_no_entry(
    customers: httpx.AsyncClient, people: People, services: dict[str, Service], settings: Settings
) -> None:
    made = await customer(customers, people.as_("li"))
    body = {"version": made["version"], **ANN}
    answer = await customers.post(f"/customers/{made['customer_id']}/contacts", json=body, headers=people.as_("li"))
    assert answer.status_code == 201, answer.text

    last, _ = await audit(customers, people.keys["li"], subject=made["customer_id"], at_least=2)

    assert {change["withheld"] for change in last["changes"] if change["field"].startswith("/contacts")} == {True}
    client = connect(settings)
    kept = await client[settings.database("customers")]["customers_audit"].find({}).to_list(None)
    client.close()
    assert not [word for word in ANN.values() if word in repr(kept)]


async def test_one_sees_the_audit_of_what_one_may_see(customers: httpx.AsyncClient, people: People) -> None:
    made = await customer(customers, people.as_("li"))
    id_ = made["customer_id"]
    await audit(customers, people.keys["admin"], subject=id_, at_least=1)

    async def sees(name: str) -> bool:
        listed = await audit(customers, people.keys[name], noun="customer")
        named = await customers.get("/audit", params={"subject": id_}, headers=people.keys[name])
        assert named.status_code in (200, 404)
        assert (id_ in {entry["subject"] for entry in listed}) == (named.status_code == 200)
        return named.status_code == 200

    assert [await sees(name) for name in ("li", "chen", "viewer")] == [True, True, True]
    assert [await sees(name) for name in ("mei", "wang", "publisher")] == [False, False, False]

    given = {"version": made["version"], "owner_id": people.ids["mei"]}
    await customers.post(f"/customers/{id_}/owner", json=given, headers=people.as_("chen"))
    history = await audit(customers, people.keys["mei"], subject=id_, at_least=2)
    assert [entry["actor"] for entry in history] == [people.ids["chen"], people.ids["li"]]
    lost = await customers.get("/audit", params={"subject": id_}, headers=people.keys["li"])
    assert lost.status_code == 404


async def test_the_audit_is_asked_by_actor_noun_time_and_request_page_by_page(
    customers: httpx.AsyncClient, people: People
) -> None:
    wang = people.ids["wang"]
    made = [await customer(customers, people.as_("wang"), name=f"Firm {number}") for number in range(5)]
    answer = await customers.post("/deals", json={"customer_id": made[0]["customer_id"]}, headers=people.as_("wang"))
    assert answer.status_code == 201, answer.text
    admin = people.keys["admin"]

    whole = await audit(customers, admin, actor=wang, at_least=6)
    assert [entry["noun"] for entry in whole] == ["deal", *["customer"] * 5]
    assert len(await audit(customers, admin, actor=wang, noun="deal")) == 1
    assert await audit(customers, admin, request_id=answer.headers["x-request-id"]) == whole[:1]
    middle = whole[2]["at"]
    assert await audit(customers, admin, actor=wang, **{"from": middle}) == [e for e in whole if e["at"] >= middle]
    assert await audit(customers, admin, actor=wang, to=middle) == [e for e in whole if e["at"] < middle]

    paged, cursor = [], None
    while True:
        asked = {"actor": wang, "limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        page = (await customers.get("/audit", params=asked, headers=admin)).json()
        paged += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert paged == whole


async def test_the_audit_leaves_as_a_sheet_too(customers: httpx.AsyncClient, people: People) -> None:
    made = await customer(customers, people.as_("li"))
    entries = await audit(customers, people.keys["li"], subject=made["customer_id"], at_least=1)

    sheet = await customers.get(
        "/audit", params={"subject": made["customer_id"], "format": "csv"}, headers=people.keys["li"]
    )
    strange = await customers.get("/audit", params={"subject": "none", "format": "csv"}, headers=people.keys["li"])

    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"), newline="")))
    assert [(row["subject"], row["actor"], row["did"]) for row in rows] == [
        (entry["subject"], entry["actor"], ";".join(entry["did"])) for entry in entries
    ]
    assert strange.status_code == 404


async def test_a_key_and_its_hash_are_the_admins_to_look_into(services: dict[str, Service], people: People) -> None:
    async with services["directory"].client() as directory:
        entries = await audit(directory, people.keys["admin"], noun="key", at_least=7)
        assert await audit(directory, people.keys["viewer"], noun="key") == []

    told = [change for entry in entries for change in entry["changes"] if change["field"] == "/hash"]
    assert {(change["withheld"], change["after"]) for change in told} == {(True, None)}
