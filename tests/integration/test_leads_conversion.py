"""A lead becomes a customer, with contacts and a deal, over the services that own them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.listening import listening
from tests.people import People, gather
from tests.serving import Service, serving

Services = dict[str, Service]


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "leads", "customers"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: Services) -> People:
    return gather(services["directory"])


async def sent(service: Service, path: str, headers: dict[str, str], **body: Any) -> httpx.Response:
    async with service.client(None) as client:
        return await client.post(path, json=body, headers=headers)


async def read(service: Service, path: str, people: People, who: str = "li") -> dict[str, Any]:
    async with service.client(None) as client:
        answer = await client.get(path, headers=people.as_(who))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def captured(services: Services, people: People, **told: Any) -> dict[str, Any]:
    firm = f"Hefei {new_event_id()[-8:]}"
    body = {
        "channel": "fair",
        "company_name": firm,
        "contact": {"name": f"Ann {firm}", "phone": None, "mail": f"ann@{firm[6:]}.example"},
        "value_estimate": 120_000,
        "product_ids": ["pump"],
        **told,
    }
    answer = await sent(services["leads"], "/leads", people.as_("li"), **body)
    assert answer.status_code == 201, answer.text
    lead: dict[str, Any] = answer.json()
    return lead


async def converted(services: Services, people: People, lead: dict[str, Any], **wish: Any) -> httpx.Response:
    path = f"/leads/{lead['lead_id']}/convert"
    return await sent(services["leads"], path, people.as_("li"), version=lead["version"], **wish)


async def test_a_lead_becomes_a_customer_with_its_contact_and_a_deal_of_its_owner(
    services: Services, people: People, settings: Settings
) -> None:
    lead = await captured(services, people)

    answer = await converted(services, people, lead, deal={"pipeline": "standard", "name": "First order"})

    assert answer.status_code == 200, answer.text
    made = answer.json()["results"]["finish"]
    customer = await read(services["customers"], f"/customers/{made['customer_id']}", people)
    contacts = await read(services["customers"], f"/customers/{made['customer_id']}/contacts", people)
    deal = await read(services["customers"], f"/deals/{made['deal_id']}", people)
    now = await read(services["leads"], f"/leads/{lead['lead_id']}", people)
    assert (customer["name"], customer["lead_id"], customer["owner_id"], customer["channel"]) == (
        lead["company_name"],
        lead["lead_id"],
        people.ids["li"],
        "fair",
    )
    assert [(one["name"], one["mail"]) for one in contacts["contacts"]] == [
        (lead["contact"]["name"], lead["contact"]["mail"])
    ]
    assert (deal["amount"], deal["product_ids"], deal["name"], deal["owner_id"]) == (
        120_000,
        ["pump"],
        "First order",
        people.ids["li"],
    )
    assert now["state"] == "converted"
    async with listening(settings, "leads", "customers", "deals") as heard:

        async def told() -> dict[str, Any]:
            return {envelope.type: envelope for envelope in heard}

        found = await eventually(told, lambda known: {"lead-converted", "deal-opened", "contact-added"} <= set(known))
    assert {found[type_].correlationid for type_ in ("lead-converted", "customer-created", "deal-opened")} == {
        answer.headers["x-request-id"]
    }
    assert {found[type_].actor for type_ in ("lead-converted", "customer-created", "deal-opened")} == {people.ids["li"]}
    assert lead["contact"]["name"] not in str([envelope.data for envelope in heard])


async def test_the_same_request_again_is_the_same_conversion(services: Services, people: People) -> None:
    lead = await captured(services, people)
    headers = people.as_("li")
    path = f"/leads/{lead['lead_id']}/convert"

    first = await sent(services["leads"], path, headers, version=1)
    again = await sent(services["leads"], path, headers, version=1)

    assert (again.status_code, again.json()["saga_id"]) == (200, first.json()["saga_id"])
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_customer_that_is_there_already_leaves_the_lead_as_it_was_and_may_be_named_instead(
    services: Services, people: People
) -> None:
    lead = await captured(services, people)
    known = await sent(services["customers"], "/customers", people.as_("li"), name=lead["company_name"])
    customer_id = known.json()["customer_id"]

    refused = await converted(services, people, lead, duplicates="refuse")
    after = await read(services["leads"], f"/leads/{lead['lead_id']}", people)
    into = await converted(services, people, after, customer_id=customer_id)

    assert refused.status_code == 422, refused.text
    assert (after["state"], after["owner_id"]) == (lead["state"], lead["owner_id"])
    assert into.json()["results"]["customer"] == {"customer_id": customer_id, "entered": False}
    contacts = await read(services["customers"], f"/customers/{customer_id}/contacts", people)
    assert [one["name"] for one in contacts["contacts"]] == [lead["contact"]["name"]]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"deal": {"pipeline": "unheard-of"}}, "unknown-pipeline"),
        ({"deal": {"pipeline": "standard", "stage": "nowhere"}}, "unknown-stage"),
        ({"customer_id": "nobody"}, "not-found"),
    ],
)
async def test_a_wish_that_cannot_be_met_begins_nothing(
    services: Services, people: People, wish: dict[str, Any], code: str
) -> None:
    lead = await captured(services, people)

    answer = await converted(services, people, lead, **wish)

    assert answer.json()["type"] == f"urn:drumbeat:problem:{code}"
    assert await read(services["leads"], f"/leads/{lead['lead_id']}", people) == lead


async def test_nobody_converts_into_a_customer_he_may_not_see(services: Services, people: People) -> None:
    lead = await captured(services, people)
    other = await sent(services["customers"], "/customers", people.as_("wang"), name=f"South {lead['lead_id']}")

    answer = await converted(services, people, lead, customer_id=other.json()["customer_id"])

    assert answer.status_code == 404


async def test_a_lead_under_conversion_is_neither_changed_nor_converted_again_and_goes_on_by_itself(
    services: Services, people: People
) -> None:
    lead = await captured(services, people)
    lead_id = lead["lead_id"]
    services["customers"].stop()

    begun = await converted(services, people, lead)
    kept = await read(services["leads"], f"/leads/{lead_id}", people)
    changed = await sent(
        services["leads"], f"/leads/{lead_id}/disqualify", people.as_("li"), version=kept["version"], reason="no-budget"
    )
    again = await converted(services, people, kept)
    services["customers"].launch()
    services["customers"].wait()

    async def saga() -> dict[str, Any]:
        return await read(services["leads"], f"/sagas/{begun.json()['saga_id']}", people)

    assert (begun.status_code, begun.json()["step"], kept["state"]) == (202, "customer", "converting")
    assert "customers service does not answer" in begun.json()["trouble"]
    assert changed.status_code in (409, 422)
    assert again.status_code == 422
    assert (await eventually(saga, lambda told: told["state"] == "done"))["results"]["finish"]["customer_id"]
    async with services["leads"].client(None) as client:
        unseen = await client.get(f"/sagas/{begun.json()['saga_id']}", headers=people.as_("wang"))
    assert unseen.status_code == 404
