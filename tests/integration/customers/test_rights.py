"""Who sees and changes what, what is refused, and lists."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.ids import new_event_id
from tests.conversation import code, posted
from tests.integration.customers.asked import LAST_WEEK, NOW, Sent
from tests.people import People
from tests.selling import customer_of, deal_of
from tests.serving import PLATFORM_KEY, bearer


@pytest.mark.parametrize("noun", ["customers", "deals"])
async def test_everybody_sees_what_is_in_his_row_scope(customers: httpx.AsyncClient, people: People, noun: str) -> None:
    made = await deal_of(customers, people)
    id_ = made["customer_id"] if noun == "customers" else made["deal_id"]

    async def sees(name: str) -> tuple[int, bool]:
        read = await customers.get(f"/{noun}/{id_}", headers=people.as_(name))
        # The filter names another's rows: the scope must hold beside it.
        asked: Sent = {"owner_id": people.ids["li"], "limit": 200}
        listed = (await customers.get(f"/{noun}", headers=people.as_(name), params=asked)).json()["items"]
        return read.status_code, id_ in {next(iter(row.values())) for row in listed}

    assert {name: await sees(name) for name in people.keys} == {
        "li": (200, True),
        "mei": (404, False),
        "chen": (200, True),
        "wang": (404, False),
        "viewer": (200, True),
        "clock": (200, True),
        "publisher": (404, False),
        "admin": (200, True),
    }


@pytest.mark.parametrize(("name", "status"), [("viewer", 403), ("clock", 403), ("publisher", 404), ("wang", 404)])
async def test_nobody_wins_a_deal_that_is_not_his_to_change(
    customers: httpx.AsyncClient, people: People, name: str, status: int
) -> None:
    deal_id = (await deal_of(customers, people))["deal_id"]

    answer = await customers.post(f"/deals/{deal_id}/win", json={"version": 1}, headers=people.as_(name))

    assert answer.status_code == status
    assert (await customers.get(f"/deals/{deal_id}", headers=people.as_("li"))).json()["state"] == "open"


async def test_only_services_of_ours_look_customers_up_without_a_row_scope(
    customers: httpx.AsyncClient, people: People
) -> None:
    place = {"lat": 31.2, "lon": 121.5}
    known = await customer_of(customers, people, "li", grade="A", territory="east", place=place)
    wanted = {"customer_ids": [known, "nobody"]}

    refused = [await customers.post("/customers/lookup", json=wanted, headers=people.as_(name)) for name in people.keys]
    told = await customers.post("/customers/lookup", json=wanted, headers=bearer(f"{PLATFORM_KEY}.activities"))

    assert {answer.status_code for answer in refused} == {403}
    assert told.json() == {
        "customers": [
            {
                "customer_id": known,
                "grade": "A",
                "territory": "east",
                "place": {**place, "address": None},
                "opening_hours": [],
            }
        ]
    }


async def test_a_rep_opens_no_deal_with_a_customer_he_does_not_know(
    customers: httpx.AsyncClient, people: People
) -> None:
    customer_id = await customer_of(customers, people, "li")

    problem = await posted(customers, "/deals", people.as_("wang"), 422, customer_id=customer_id)

    assert (code(problem), problem["errors"][0]["field"]) == ("unknown-customer", "/customer_id")


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/customers", {"name": ""}, ("invalid-request", "/name")),
        ("/customers", {"grade": "D"}, ("invalid-request", "/grade")),
        ("/customers", {"owner_id": "nobody-we-know"}, ("unknown-member", "/owner_id")),
        ("/customers", {"parent_customer_id": "nobody"}, ("unknown-customer", "/parent_customer_id")),
        ("/customers", {"created_at": (NOW + timedelta(days=1)).isoformat()}, ("future-time", "/created_at")),
        ("/deals", {"amount": "500000"}, ("invalid-request", "/amount")),
        ("/deals", {"amount": -1}, ("invalid-request", "/amount")),
        ("/deals", {"currency": "yuan"}, ("invalid-request", "/currency")),
        ("/deals", {"pipeline": "unheard-of"}, ("unknown-pipeline", "/pipeline")),
        ("/deals", {"stage": "unheard-of"}, ("unknown-stage", "/stage")),
    ],
)
async def test_what_cannot_be_is_answered_with_the_field_that_is_wrong(
    customers: httpx.AsyncClient, people: People, path: str, body: dict[str, Any], problem: tuple[str, str]
) -> None:
    good: dict[str, dict[str, Any]] = {"/customers": {"name": "Hefei Pumps"}, "/deals": {"lead_id": "lead-1"}}

    answer = await posted(customers, path, people.as_("li"), 422, **{**good[path], **body})

    assert (code(answer), answer["errors"][0]["field"]) == problem


@pytest.mark.parametrize(
    ("move", "body", "problem"),
    [
        ("stage", {"to_stage": "unheard-of"}, ("unknown-stage", "/to_stage")),
        ("stage", {"to_stage": "negotiation"}, ("no-reason", "/reason")),
        ("stage", {"to_stage": "contacted", "at": LAST_WEEK.isoformat()}, ("too-early", "/at")),
        ("win", {"credits": [{"member_id": "nobody", "share": 1}]}, ("unknown-member", "/credits/0/member_id")),
        ("win", {"lines": [{"product_id": "p", "quantity": 0, "amount": 1}]}, ("invalid-request", "/lines/0/quantity")),
        ("lose", {}, ("invalid-request", "/reason")),
        ("win", {"version": 0}, ("invalid-request", "/version")),
    ],
)
async def test_a_move_that_cannot_be_is_answered_with_the_field_that_is_wrong(
    customers: httpx.AsyncClient, people: People, move: str, body: dict[str, Any], problem: tuple[str, str]
) -> None:
    deal_id = (await deal_of(customers, people))["deal_id"]

    answer = await posted(customers, f"/deals/{deal_id}/{move}", people.as_("li"), 422, **{"version": 1, **body})

    assert (code(answer), answer["errors"][0]["field"]) == problem


async def test_deals_are_listed_by_pipeline_stage_owner_and_state_page_by_page(
    customers: httpx.AsyncClient, people: People
) -> None:
    pipeline = f"listed-{new_event_id()[-6:]}"
    stages = [{"stage": stage, "name": stage, "probability": 0.5} for stage in ("first", "second")]
    await posted(customers, "/pipelines", people.as_("admin"), pipeline_id=pipeline, name="Listed", stages=stages)
    made = [
        (await deal_of(customers, people, name, pipeline=pipeline, stage=stage))["deal_id"]
        for name, stage in [("li", "first"), ("mei", "second"), ("li", "second"), ("mei", "first"), ("li", "second")]
    ]
    await posted(customers, f"/deals/{made[2]}/win", people.as_("li"), 200, version=1)

    async def listed(**asked: Any) -> list[int]:
        places: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            params = {"pipeline": pipeline, "limit": 2, **asked, **({"cursor": cursor} if cursor else {})}
            page = (await customers.get("/deals", headers=people.as_("chen"), params=params)).json()
            places += [made.index(one["deal_id"]) for one in page["items"]]
            cursor = page["next"]
        return places

    assert await listed() == [4, 3, 2, 1, 0]
    assert await listed(stage="second") == [4, 2, 1]
    assert await listed(state="won") == [2]
    assert await listed(owner_id=people.ids["mei"]) == [3, 1]
    assert await listed(stage="second", state="open", owner_id=people.ids["li"]) == [4]
