"""Finding customers and people, who shares them, and everything about one of them in one call."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.codec import encode
from backbone.contract.customers import ContactRemoved
from backbone.settings import Settings
from tests.conversation import code, posted, said
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, serving

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "customers", "activities"]) as running:
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
    async with listening(settings, "customers") as heard:
        yield heard


async def entered(client: httpx.AsyncClient, people: People, who: str, name: str, **body: Any) -> str:
    return str((await posted(client, "/customers", people.as_(who), name=name, **body))["customer_id"])


async def known_at(client: httpx.AsyncClient, people: People, who: str, id_: str, version: int, **person: Any) -> str:
    told = await posted(client, f"/customers/{id_}/contacts", people.as_(who), version=version, **person)
    return str(told["contacts"][-1]["contact_id"])


async def hits(client: httpx.AsyncClient, people: People, who: str, q: str) -> list[tuple[str, str, int]]:
    answer = await client.get("/customers/search", params={"q": q, "limit": 100}, headers=people.as_(who))
    assert answer.status_code == 200, answer.text
    return [(hit["customer"]["customer_id"], hit["how"], len(hit["contacts"])) for hit in answer.json()["items"]]


async def test_a_customer_and_its_people_are_found_by_any_part_of_what_is_known(
    customers: httpx.AsyncClient, people: People
) -> None:
    id_ = await entered(
        customers, people, "li", "上海星河机械有限公司", tax_id="91350100M000100Y43", phone="021 7777 0001"
    )
    await known_at(customers, people, "li", id_, 1, name="王晓月", phone="138 1111 2222", mail="yue@xinghe.cn")

    by_own = {q: await hits(customers, people, "li", q) for q in ("星河", "shxhjx", "7777 0001", "91350100m")}
    by_person = {q: await hits(customers, people, "li", q) for q in ("晓月", "11112222", "yue@xing", "xinghe.cn")}

    assert by_own == {
        "星河": [(id_, "within", 0)],
        "shxhjx": [(id_, "whole", 0)],
        "7777 0001": [(id_, "within", 0)],
        "91350100m": [(id_, "beginning", 0)],
    }
    assert by_person == {question: [(id_, "contact", 1)] for question in by_person}


async def test_only_what_is_in_the_row_scope_is_found_and_figure_readers_find_no_people(
    customers: httpx.AsyncClient, people: People
) -> None:
    id_ = await entered(customers, people, "li", "远山贸易")
    await known_at(customers, people, "li", id_, 1, name="钱多多")

    by_name = {
        who: await hits(customers, people, who, "远山") for who in ("li", "mei", "chen", "wang", "viewer", "admin")
    }
    by_person = {who: await hits(customers, people, who, "钱多多") for who in ("chen", "viewer")}

    seen = [(id_, "beginning", 0)]
    assert by_name == {"li": seen, "mei": [], "chen": seen, "wang": [], "viewer": seen, "admin": seen}
    assert by_person == {"chen": [(id_, "contact", 1)], "viewer": []}


async def test_a_name_that_was_corrected_is_found_by_the_new_one_only(
    customers: httpx.AsyncClient, people: People
) -> None:
    id_ = await entered(customers, people, "li", "旧名电子")
    await posted(customers, f"/customers/{id_}/revise", people.as_("li"), 200, version=1, name="新称电子")

    assert await hits(customers, people, "li", "旧名") == []
    assert await hits(customers, people, "li", "新称") == [(id_, "beginning", 0)]


async def test_a_question_of_one_letter_is_refused(customers: httpx.AsyncClient, people: People) -> None:
    answer = await customers.get("/customers/search", params={"q": "华"}, headers=people.as_("li"))

    assert (answer.status_code, code(answer.json())) == (422, "too-short")


async def test_a_person_is_forgotten_wherever_he_is_known_and_the_log_stays(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    one, two = [await entered(customers, people, "li", name) for name in ("忘记一号", "忘记二号")]
    first = await known_at(customers, people, "li", one, 1, name="Zhao Min", mail="Min.Zhao@forget.example")
    second = await known_at(
        customers, people, "li", two, 1, name="赵敏", mail="min.zhao@forget.example", birthday="1990-03-01"
    )
    await known_at(customers, people, "li", two, 2, name="Somebody Else")

    erased = await posted(customers, "/contacts/erase", people.as_("chen"), 200, mail="MIN.ZHAO@forget.example")
    again = await posted(customers, "/contacts/erase", people.as_("chen"), 200, contact_id=first)

    pairs = [(row["customer_id"], row["contact_id"]) for row in erased["erased"]]
    assert sorted(pairs) == sorted([(one, first), (two, second)])
    assert again == {"erased": []}
    assert await hits(customers, people, "li", "min.zhao@") == []
    left = (await customers.get(f"/customers/{two}/contacts", headers=people.as_("li"))).json()["contacts"]
    assert [contact["name"] for contact in left] == ["Somebody Else"]
    removed = [event for event in await said(log, one, 3) if isinstance(event, ContactRemoved)]
    assert [(event.contact_id, event.reason) for event in removed] == [(first, "erasure")]
    written = b"".join(encode(envelope) for envelope in log).lower()
    assert not [word for word in (b"zhao", b"forget.example", b"1990-03-01") if word in written]


async def test_nobody_s_people_are_forgotten_by_who_does_not_see_them(
    customers: httpx.AsyncClient, people: People
) -> None:
    id_ = await entered(customers, people, "li", "南方不见")
    contact_id = await known_at(customers, people, "li", id_, 1, name="Ann", phone="139 0000 7777")

    erased = await posted(customers, "/contacts/erase", people.as_("wang"), 200, contact_id=contact_id)

    assert erased == {"erased": []}


async def test_a_group_of_companies_is_shown_as_a_tree_and_never_closes_into_a_circle(
    customers: httpx.AsyncClient, people: People
) -> None:
    top = await entered(customers, people, "li", "集团甲")
    middle = await entered(customers, people, "li", "集团乙", parent_customer_id=top)
    low = await entered(customers, people, "chen", "集团丙", parent_customer_id=middle, owner_id=people.ids["mei"])

    refused = await posted(
        customers, f"/customers/{top}/parent", people.as_("chen"), 422, version=1, parent_customer_id=low
    )
    tree = (await customers.get(f"/customers/{middle}/group", headers=people.as_("li"))).json()

    assert code(refused) == "cycle"
    assert [(row["customer_id"], row["depth"], row["visible"], row["name"]) for row in tree["members"]] == [
        (top, 0, True, "集团甲"),
        (middle, 1, True, "集团乙"),
        (low, 2, False, None),
    ]


async def test_two_moves_at_once_that_would_close_a_circle_do_not(customers: httpx.AsyncClient, people: People) -> None:
    for _ in range(5):
        one, two = [await entered(customers, people, "li", name) for name in ("环一", "环二")]

        await asyncio.gather(
            *(
                customers.post(
                    f"/customers/{below}/parent",
                    json={"version": 1, "parent_customer_id": above},
                    headers=people.as_("li"),
                )
                for below, above in ((one, two), (two, one))
            )
        )

        read = [(await customers.get(f"/customers/{id_}", headers=people.as_("li"))).json() for id_ in (one, two)]
        assert None in [row["parent_customer_id"] for row in read]


async def test_a_co_owner_sees_and_changes_a_customer_and_the_owners_before_are_kept(
    customers: httpx.AsyncClient, people: People
) -> None:
    id_ = await entered(customers, people, "li", "共管公司")
    wang, mei = people.ids["wang"], people.ids["mei"]

    await posted(customers, f"/customers/{id_}/share", people.as_("li"), 200, version=1, co_owner_ids=[wang])
    tagged = await posted(customers, f"/customers/{id_}/tags", people.as_("wang"), 200, version=2, add=["shared"])
    await posted(customers, f"/customers/{id_}/owner", people.as_("chen"), 200, version=3, owner_id=mei, reason="left")
    owners = (await customers.get(f"/customers/{id_}/owners", headers=people.as_("wang"))).json()
    listed = (await customers.get("/customers", headers=people.as_("wang"), params={"limit": 200})).json()["items"]

    assert tagged["tags"] == ["shared"]
    assert (owners["owner_id"], owners["co_owner_ids"]) == (mei, [wang])
    assert [(row["owner_id"], row["reason"]) for row in owners["owned_before"]] == [(people.ids["li"], "left")]
    assert id_ in [row["customer_id"] for row in listed]
    assert (await customers.get(f"/customers/{id_}", headers=people.as_("li"))).status_code == 404


async def test_several_customers_go_to_another_member_at_once_and_again_changes_nothing(
    customers: httpx.AsyncClient, people: People
) -> None:
    ours = [await entered(customers, people, "li", name) for name in ("交接一", "交接二")]
    theirs = await entered(customers, people, "wang", "交接三")
    body: dict[str, Any] = {"customer_ids": [*ours, theirs], "owner_id": people.ids["mei"], "reason": "territory"}

    first, again = [await posted(customers, "/customers/hand-over", people.as_("chen"), 200, **body) for _ in range(2)]

    assert first["given"] == again["given"] == ours
    assert [(row["customer_id"], row["code"]) for row in first["not_given"]] == [(theirs, "not-found")]
    read = [(await customers.get(f"/customers/{id_}", headers=people.as_("mei"))).json() for id_ in ours]
    assert [(row["owner_id"], row["version"]) for row in read] == [(people.ids["mei"], 2)] * 2


async def test_who_works_on_a_firm_already_is_told_without_more(customers: httpx.AsyncClient, people: People) -> None:
    tax_id = "91110000100000ABCD"
    id_ = await entered(customers, people, "wang", "重名泵业有限公司", tax_id=tax_id)
    body: dict[str, Any] = {"name": "重名泵业", "tax_id": tax_id}

    asked = await posted(customers, "/customers/check", people.as_("li"), 200, **body)
    refused = await posted(customers, "/customers", people.as_("li"), 422, **body)
    by_name = await posted(customers, "/customers", people.as_("li"), 422, name="重名泵业", duplicates="refuse")
    allowed = await entered(customers, people, "li", "重名泵业", duplicates="allow")
    found = (await customers.get(f"/customers/{allowed}/duplicates", headers=people.as_("admin"))).json()

    stranger = {"visible": False, "customer_id": None, "name": None, "owner_id": people.ids["wang"]}
    assert asked["duplicates"] == [{"score": 1.0, "exact": True, "reasons": ["same-tax-id", "same-name"], **stranger}]
    assert (code(refused), code(by_name)) == ("duplicate", "duplicate")
    assert [(row["customer_id"], row["exact"], row["visible"]) for row in found["duplicates"]] == [(id_, True, True)]


async def test_birthdays_and_anniversaries_of_the_days_to_come_are_listed(
    customers: httpx.AsyncClient, people: People
) -> None:
    id_ = await entered(customers, people, "mei", "纪念公司", founded_on="2016-07-20")
    await known_at(customers, people, "mei", id_, 1, name="寿星", birthday="1990-07-15")

    async def feasts(who: str) -> httpx.Response:
        params = {"from_on": "2026-07-14", "days": "7"}
        return await customers.get("/anniversaries", params=params, headers=people.as_(who))

    assert [
        (row["on"], row["kind"], row["contact_name"], row["years"]) for row in (await feasts("mei")).json()["items"]
    ] == [
        ("2026-07-15", "birthday", "寿星", 36),
        ("2026-07-20", "founding", None, 10),
    ]
    assert (await feasts("wang")).json()["items"] == []
    assert (await feasts("viewer")).status_code == 403


async def test_everything_about_a_customer_is_told_in_one_call_also_when_a_service_is_down(
    services: dict[str, Service], customers: httpx.AsyncClient, people: People
) -> None:
    id_ = await entered(customers, people, "li", "全景公司")
    await known_at(customers, people, "li", id_, 1, name="全景联系人")
    for outcome in ("open", "lose"):
        deal = await posted(customers, "/deals", people.as_("li"), customer_id=id_, amount=5_000)
        if outcome == "lose":
            path = f"/deals/{deal['deal_id']}/lose"
            await posted(customers, path, people.as_("li"), 200, version=deal["version"], reason="price")
    async with services["activities"].client(None) as activities:
        ended = NOW - timedelta(hours=1)
        visit: dict[str, Any] = {
            "customer_id": id_,
            "started_at": (ended - timedelta(hours=1)).isoformat(),
            "ended_at": ended.isoformat(),
        }
        await posted(activities, "/visits", people.as_("li"), **visit)
        await posted(activities, "/complaints", people.as_("li"), customer_id=id_, channel="phone")

    async def overview(who: str) -> dict[str, Any]:
        answer = await customers.get(f"/customers/{id_}/overview", headers=people.as_(who))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    whole = await overview("li")
    by_viewer = await overview("viewer")
    services["activities"].stop()
    try:
        part = await overview("li")
    finally:
        services["activities"].launch()
        await asyncio.to_thread(services["activities"].wait)

    assert whole["missing"] == []
    assert [contact["name"] for contact in whole["contacts"]] == ["全景联系人"]
    assert [len(whole[name]) for name in ("open_deals", "closed_deals", "visits", "complaints")] == [1, 1, 1, 1]
    assert (by_viewer["contacts"], len(by_viewer["visits"])) == (None, 1)
    assert {row["part"] for row in part["missing"]} == {
        "visits",
        "follow_ups",
        "planned_visits",
        "planned_follow_ups",
        "complaints",
    }
    assert (part["visits"], len(part["open_deals"])) == (None, 1)
    assert (await customers.get(f"/customers/{id_}/overview", headers=people.as_("wang"))).status_code == 404
