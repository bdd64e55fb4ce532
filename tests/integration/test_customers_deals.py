"""Pipelines that change, and the money behind deals, on the real store and the real log."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from backbone.broker import Publisher, Record
from backbone.contract.codec import encode
from backbone.contract.deals import (
    ContractAdvanced,
    ContractSigned,
    DealOpened,
    DealRevised,
    DealWon,
    PaymentDue,
    PaymentMatched,
    PaymentReceived,
    PipelineChanged,
    QuoteAnswered,
    QuoteSent,
    StageChanged,
)
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.contract.ids import derived_event_id, new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import code, posted, said
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, bearer, serving

Sent = dict[str, Any]


@dataclass(frozen=True)
class House:
    """The services, the people, and a key of finance."""

    services: dict[str, Service]
    people: People
    finance: dict[str, str]


@pytest.fixture(scope="module")
def house(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "customers"]) as services:
        people = gather(services["directory"])
        admin = people.keys["admin"]
        with httpx.Client(
            base_url=services["directory"].url, headers=dict(admin), timeout=30, trust_env=False
        ) as client:
            made = client.post("/keys", json={"role": "finance", "label": "the bank desk"})
            assert made.status_code == 201, made.text
            yield House(services, people, bearer(made.json()["key"]))


@pytest.fixture
async def customers(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.services["customers"].client(None) as client:
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "deals", "dead-letters") as heard:
        yield heard


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    publisher = Publisher(settings)
    yield publisher
    await publisher.close()


def today(settings: Settings) -> date:
    return datetime.now(ZoneInfo(settings.time_zone)).date()


async def customer_of(client: httpx.AsyncClient, people: People, who: str) -> str:
    name = f"Works {new_event_id()}"
    return str((await posted(client, "/customers", people.as_(who), name=name))["customer_id"])


async def deal_of(client: httpx.AsyncClient, people: People, who: str = "li", **body: Any) -> Sent:
    customer_id = await customer_of(client, people, who)
    return await posted(client, "/deals", people.as_(who), **{"customer_id": customer_id, "amount": 500_000, **body})


def stages(*names: str, **rules: Sent) -> list[Sent]:
    return [{"stage": name, "name": name.title(), "probability": 0.5, **rules.get(name, {})} for name in names]


async def read(client: httpx.AsyncClient, path: str, headers: Any, **params: Any) -> Any:
    answer = await client.get(path, headers=dict(headers), params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def changed(client: httpx.AsyncClient, path: str, headers: Any, status: int, **body: Any) -> Sent:
    answer = await client.put(path, json=body, headers=dict(headers))
    assert answer.status_code == status, answer.text
    found: Sent = answer.json()
    return found


async def test_a_stage_in_use_does_not_go_without_a_word_and_its_deals_follow_the_word(
    customers: httpx.AsyncClient, house: House, log: Heard
) -> None:
    people, name = house.people, f"rental-{new_event_id()[-6:]}"
    admin = people.as_("admin")
    made = await posted(
        customers, "/pipelines", admin, pipeline_id=name, name="Rental", stages=stages("asked", "tried", "agreed")
    )
    deals = [await deal_of(customers, people, pipeline=name, stage="tried") for _ in range(3)]
    fewer: Sent = {"version": made["version"], "name": "Rental", "stages": stages("asked", "agreed")}

    refused = await changed(customers, f"/pipelines/{name}", people.as_("admin"), 422, **fewer)
    done = await changed(customers, f"/pipelines/{name}", people.as_("admin"), 200, **fewer, moved={"tried": "agreed"})

    assert (code(refused), "3 open deals" in refused["detail"]) == ("stage-in-use", True)
    assert (done["revision"], [stage["stage"] for stage in done["stages"]]) == (2, ["asked", "agreed"])
    for deal in deals:
        _, moved = await said(log, deal["deal_id"], 2)
        assert isinstance(moved, StageChanged)
        assert (moved.from_stage, moved.to_stage, moved.direction) == ("tried", "agreed", "mapped")
    first, second = (one for one in log.of(name) if isinstance(one, PipelineChanged))
    assert ([stage.stage for stage in first.stages], first.revision) == (["asked", "tried", "agreed"], 1)
    assert (second.revision, second.moved_stages) == (2, {"tried": "agreed"})

    async def settled() -> bool:
        return bool((await read(customers, f"/pipelines/{name}", people.as_("li")))["settled"])

    await eventually(settled)
    (before,) = (await read(customers, f"/pipelines/{name}/revisions", people.as_("li")))["revisions"]
    assert ([stage["stage"] for stage in before["stages"]], before["moved"]) == (
        ["asked", "tried", "agreed"],
        {"tried": "agreed"},
    )


async def test_a_lost_deal_is_reopened_in_the_stage_that_stands_for_its_own_by_now(
    customers: httpx.AsyncClient, house: House
) -> None:
    people, name = house.people, f"lease-{new_event_id()[-6:]}"
    made = await posted(
        customers, "/pipelines", people.as_("admin"), pipeline_id=name, name="Lease", stages=stages("asked", "tried")
    )
    deal = await deal_of(customers, people, pipeline=name, stage="tried")
    path = f"/deals/{deal['deal_id']}"
    await posted(customers, f"{path}/lose", people.as_("li"), 200, version=1, reason="price")
    only: Sent = {"version": made["version"], "name": "Lease", "stages": stages("asked")}
    await changed(customers, f"/pipelines/{name}", people.as_("admin"), 200, **only)

    back = await posted(customers, f"{path}/reopen", people.as_("li"), 200, version=2)

    assert (back["stage"], back["state"]) == ("asked", "open")
    history = (await read(customers, f"{path}/history", people.as_("li")))["history"]
    assert [step["turn"] for step in history] == ["opened", "lost", "reopened"]


async def test_a_stage_is_left_with_what_it_needs_and_a_stay_that_is_too_long_is_listed(
    customers: httpx.AsyncClient, house: House, settings: Settings
) -> None:
    people, name = house.people, f"strict-{new_event_id()[-6:]}"
    rules: dict[str, Sent] = {
        "offer": {"exit_rules": ["quote-sent", "contact"], "longest_stay_seconds": 3600},
        "close": {"required": ["expected-close"]},
    }
    await posted(
        customers,
        "/pipelines",
        people.as_("admin"),
        pipeline_id=name,
        name="Strict",
        stages=stages("offer", "close", **rules),
        product_ids=[f"p-{name}"],
    )
    day_ago = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    deal = await deal_of(customers, people, product_ids=[f"p-{name}"], opened_at=day_ago)
    path, li = f"/deals/{deal['deal_id']}", people.as_("li")
    assert (deal["pipeline"], deal["stage"]) == (name, "offer")

    stays = await read(customers, "/deals/overdue-stays", li, pipeline=name)
    elsewhere = await read(customers, "/deals/overdue-stays", people.as_("wang"), pipeline=name)
    refused = await posted(customers, f"{path}/stage", people.as_("li"), 422, version=1, to_stage="close")

    assert ([stay["deal_id"] for stay in stays], elsewhere) == ([deal["deal_id"]], [])
    assert 22 * 3600 < stays[0]["overdue_seconds"] < 24 * 3600
    assert (code(refused), refused["errors"][0]["field"]) == ("something-missing", "/to_stage")
    assert "a quote that was sent, a contact at the customer's" in refused["detail"]
    contacts = f"/customers/{deal['customer_id']}/contacts"
    await posted(customers, contacts, people.as_("li"), version=1, name="Ann Zhao")
    drafted = await posted(customers, f"{path}/quotes", people.as_("li"), version=1, amount=450_000)
    sent = f"{path}/quotes/{drafted['quotes'][0]['quote_id']}/send"
    await posted(customers, sent, people.as_("li"), 200, version=2)
    lacking = await posted(customers, f"{path}/stage", people.as_("li"), 422, version=3, to_stage="close")
    assert "an expected close" in lacking["detail"]
    await posted(customers, f"{path}/revise", people.as_("li"), 200, version=3, expected_close_on="2030-01-31")
    moved = await posted(customers, f"{path}/stage", people.as_("li"), 200, version=4, to_stage="close")
    assert moved["stage"] == "close"


@dataclass
class Signed:
    """A deal with a signed contract in two halves, the first overdue, the second due today."""

    deal_id: str
    customer_id: str
    contract_id: str
    number: str
    version: int


async def signed(client: httpx.AsyncClient, house: House, day: date) -> Signed:
    people = house.people
    deal = await deal_of(client, people)
    path, number = f"/deals/{deal['deal_id']}/contracts", f"HT-{new_event_id()[-8:]}"
    plan = [
        {"due_on": (day - timedelta(days=10)).isoformat(), "share": 0.5},
        {"due_on": day.isoformat(), "share": 0.5},
    ]
    drafted = await posted(client, path, people.as_("li"), version=1, number=number, amount=500_001, plan=plan)
    contract_id = drafted["contracts"][0]["contract_id"]
    one = f"{path}/{contract_id}"
    await posted(client, f"{one}/submit", people.as_("li"), 200, version=2)
    await posted(client, f"{one}/approve", house.finance, 200, version=3)
    told = await posted(client, f"{one}/sign", people.as_("li"), 200, version=4, signed_on=day.isoformat())
    assert [part["amount"] for part in told["contracts"][0]["plan"]] == [250_001, 250_000]
    return Signed(deal["deal_id"], deal["customer_id"], contract_id, number, told["version"])


async def test_an_instalment_falls_due_once_also_when_the_service_is_killed_and_started_again(
    customers: httpx.AsyncClient, house: House, log: Heard, settings: Settings
) -> None:
    day = today(settings)
    deal = await signed(customers, house, day)
    service = house.services["customers"]
    service.kill()
    await asyncio.to_thread(service.launch)
    await asyncio.to_thread(service.wait)

    async def fallen() -> list[Envelope]:
        return [one for one in log if one.subject == deal.deal_id and isinstance(one.data, PaymentDue)]

    events = await eventually(fallen, lambda found: len({one.id for one in found}) >= 2)
    # Another deal's instalments come after: had these fallen due twice, it would show by then.
    later = await signed(customers, house, day)
    await eventually(lambda: _told(log, later.deal_id), lambda count: count >= 2)

    events = list({one.id: one for one in await fallen()}.values())
    begins = [
        datetime.combine(on, datetime.min.time(), ZoneInfo(settings.time_zone))
        for on in (day - timedelta(days=10), day)
    ]
    keys = [f"due|{deal.deal_id}|{deal.contract_id}|{place}" for place in (1, 2)]
    assert [one.id for one in events] == [
        derived_event_id("/services/customers", key, at) for key, at in zip(keys, begins, strict=True)
    ]
    assert [(one.data.amount, one.time) for one in events if isinstance(one.data, PaymentDue)] == [
        (250_001, begins[0]),
        (250_000, begins[1]),
    ]


async def _told(log: Heard, deal_id: str) -> int:
    return len({one.id for one in log if one.subject == deal_id and isinstance(one.data, PaymentDue)})


async def test_what_is_overdue_is_listed_by_customer_and_owner_until_it_is_paid(
    customers: httpx.AsyncClient, house: House, log: Heard, settings: Settings
) -> None:
    people, day = house.people, today(settings)
    deal = await signed(customers, house, day)
    asked = {"customer_id": deal.customer_id}

    (late,) = (await read(customers, "/receivables", house.finance, **asked))["items"]
    every = (await read(customers, "/receivables", people.as_("li"), overdue=False, **asked))["items"]
    others = (await read(customers, "/receivables", people.as_("wang"), **asked))["items"]
    debts = await read(customers, "/receivables/summary", house.finance)

    assert (late["days_overdue"], late["left"], late["contract_number"]) == (10, 250_001, deal.number)
    assert [one["days_overdue"] for one in every] == [10, 0]
    assert others == []
    (debt,) = [one for one in debts if one["id"] == deal.customer_id]
    assert (debt["left"], debt["days_overdue"], debt["instalments"]) == (250_001, 10, 1)
    by_owner = await read(customers, "/receivables/summary", people.as_("li"), by="owner")
    assert [one["id"] for one in by_owner] == [people.ids["li"]]

    async def version() -> int:
        await eventually(lambda: _told(log, deal.deal_id), lambda count: count >= 2)
        return int((await read(customers, f"/deals/{deal.deal_id}", house.finance))["version"])

    money: Sent = {"payment_id": "p-1", "amount": 300_000, "received_on": day.isoformat()}
    path = f"/deals/{deal.deal_id}/payments"
    assert code(await posted(customers, path, people.as_("li"), 403, version=1, **money)) == "wrong-role"
    paid = await posted(customers, path, house.finance, version=await version(), **money)

    assert paid["owed_since"] == day.isoformat()
    assert (await read(customers, "/receivables", house.finance, **asked))["items"] == []
    (contract,) = (await read(customers, f"/deals/{deal.deal_id}/contracts", people.as_("li")))["contracts"]
    assert [(part["paid"], part["left"]) for part in contract["plan"]] == [(250_001, 0), (49_999, 200_001)]


async def test_a_contract_number_is_given_once_however_many_ask_for_it_at_once(
    customers: httpx.AsyncClient, house: House
) -> None:
    people, number = house.people, f"HT-{new_event_id()[-8:]}"
    deals = [(await deal_of(customers, people))["deal_id"] for _ in range(6)]

    answers = await asyncio.gather(
        *(
            customers.post(
                f"/deals/{deal_id}/contracts",
                json={"version": 1, "number": number, "amount": 1},
                headers=people.as_("li"),
            )
            for deal_id in deals
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 5]
    assert {code(answer.json()) for answer in answers if answer.status_code == 422} == {"number-taken"}


async def test_who_submitted_a_contract_does_not_approve_it_and_a_rep_approves_none(
    customers: httpx.AsyncClient, house: House, log: Heard
) -> None:
    people = house.people
    deal = await deal_of(customers, people)
    path = f"/deals/{deal['deal_id']}/contracts"
    number = f"HT-{new_event_id()[-8:]}"
    drafted = await posted(customers, path, people.as_("li"), version=1, number=number, amount=500_000)
    one = f"{path}/{drafted['contracts'][0]['contract_id']}"
    await posted(customers, f"{one}/submit", people.as_("chen"), 200, version=2)

    by_rep = await posted(customers, f"{one}/approve", people.as_("li"), 403, version=3)
    by_submitter = await posted(customers, f"{one}/approve", people.as_("chen"), 422, version=3)
    waiting = await read(customers, "/contracts", house.finance, state="submitted", customer_id=deal["customer_id"])
    sheet = await customers.get("/contracts?state=submitted&format=csv", headers=house.finance)
    back = await posted(customers, f"{one}/return", house.finance, 200, version=3, reason="too-cheap")

    assert (code(by_rep), code(by_submitter)) == ("wrong-role", "own-contract")
    assert [found["number"] for found in waiting["items"]] == [number]
    assert number in sheet.text
    assert (back["contracts"][0]["state"], back["contracts"][0]["reason"]) == ("drafted", "too-cheap")
    told = [one for one in await said(log, deal["deal_id"], 4) if isinstance(one, ContractAdvanced)]
    assert [(step.from_state, step.to_state) for step in told] == [
        (None, "drafted"),
        ("drafted", "submitted"),
        ("submitted", "drafted"),
    ]


async def test_finance_writes_quotes_contracts_and_payments_and_leaves_the_deal_alone(
    customers: httpx.AsyncClient, house: House
) -> None:
    deal = await deal_of(customers, house.people)
    path = f"/deals/{deal['deal_id']}"

    await posted(customers, f"{path}/quotes", house.finance, version=1, amount=1)
    refused = await posted(customers, f"{path}/win", house.finance, 403, version=2)

    assert code(refused) == "wrong-role"


async def test_a_quote_goes_out_in_versions_and_the_customer_accepts_the_last(
    customers: httpx.AsyncClient, house: House, log: Heard, settings: Settings
) -> None:
    people = house.people
    deal = await deal_of(customers, people)
    path = f"/deals/{deal['deal_id']}/quotes"
    lines = [{"product_id": "pump", "quantity": 3, "unit_amount": 100_000}]
    drafted = await posted(customers, path, people.as_("li"), version=1, lines=lines)
    one = f"{path}/{drafted['quotes'][0]['quote_id']}"
    await posted(customers, f"{one}/send", people.as_("li"), 200, version=2)
    await changed(customers, one, people.as_("li"), 200, version=3, amount=280_000, lines=lines)
    await posted(customers, f"{one}/send", people.as_("li"), 200, version=4)

    told = await posted(customers, f"{one}/answer", people.as_("li"), 200, version=5, answer="accepted")

    assert [(quote["revision"], quote["state"], quote["amount"]) for quote in told["quotes"]] == [
        (1, "replaced", 300_000),
        (2, "accepted", 280_000),
    ]
    events = await said(log, deal["deal_id"], 4)
    assert [(type(event), getattr(event, "revision", None)) for event in events] == [
        (DealOpened, None),
        (QuoteSent, 1),
        (QuoteSent, 2),
        (QuoteAnswered, 2),
    ]


def outside(*told: tuple[EventData, int | None]) -> Sequence[Envelope]:
    at = datetime.now(UTC) - timedelta(hours=3)
    return [
        seal(data, source="urn:erp", time=at + timedelta(minutes=place), sequence=sequence)
        for place, (data, sequence) in enumerate(told)
    ]


async def publish(publisher: Publisher, envelopes: Sequence[Envelope]) -> None:
    await publisher.publish_many([Record("deals", one.partitionkey.encode(), encode(one)) for one in envelopes])


async def test_a_deal_of_an_outside_system_is_adopted_once_and_goes_on_here(
    customers: httpx.AsyncClient, house: House, log: Heard, publisher: Publisher
) -> None:
    people, deal_id = house.people, f"erp:{new_event_id()}"
    whose: Sent = {"deal_id": deal_id, "owner_id": people.ids["li"], "team_id": people.teams["north"]}
    worth: Sent = {**whose, "pipeline": "standard", "amount": 70_000, "currency": "CNY"}
    events = outside(
        (DealOpened(**worth, stage="lead-in", customer_id="erp:hefei"), 3),
        (StageChanged(**worth, from_stage="lead-in", to_stage="proposal"), 5),
        (StageChanged(**worth, from_stage="lead-in", to_stage="contacted"), 4),
        (
            ContractSigned(
                **whose, contract_id=f"HT-{deal_id}", amount=70_000, currency="CNY", signed_on=date(2026, 1, 5)
            ),
            6,
        ),
    )
    await publish(publisher, [*events, *events])

    async def adopted() -> Sent:
        found: Sent = (await customers.get(f"/deals/{deal_id}", headers=people.as_("li"))).json()
        return found

    deal = await eventually(adopted, lambda found: found.get("version", 0) >= 6)
    won = await posted(customers, f"/deals/{deal_id}/win", people.as_("li"), 200, version=deal["version"])

    assert (deal["version"], deal["stage"], deal["customer_id"], won["state"]) == (6, "proposal", "erp:hefei", "won")
    told = await eventually(lambda: _ours(log, deal_id))
    assert [(type(one.data), one.sequence) for one in told] == [(DealWon, 7)]


async def _ours(log: Heard, deal_id: str) -> list[Envelope]:
    return [one for one in log if one.subject == deal_id and one.source == "/services/customers"]


async def test_money_from_outside_finds_its_deal_by_the_contracts_number_or_waits_to_be_matched_by_hand(
    customers: httpx.AsyncClient, house: House, log: Heard, publisher: Publisher, settings: Settings
) -> None:
    day = today(settings)
    deal = await signed(customers, house, day)
    own = new_event_id()[-6:]
    money: Sent = {"owner_id": None, "currency": "CNY", "received_on": day}
    by_number = PaymentReceived(**money, payment_id=f"n-{own}", contract_number=deal.number, amount=250_001)
    by_deal = PaymentReceived(**money, payment_id=f"d-{own}", deal_id=deal.deal_id, amount=50_000)
    by_nothing = PaymentReceived(**money, payment_id=f"x-{own}", amount=200_000)
    in_euro = PaymentReceived(**{**money, "currency": "EUR"}, payment_id=f"e-{own}", deal_id=deal.deal_id, amount=1)
    told = outside(*((one, None) for one in (by_number, by_deal, by_nothing, in_euro)))
    await publish(publisher, [*told, *told])

    async def waiting() -> dict[str, Sent]:
        items = (await read(customers, "/payments/unmatched", house.finance, limit=200))["items"]
        return {one["payment_id"]: one for one in items if one["payment_id"].endswith(own)}

    kept = await eventually(waiting, lambda found: len(found) >= 2)
    assert {id_: one["reason"] for id_, one in kept.items()} == {
        f"x-{own}": "nothing-named",
        f"e-{own}": "other-currency",
    }
    assert (await read(customers, "/payments/unmatched", house.people.as_("li")))["items"] == []

    async def laid() -> list[str]:
        found = (await read(customers, f"/deals/{deal.deal_id}", house.finance))["payments"]
        return sorted(one["payment_id"] for one in found)

    await eventually(laid, lambda ids: ids == sorted([f"n-{own}", f"d-{own}"]))
    body: Sent = {"version": 1, "deal_id": deal.deal_id}
    once = {**house.finance, "Idempotency-Key": new_event_id()}
    matched = await posted(customers, f"/payments/x-{own}/match", once, 200, **body)
    await posted(customers, f"/payments/x-{own}/match", once, 200, **body)

    assert (matched["state"], matched["matched_deal_id"]) == ("matched", deal.deal_id)
    assert sorted(await laid()) == sorted([f"n-{own}", f"d-{own}", f"x-{own}"])
    assert set(await waiting()) == {f"e-{own}"}

    async def matches() -> set[tuple[str, str]]:
        return {(one.payment_id, one.matched_by) for one in log.of(deal.deal_id) if isinstance(one, PaymentMatched)}

    await eventually(matches, lambda found: found == {(f"n-{own}", "contract-number"), (f"x-{own}", "hand")})
    assert (await read(customers, f"/deals/{deal.deal_id}", house.finance))["owed_since"] is None


async def test_money_that_two_desks_match_at_once_goes_to_one_deal(
    customers: httpx.AsyncClient, house: House, publisher: Publisher, settings: Settings
) -> None:
    day, payment_id = today(settings), f"two-{new_event_id()}"
    deals = [(await signed(customers, house, day)).deal_id for _ in range(2)]
    money = PaymentReceived(owner_id=None, payment_id=payment_id, amount=7, currency="CNY", received_on=day)
    await publish(publisher, outside((money, None)))

    async def waits() -> bool:
        items = (await read(customers, "/payments/unmatched", house.finance, limit=200))["items"]
        return payment_id in {one["payment_id"] for one in items}

    await eventually(waits)

    answers = await asyncio.gather(
        *(
            customers.post(
                f"/payments/{payment_id}/match", json={"version": 1, "deal_id": deal_id}, headers=house.finance
            )
            for deal_id in deals * 3
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    holding = [deal_id for deal_id in deals if (await read(customers, f"/deals/{deal_id}", house.finance))["payments"]]
    assert holding == [next(one.json()["matched_deal_id"] for one in answers if one.status_code == 200)]


async def test_lines_give_the_deal_its_amount_and_credits_come_to_the_last_unit(
    customers: httpx.AsyncClient, house: House, log: Heard
) -> None:
    people = house.people
    lines = [
        {"product_id": "pump", "quantity": 3, "unit_amount": 33_333},
        {"product_id": "valve", "quantity": 1, "amount": 2},
    ]
    shares = [{"member_id": people.ids[name], "share": 0.5} for name in ("li", "mei")]
    deal = await deal_of(customers, people, amount=None, lines=lines, credits=shares)

    dearer = await posted(
        customers,
        f"/deals/{deal['deal_id']}/revise",
        people.as_("li"),
        200,
        version=1,
        lines=lines[:1],
        competitors=[{"competitor": "rivals", "note": "they know the director"}],
    )

    assert (deal["amount"], deal["amount_stated"]) == (100_001, False)
    assert [one["amount"] for one in deal["credited"]] == [50_001, 50_000]
    assert (dearer["amount"], dearer["competitors"][0]["competitor"]) == (99_999, "rivals")
    told = (await said(log, deal["deal_id"], 2))[1]
    assert isinstance(told, DealRevised)
    assert (told.from_amount, told.amount, told.competitors) == (100_001, 99_999, ("rivals",))
    whole = b"".join(encode(envelope) for envelope in log if envelope.subject == deal["deal_id"])
    assert b"director" not in whole
