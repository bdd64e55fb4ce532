"""Quotes and contracts, and what finance may write."""

import asyncio

import httpx

from backbone.contract.codec import encode
from backbone.contract.deals import DealOpened, DealRevised
from backbone.contract.ids import new_event_id
from backbone.contract.papers import ContractAdvanced, QuoteAnswered, QuoteSent
from backbone.settings import Settings
from tests.conversation import code, posted, read, said
from tests.integration.deals.asked import House, changed
from tests.listening import Heard
from tests.selling import deal_of


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
