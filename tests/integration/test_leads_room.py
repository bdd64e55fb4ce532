"""Leads on the real store: duplicates, rules, forms, merges, erasure, each through HTTP."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.listening import listening
from tests.people import People, gather
from tests.serving import Service, serving

TAX_ID = "91440300708461136T"


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "leads"]) as services:
        yield services


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def leads(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["leads"].client() as client:
        yield client


@pytest.fixture
async def anybody(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["leads"].client(None) as client:
        yield client


async def created(leads: httpx.AsyncClient, headers: dict[str, str], **told: Any) -> dict[str, Any]:
    answer = await leads.post("/leads", json={"channel": "web", **told}, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    made: dict[str, Any] = answer.json()
    return made


async def laid_down(leads: httpx.AsyncClient, **told: Any) -> None:
    present = (await leads.get("/policies/duplicates")).json()
    answer = await leads.put("/policies/duplicates", json={**present, **told})
    assert answer.status_code == 200, answer.text


async def ruled(leads: httpx.AsyncClient, *rules: dict[str, Any]) -> int:
    version = (await leads.get("/rules")).json()["rules_version"]
    answer = await leads.put("/rules", json={"version": version, "rules": rules})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["rules_version"])


async def post(leads: httpx.AsyncClient, path: str, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    answer = await leads.post(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


@pytest.mark.parametrize(
    ("first", "again", "field"),
    [
        ({"company_name": "华为技术有限公司"}, {"company_name": "华为技术　股份有限公司"}, "/company_name"),
        ({"tax_id": TAX_ID}, {"tax_id": TAX_ID.lower()}, "/tax_id"),
        (
            {"contact": {"name": "Ann", "phone": "138 1111 2222"}},
            {"contact": {"name": "Bo", "phone": "+8613811112222"}},
            "/contact/phone",
        ),
    ],
)
async def test_a_lead_that_is_known_is_refused_and_only_who_may_see_it_learns_which_it_is(
    leads: httpx.AsyncClient, people: People, first: dict[str, Any], again: dict[str, Any], field: str
) -> None:
    known = await created(leads, people.as_("li"), **first)

    own, stranger = [
        (await leads.post("/leads", json={"channel": "fair", **again}, headers=people.as_(name))).json()
        for name in ("li", "wang")
    ]

    assert (own["type"], own["errors"][0]["field"]) == ("urn:drumbeat:problem:duplicate-lead", field)
    assert known["lead_id"] in own["detail"]
    assert stranger["type"] == own["type"]
    assert known["lead_id"] not in stranger["detail"]


async def test_of_many_captures_of_one_firm_at_once_exactly_one_makes_a_lead(
    leads: httpx.AsyncClient, people: People
) -> None:
    async def capture(number: int) -> int:
        told = {"channel": "web", "company_name": f"同时泵业{'有限公司' if number % 2 else '集团'}"}
        return (await leads.post("/leads", json=told, headers=people.as_("li"))).status_code

    assert Counter(await asyncio.gather(*map(capture, range(40)))) == {201: 1, 422: 39}


async def test_by_policy_a_known_lead_takes_in_what_comes_again_and_a_retry_changes_nothing(
    leads: httpx.AsyncClient, people: People
) -> None:
    known = await created(leads, people.as_("li"), company_name="合并阀门有限公司", contact={"name": "Ann"})
    again = {"channel": "fair", "campaign": "spring", "company_name": "合并阀门", "contact": {"name": "Bo"}}
    headers = people.as_("li")
    await laid_down(leads, on_exact="merge")
    try:
        first, retry = [await leads.post("/leads", json=again, headers=headers) for _ in range(2)]
    finally:
        await laid_down(leads, on_exact="refuse")

    assert (first.status_code, first.headers["Lead-Known"]) == (200, known["lead_id"])
    assert retry.headers["Idempotent-Replayed"] == "true"
    assert retry.json() == first.json()
    assert [one["name"] for one in first.json()["more_contacts"]] == ["Bo"]
    assert [one["channel"] for one in first.json()["inquiries"]] == ["fair"]
    assert first.json()["campaign"] == "spring"


async def test_what_becomes_exact_later_is_found_among_older_leads_too(
    leads: httpx.AsyncClient, people: People
) -> None:
    told = {"channel": "web", "contact": {"name": "Ann", "mail": "later@example.com"}}
    first, second = [await leads.post("/leads", json=told, headers=people.as_("li")) for _ in range(2)]
    before = (await leads.get("/policies/duplicates")).json()["exact_by"]
    await laid_down(leads, exact_by=[*before, "mail"])
    try:
        third = await leads.post("/leads", json=told, headers=people.as_("li"))
        # Those that were alike before can be worked on as before.
        worked_on = [
            (await leads.post(f"/leads/{one.json()['lead_id']}/qualify", json={"version": 1}, headers=people.as_("li")))
            for one in (first, second)
        ]
    finally:
        await laid_down(leads, exact_by=before)

    assert [first.status_code, second.status_code, third.status_code] == [201, 201, 422]
    assert third.json()["errors"][0]["field"] == "/contact/mail"
    assert [answer.status_code for answer in worked_on] == [200, 200]


async def test_likely_duplicates_are_listed_with_a_score_and_reasons_and_strangers_are_only_counted(
    leads: httpx.AsyncClient, people: People
) -> None:
    known = await created(
        leads, people.as_("li"), company_name="杭州远景机械有限公司", contact={"name": "A", "mail": "a@yuanjing.cn"}
    )
    wanted = {"company_name": "Hangzhou Yuanjing Jixie Youxian Gongsi", "mail": "b@yuanjing.cn"}

    own, stranger = [
        (await leads.post("/duplicates/check", json=wanted, headers=people.as_(name))).json() for name in ("li", "wang")
    ]
    told = {"channel": "web", "company_name": wanted["company_name"]}
    taken = await leads.post("/leads", params={"likely": True}, json=told, headers=people.as_("li"))
    other = taken.json()
    listed = (await leads.get(f"/leads/{other['lead_id']}/duplicates", headers=people.as_("li"))).json()

    assert [(one["lead"]["lead_id"], one["score"], one["reasons"]) for one in own["items"]] == [
        (known["lead_id"], 0.94, ["same-name-in-pinyin", "same-mail-domain"])
    ]
    assert stranger == {"items": [], "elsewhere": 1}
    assert other["likely"] == listed
    assert [(one["lead"]["lead_id"], one["reasons"]) for one in listed["items"]] == [
        (known["lead_id"], ["same-name-in-pinyin"])
    ]


async def test_a_disqualified_firm_may_come_in_again_and_then_the_first_lead_stays_closed(
    leads: httpx.AsyncClient, people: People
) -> None:
    first = await created(leads, people.as_("li"), company_name="再来电机有限公司")
    path = f"/leads/{first['lead_id']}"
    await post(leads, f"{path}/qualify", people.as_("li"), version=1, score=60)
    await post(leads, f"{path}/disqualify", people.as_("li"), version=2, reason="no-budget")

    await created(leads, people.as_("wang"), company_name="再来电机")
    refused = await leads.post(f"{path}/reopen", json={"version": 3}, headers=people.as_("li"))

    assert (refused.status_code, refused.json()["type"]) == (422, "urn:drumbeat:problem:duplicate-lead")


async def test_rules_give_leads_out_in_turn_say_why_and_are_replayed_without_writing(
    leads: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    li, mei, wang = (people.ids[name] for name in ("li", "mei", "wang"))
    rule = {"rule_id": "fair", "name": "Fairs", "when": {"channels": ["fair"]}, "choose": "round-robin"}
    version = await ruled(leads, {**rule, "people": [{"member_id": li}, {"member_id": mei}]})
    try:
        made = await asyncio.gather(
            *(created(leads, people.as_("admin"), channel="fair", contact={"name": "Bo"}) for _ in range(10))
        )
        own = await created(leads, people.as_("wang"), channel="fair", contact={"name": "Bo"})
        web = await created(leads, people.as_("admin"), channel="web", contact={"name": "Bo"})
        tried = {**rule, "choose": "least-open", "people": [{"member_id": wang, "capacity": 6}, {"member_id": mei}]}
        first = made[0]["created_at"]
        span = {"from_at": first[:10] + "T00:00:00Z", "to_at": "2199-01-01T00:00:00Z"}
        dry = await post(leads, "/rules/dry-run", people.as_("admin"), rules=[tried], **span)
    finally:
        await ruled(leads)

    assert Counter(one["owner_id"] for one in made) == {li: 5, mei: 5}
    assert made[0]["decision"] | {"member_id": None} == {
        "rules_version": version,
        "rule_id": "fair",
        "member_id": None,
        "reason": "round-robin",
        "skipped": [],
    }
    assert (own["owner_id"], own["decision"]) == (wang, None)
    assert (web["owner_id"], web["decision"]["reason"]) == (None, "no-rule")
    replayed = {one["lead_id"]: one["decision"]["member_id"] for one in dry["changes"]}
    assert all(replayed.get(one["lead_id"]) in (wang, mei) for one in made if one["owner_id"] == li)
    assert dry["by_member"][wang] == dry["by_member"][mei] == 5
    after = [(await leads.get(f"/leads/{one['lead_id']}")).json() for one in made]
    assert after == made

    async with listening(settings, "leads") as heard:

        async def told() -> list[Any]:
            return [said for one in made for said in heard.of(one["lead_id"]) if said.type == "lead-assigned"]

        events = await eventually(told, lambda said: len(said) == 10)
    assert {(said.rule, said.reason, said.rules_version) for said in events} == {("fair", "round-robin", version)}


async def test_a_full_seat_is_never_overfilled_by_leads_that_come_in_at_once(
    leads: httpx.AsyncClient, people: People
) -> None:
    wang = people.ids["wang"]
    has = (await leads.get("/leads", params={"owner_id": wang, "state": "new", "count": True})).json()["total"]
    seat = {"member_id": wang, "capacity": has + 3}
    await ruled(leads, {"rule_id": "few", "name": "Few", "choose": "capacity", "people": [seat]})
    try:
        made = await asyncio.gather(*(created(leads, people.as_("admin"), contact={"name": "Bo"}) for _ in range(12)))
    finally:
        await ruled(leads)

    assert Counter(one["owner_id"] for one in made) == {wang: 3, None: 9}
    skipped = {why["why"] for one in made if one["owner_id"] is None for why in one["decision"]["skipped"]}
    assert skipped == {"full"}


async def test_rules_seen_in_another_version_are_not_replaced(leads: httpx.AsyncClient, people: People) -> None:
    version = await ruled(leads)

    late = await leads.put("/rules", json={"version": version - 1, "rules": []})
    unknown = {"rule_id": "x", "name": "x", "choose": "capacity", "people": [{"member_id": "nobody"}]}
    refused = await leads.put("/rules", json={"version": version, "rules": [unknown]})

    assert (late.status_code, refused.status_code) == (409, 422)
    assert refused.json()["errors"][0]["field"] == "/rules/0/people/0/member_id"


async def test_a_form_takes_leads_from_its_page_without_a_key_and_throws_away_what_robots_send(
    leads: httpx.AsyncClient, anybody: httpx.AsyncClient
) -> None:
    told = {"name": "Home", "campaign": "spring", "origins": ["https://a.cn"], "per_minute_each": 1000}
    form = (await leads.post("/forms", json=told)).json()
    path, page = f"/public/forms/{form['token']}", {"Origin": "https://a.cn"}

    preflight = await anybody.options(path, headers={**page, "Access-Control-Request-Method": "POST"})
    visitor = {"name": "Ann", "phone": "13822223333", "message": "Call me", "utm": "x", "mail": ""}
    by_script = await anybody.post(path, json=visitor, headers=page)
    again = await anybody.post(path, data={**visitor, "name": "Ann Zhao"})
    robot = await anybody.post(path, json={"name": "Spam", "phone": "13822224444", "website": "x"}, headers=page)
    stranger = await anybody.post(path, json=visitor, headers={"Origin": "https://b.cn"})
    unreachable = await anybody.post(path, json={"name": "Ann"}, headers=page)
    closed = await anybody.post("/public/forms/form_nothing", json=visitor, headers=page)

    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "https://a.cn")
    assert "access-control-allow-credentials" not in preflight.headers
    answers = [by_script, again, robot]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, {"taken": True})] * 3
    assert by_script.headers["access-control-allow-origin"] == "https://a.cn"
    assert [answer.status_code for answer in (stranger, unreachable, closed)] == [403, 422, 404]
    found = [one for one in (await leads.get("/leads?campaign=spring")).json()["items"] if one["note"] == "Call me"]
    assert [(one["channel"], one["contact"]["phone"], len(one["inquiries"])) for one in found] == [
        ("web", "13822223333", 1)
    ]


async def test_a_form_sent_too_often_asks_to_wait(leads: httpx.AsyncClient, anybody: httpx.AsyncClient) -> None:
    form = (await leads.post("/forms", json={"name": "Busy", "per_minute_each": 2})).json()
    visitor = {"name": "Ann", "mail": "ann@example.com"}

    answers = [await anybody.post(f"/public/forms/{form['token']}", json=visitor) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 30


async def test_a_merged_lead_points_to_the_one_that_stays_and_comes_back_as_it_was(
    leads: httpx.AsyncClient, people: People
) -> None:
    stays = await created(leads, people.as_("li"), company_name="留下工厂有限公司", contact={"name": "Ann"})
    goes = await created(
        leads, people.as_("li"), company_name="离开工厂有限公司", territory="CN-31", contact={"name": "Bo"}
    )
    path, other = f"/leads/{stays['lead_id']}", f"/leads/{goes['lead_id']}"

    merged = await post(leads, f"{path}/merge", people.as_("li"), version=1, lead_id=goes["lead_id"])
    gone = (await leads.get(other, headers=people.as_("li"))).json()
    readonly = await leads.post(f"{other}/qualify", json={"version": gone["version"]}, headers=people.as_("li"))
    again = await leads.post("/leads", json={"channel": "web", "company_name": "离开工厂"}, headers=people.as_("li"))
    back = await post(leads, f"{other}/unmerge", people.as_("li"), version=gone["version"])
    apart = (await leads.get(path, headers=people.as_("li"))).json()

    assert (merged["territory"], [one["name"] for one in merged["more_contacts"]]) == ("CN-31", ["Bo"])
    assert (gone["state"], gone["merged"]["into_lead_id"]) == ("merged", stays["lead_id"])
    assert stays["lead_id"] in readonly.json()["detail"]
    assert stays["lead_id"] in again.json()["detail"]
    changed = {"version", "owned_at"}
    assert {name: back[name] for name in back.keys() - changed} == {name: goes[name] for name in goes.keys() - changed}
    assert {name: apart[name] for name in apart.keys() - changed} == {
        name: stays[name] for name in stays.keys() - changed
    }


async def test_an_erased_person_is_gone_from_both_merged_leads_and_can_come_in_anew(
    leads: httpx.AsyncClient, people: People
) -> None:
    person = {"name": "Cai", "phone": "13833334444", "mail": "cai@example.com"}
    stays = await created(leads, people.as_("li"), company_name="记忆一厂")
    goes = await created(leads, people.as_("li"), company_name="记忆二厂", contact=person, note="Cai likes Longjing")
    await post(leads, f"/leads/{stays['lead_id']}/merge", people.as_("li"), version=1, lead_id=goes["lead_id"])

    done = await leads.post("/erasures", json={"phone": "+86 138 3333 4444", "reason": "asked-for"})
    texts = [(await leads.get(f"/leads/{one['lead_id']}")).text for one in (stays, goes)]
    anew = await created(leads, people.as_("wang"), contact=person)

    assert done.json() == {"contacts": 1, "leads": 2}
    assert not [word for word in (*person.values(), "Longjing") for text in texts if word in text]
    assert anew["contact"]["phone"] == person["phone"]


async def test_a_manager_gives_a_pooled_lead_away_and_a_rep_corrects_his_own(
    leads: httpx.AsyncClient, people: People
) -> None:
    pooled = await created(leads, people.as_("admin"), owner_id=None, contact={"name": "Bo"})
    path = f"/leads/{pooled['lead_id']}"
    assign = {"version": 1, "owner_id": people.ids["mei"]}

    by_rep = await leads.post(f"{path}/assign", json=assign, headers=people.as_("li"))
    given = await post(leads, f"{path}/assign", people.as_("chen"), **assign)
    revised = await leads.patch(path, json={"version": 2, "grade": "A", "value_estimate": 5, "currency": "CNY"},
                                headers=people.as_("mei", once=new_event_id()))  # fmt: skip
    stale = await leads.patch(path, json={"version": 2, "grade": "B"}, headers=people.as_("mei"))

    assert by_rep.status_code == 403
    assert (given["owner_id"], given["team_id"]) == (people.ids["mei"], people.teams["north"])
    assert (revised.json()["grade"], revised.json()["value_estimate"]) == ("A", 5)
    assert stale.status_code == 409
