"""Customers, the people there, and pipelines."""

from typing import Any

import httpx

from backbone.contract.codec import encode
from backbone.contract.customers import (
    ContactAdded,
    ContactRemoved,
    CustomerCreated,
    CustomerGraded,
    CustomerOwnerChanged,
)
from tests.conversation import code, posted, said
from tests.integration.customers.asked import LAST_WEEK, Sent
from tests.listening import Heard
from tests.people import People
from tests.selling import customer_of


async def test_a_customer_is_created_graded_and_given_over(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    li, mei, north = people.ids["li"], people.ids["mei"], people.teams["north"]
    id_ = await customer_of(
        customers, people, "li", name="Hefei Pumps", grade="C", channel="fair", created_at=LAST_WEEK.isoformat()
    )

    await posted(customers, f"/customers/{id_}/grade", people.as_("li"), 200, version=1, grade="A", reason="turnover")
    told = await posted(customers, f"/customers/{id_}/owner", people.as_("chen"), 200, version=2, owner_id=mei)

    whose: dict[str, Any] = {"customer_id": id_, "team_id": north}
    assert (told["owner_id"], told["grade"], told["version"], told["name"]) == (mei, "A", 3, "Hefei Pumps")
    assert await said(log, id_, 3) == [
        CustomerCreated(**whose, owner_id=li, grade="C", channel="fair"),
        CustomerGraded(**whose, owner_id=li, from_grade="C", to_grade="A", reason="turnover", graded_by="hand"),
        CustomerOwnerChanged(**whose, owner_id=mei, from_owner_id=li, from_team_id=north),
    ]
    assert next(envelope.time for envelope in log if envelope.subject == id_) == LAST_WEEK


async def test_nothing_of_a_person_or_a_name_stands_on_the_log(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    id_ = await customer_of(customers, people, "li", name="Secret Works")
    path = f"/customers/{id_}/contacts"
    ann: Sent = {"name": "Ann Zhao", "phone": "+86 21 5555 0000", "mail": "ann@example.com", "role": "buyer"}

    added = await posted(customers, path, people.as_("li"), version=1, **ann)
    contact_id = added["contacts"][0]["contact_id"]
    removed = await posted(customers, f"{path}/{contact_id}/remove", people.as_("li"), 200, version=2)

    assert added["contacts"] == [{"contact_id": contact_id, "birthday": None, "primary": True, **ann}]
    assert removed == {"customer_id": id_, "version": 3, "contacts": []}
    whose = {"customer_id": id_, "owner_id": people.ids["li"], "team_id": people.teams["north"]}
    assert await said(log, id_, 3) == [
        CustomerCreated(**whose),
        ContactAdded(**whose, contact_id=contact_id, role="buyer"),
        ContactRemoved(**whose, contact_id=contact_id),
    ]
    written = b"".join(encode(envelope) for envelope in log if envelope.subject == id_)
    assert not [word for word in (b"Ann", b"5555", b"example.com", b"Secret") if word in written]


async def test_how_to_reach_a_person_is_for_those_who_work_with_the_customer(
    customers: httpx.AsyncClient, people: People
) -> None:
    id_ = await customer_of(customers, people, "li")
    await posted(customers, f"/customers/{id_}/contacts", people.as_("li"), version=1, name="Ann Zhao")

    async def status(who: str) -> int:
        return (await customers.get(f"/customers/{id_}/contacts", headers=people.as_(who))).status_code

    assert {who: await status(who) for who in people.keys} == {
        "li": 200,
        "mei": 404,
        "chen": 200,
        "wang": 404,
        "viewer": 403,
        "clock": 403,
        "publisher": 403,
        "admin": 200,
    }


async def test_the_standard_pipeline_is_there_and_an_admin_adds_others(
    customers: httpx.AsyncClient, people: People
) -> None:
    body: Sent = {
        "pipeline_id": "rental",
        "name": "Rental",
        "stages": [
            {"stage": "asked", "name": "Asked", "probability": 0.2},
            {"stage": "tried", "name": "Tried", "probability": 0.6, "optional": True},
        ],
    }

    assert code(await posted(customers, "/pipelines", people.as_("chen"), 403, **body)) == "wrong-role"
    made = await posted(customers, "/pipelines", people.as_("admin"), **body)
    again = await posted(customers, "/pipelines", people.as_("admin"), 409, **body)

    listed = (await customers.get("/pipelines", headers=people.as_("li"))).json()["items"]
    assert [stage["optional"] for stage in made["stages"]] == [False, True]
    assert code(again) == "version-conflict"
    assert {pipeline["pipeline_id"]: [stage["name"] for stage in pipeline["stages"]] for pipeline in listed} == {
        "standard": ["Lead In", "Contacted", "Proposal", "Negotiation"],
        "rental": ["Asked", "Tried"],
    }
    assert (await customers.get("/pipelines/rental", headers=people.as_("li"))).json() == made
