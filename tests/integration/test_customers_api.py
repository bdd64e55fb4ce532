import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract import deals as contract
from backbone.contract.codec import encode
from backbone.contract.customers import (
    ContactAdded,
    ContactRemoved,
    CustomerCreated,
    CustomerGraded,
    CustomerOwnerChanged,
)
from backbone.contract.deals import (
    DealLost,
    DealOpened,
    DealReopened,
    DealRevised,
    DealWon,
    PaymentReceived,
    StageChanged,
)
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from tests.conversation import code, posted, said
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, serving

NOW = datetime.now(UTC).replace(microsecond=0)
LAST_WEEK = NOW - timedelta(days=7)

Sent = dict[str, Any]


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "customers"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def customers(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["customers"].client(None) as client:
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "customers", "deals") as heard:
        yield heard


async def customer_of(client: httpx.AsyncClient, people: People, who: str, **body: Any) -> str:
    made = await posted(client, "/customers", people.as_(who), **{"name": "Hefei Pumps", **body})
    return str(made["customer_id"])


async def deal_of(client: httpx.AsyncClient, people: People, who: str, **body: Any) -> str:
    customer_id = await customer_of(client, people, who)
    wanted = {"customer_id": customer_id, "amount": 500_000, **body}
    return str((await posted(client, "/deals", people.as_(who), **wanted))["deal_id"])


async def test_a_customer_is_created_graded_and_given_over(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    li, mei, north = people.ids["li"], people.ids["mei"], people.teams["north"]
    id_ = await customer_of(customers, people, "li", grade="C", channel="fair", created_at=LAST_WEEK.isoformat())

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


async def test_a_deal_leaves_its_whole_life_on_the_log_in_order(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    def at(days: int) -> str:
        return (LAST_WEEK + timedelta(days=days)).isoformat()

    customer_id = await customer_of(customers, people, "li", created_at=at(0))
    li, wang = people.ids["li"], people.ids["wang"]
    opened = await posted(
        customers,
        "/deals",
        people.as_("li"),
        customer_id=customer_id,
        amount=500_000,
        product_ids=["pump"],
        opened_at=at(0),
    )
    path = f"/deals/{opened['deal_id']}"
    told = opened
    lines = [{"product_id": "pump", "quantity": 2, "amount": 600_000}]
    credits_ = [{"member_id": li, "share": 0.75}, {"member_id": wang, "share": 0.25}]
    today = datetime.now(UTC).date().isoformat()
    life: list[tuple[str, int, Sent]] = [
        ("stage", 200, {"to_stage": "proposal", "at": at(1)}),
        ("stage", 200, {"to_stage": "contacted", "reason": "needs-demo", "at": at(2)}),
        ("stage", 200, {"to_stage": "negotiation", "reason": "framework", "at": at(3)}),
        ("revise", 200, {"amount": 600_000, "expected_close_on": "2030-06-30", "at": at(4)}),
        ("win", 200, {"lines": lines, "credits": credits_, "at": at(5)}),
        ("payments", 201, {"payment_id": "payment-1", "amount": 200_000, "received_on": today}),
        ("reopen", 200, {"reason": "not-signed", "at": at(6)}),
        ("lose", 200, {"reason": "price"}),
    ]
    for version, (move, status, body) in enumerate(life, start=1):
        # Money is noted by finance, or an admin.
        who = "admin" if move == "payments" else "li"
        told = await posted(customers, f"{path}/{move}", people.as_(who), status, version=version, **body)

    assert (told["state"], told["stage"], told["version"], told["probability"]) == ("lost", "negotiation", 9, 0)
    whose: Sent = {
        "deal_id": opened["deal_id"],
        "customer_id": customer_id,
        "owner_id": li,
        "team_id": people.teams["north"],
    }
    worth: Sent = {"amount": 500_000, "currency": "CNY"}
    later: Sent = {"amount": 600_000, "currency": "CNY"}
    standard: Sent = {**whose, "pipeline": "standard"}
    assert await said(log, opened["deal_id"], 9) == [
        DealOpened(**standard, **worth, stage="lead-in", probability=0.1, product_ids=("pump",)),
        StageChanged(
            **standard,
            **worth,
            from_stage="lead-in",
            to_stage="proposal",
            probability=0.5,
            seconds_in_from_stage=86_400,
            direction="forward",
        ),
        StageChanged(
            **standard,
            **worth,
            from_stage="proposal",
            to_stage="contacted",
            probability=0.25,
            seconds_in_from_stage=86_400,
            direction="back",
            reason="needs-demo",
        ),
        StageChanged(
            **standard,
            **worth,
            from_stage="contacted",
            to_stage="negotiation",
            probability=0.75,
            seconds_in_from_stage=86_400,
            direction="skip",
            reason="framework",
        ),
        DealRevised(**standard, **later, stage="negotiation", from_amount=500_000, expected_close_on=date(2030, 6, 30)),
        DealWon(
            **standard,
            **later,
            stage="negotiation",
            lines=(contract.Line(product_id="pump", quantity=2, amount=600_000),),
            credits=(contract.Credit(member_id=li, share=0.75), contract.Credit(member_id=wang, share=0.25)),
        ),
        PaymentReceived(
            **whose,
            payment_id="payment-1",
            amount=200_000,
            currency="CNY",
            received_on=date.fromisoformat(today),
        ),
        DealReopened(**standard, **later, from_outcome="won", stage="negotiation", reason="not-signed"),
        DealLost(**standard, **later, stage="negotiation", reason="price"),
    ]
    envelopes = [envelope for envelope in log if envelope.subject == opened["deal_id"]]
    assert [envelope.sequence for envelope in envelopes] == list(range(1, 10))
    assert {envelope.partitionkey for envelope in envelopes} == {opened["deal_id"]}


async def test_a_deal_opened_several_times_under_one_key_is_one_deal_with_one_event(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    customer_id = await customer_of(customers, people, "li")
    headers = people.as_("li")
    body = {"customer_id": customer_id, "amount": 1}

    answers = await asyncio.gather(*(customers.post("/deals", json=body, headers=headers) for _ in range(4)))
    other = await customers.post("/deals", json={**body, "amount": 2}, headers=headers)

    asked = {"customer_id": customer_id}
    (only,) = (await customers.get("/deals", headers=people.as_("li"), params=asked)).json()["items"]
    assert [answer.json() for answer in answers] == [only] * 4
    assert sorted("Idempotent-Replayed" in answer.headers for answer in answers) == [False, True, True, True]
    assert (other.status_code, code(other.json())) == (422, "idempotency-key-reused")
    await posted(customers, f"/deals/{only['deal_id']}/lose", people.as_("li"), 200, version=1, reason="price")
    assert [type(event) for event in await said(log, only["deal_id"], 2)] == [DealOpened, DealLost]


async def test_a_deal_is_won_once_however_often_the_request_comes(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    deal_id = await deal_of(customers, people, "li")
    headers = people.as_("li")

    first = await posted(customers, f"/deals/{deal_id}/win", headers, 200, version=1)
    await posted(customers, f"/deals/{deal_id}/reopen", people.as_("li"), 200, version=2)
    late = await customers.post(f"/deals/{deal_id}/win", json={"version": 1}, headers=headers)

    assert first["state"] == "won"
    assert (late.status_code, late.headers["Idempotent-Replayed"], late.json()["state"]) == (200, "true", "open")
    assert [type(event) for event in await said(log, deal_id, 3)] == [DealOpened, DealWon, DealReopened]


async def test_of_several_stage_moves_at_once_one_is_made_and_the_others_hear_of_the_conflict(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    deal_id = await deal_of(customers, people, "li")

    answers = await asyncio.gather(
        *(
            customers.post(
                f"/deals/{deal_id}/stage", json={"version": 1, "to_stage": to_stage}, headers=people.as_("li")
            )
            for to_stage in ("contacted", "proposal") * 3
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await customers.get(f"/deals/{deal_id}", headers=people.as_("li"))).json() == won
    await posted(customers, f"/deals/{deal_id}/win", people.as_("li"), 200, version=2)
    assert [type(event) for event in await said(log, deal_id, 3)] == [DealOpened, StageChanged, DealWon]


@pytest.mark.parametrize("noun", ["customers", "deals"])
async def test_everybody_sees_what_is_in_his_row_scope(customers: httpx.AsyncClient, people: People, noun: str) -> None:
    made = {"customers": customer_of, "deals": deal_of}[noun]
    id_ = await made(customers, people, "li")

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
    deal_id = await deal_of(customers, people, "li")

    answer = await customers.post(f"/deals/{deal_id}/win", json={"version": 1}, headers=people.as_(name))

    assert answer.status_code == status
    assert (await customers.get(f"/deals/{deal_id}", headers=people.as_("li"))).json()["state"] == "open"


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
    deal_id = await deal_of(customers, people, "li")

    answer = await posted(customers, f"/deals/{deal_id}/{move}", people.as_("li"), 422, **{"version": 1, **body})

    assert (code(answer), answer["errors"][0]["field"]) == problem


async def test_deals_are_listed_by_pipeline_stage_owner_and_state_page_by_page(
    customers: httpx.AsyncClient, people: People
) -> None:
    pipeline = f"listed-{new_event_id()[-6:]}"
    stages = [{"stage": stage, "name": stage, "probability": 0.5} for stage in ("first", "second")]
    await posted(customers, "/pipelines", people.as_("admin"), pipeline_id=pipeline, name="Listed", stages=stages)
    made = [
        await deal_of(customers, people, name, pipeline=pipeline, stage=stage)
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
