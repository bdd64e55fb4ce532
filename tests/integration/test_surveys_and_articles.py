"""Satisfaction surveys by the gateway, as a customer's browser meets them; and the knowledge base."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.complaints import SatisfactionRated
from backbone.contract.ids import new_event_id
from backbone.mongo import connect, database
from backbone.settings import Settings
from tests.conversation import code, posted, said
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import ADMIN_KEY, Service, bearer, serving

YESTERDAY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    names = ["directory", "activities", "gateway"]
    with serving(settings, tmp_path_factory.mktemp("logs"), names) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture(scope="module")
def ada(services: dict[str, Service], people: People) -> dict[str, str]:
    """The headers of a member with the role `service`."""
    with httpx.Client(base_url=services["directory"].url, headers=bearer(ADMIN_KEY), timeout=30) as client:
        body = {"name": "Ada", "role": "service", "team_id": people.teams["south"]}
        member = client.post("/members", json=body).json()
        made = client.post("/keys", json={"role": "service", "member_id": member["member_id"], "label": "ada"}).json()
    return bearer(made["key"])


@pytest.fixture
async def activities(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["activities"].client(None) as client:
        yield client


@pytest.fixture
async def customer(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a login, at the gateway."""
    async with services["gateway"].client(None) as client:
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "complaints") as heard:
        yield heard


async def resolved(client: httpx.AsyncClient, people: People) -> str:
    made = await posted(client, "/complaints", people.as_("li"), customer_id="c-1", channel="phone")
    path = f"/complaints/{made['complaint_id']}/resolve"
    return str((await posted(client, path, people.as_("li"), 200, version=1))["complaint_id"])


async def asked(client: httpx.AsyncClient, people: People, **body: Any) -> dict[str, Any]:
    return await posted(client, "/surveys", people.as_("li"), **body)


async def survey_about_complaint(client: httpx.AsyncClient, people: People) -> dict[str, Any]:
    return await asked(client, people, complaint_id=await resolved(client, people))


async def test_a_customer_answers_by_his_link_without_a_login_once(
    activities: httpx.AsyncClient, customer: httpx.AsyncClient, people: People, log: Heard
) -> None:
    survey = await survey_about_complaint(activities, people)
    link = survey["path"]

    looked = [await customer.get(link, headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}) for _ in range(2)]
    sent = await customer.post(f"{link}?lang=zh", data={"score": "4", "comment": "Quick, but the pump is <loud>"})
    after = await customer.get(str(httpx.URL(link).join(sent.headers["location"])))
    again = await customer.post(link, data={"score": "1"})

    assert [page.status_code for page in looked] == [200, 200]
    assert "您对投诉的处理满意吗" in looked[0].text
    assert (sent.status_code, after.status_code, "谢谢您" in after.text) == (303, 200, True)
    assert (again.status_code, "You have answered already" in again.text) == (409, True)
    assert looked[0].headers["cache-control"] == "no-store"
    read = (await activities.get(f"/surveys/{survey['survey_id']}", headers=people.as_("li"))).json()
    assert (read["score"], read["comment"]) == (4, "Quick, but the pump is <loud>")
    assert await said(log, survey["survey_id"], 1) == [
        SatisfactionRated(
            survey_id=survey["survey_id"],
            owner_id=people.ids["li"],
            team_id=people.teams["north"],
            complaint_id=survey["complaint_id"],
            customer_id="c-1",
            score=4,
            of_member_id=people.ids["li"],
        )
    ]


async def test_of_many_answers_at_once_one_is_taken_and_told(
    activities: httpx.AsyncClient, customer: httpx.AsyncClient, people: People, log: Heard
) -> None:
    survey = await survey_about_complaint(activities, people)

    answers = await asyncio.gather(
        *(customer.post(survey["path"], data={"score": str(1 + place % 5)}) for place in range(20))
    )

    assert sorted(answer.status_code for answer in answers) == [303, *[409] * 19]
    # Whatever was told of it stands before what is told of the next one in the same partition, so wait for that.
    told = await said(log, survey["survey_id"], 1)
    other = await survey_about_complaint(activities, people)
    await customer.post(other["path"], data={"score": "5"})
    await said(log, other["survey_id"], 1)
    read = (await activities.get(f"/surveys/{survey['survey_id']}", headers=people.as_("li"))).json()
    assert [event.score for event in told if isinstance(event, SatisfactionRated)] == [read["score"]]
    assert len(log.of(survey["survey_id"])) == 1


async def test_an_answer_without_a_mark_is_asked_for_again_with_the_words_kept(
    activities: httpx.AsyncClient, customer: httpx.AsyncClient, people: People
) -> None:
    survey = await survey_about_complaint(activities, people)

    page = await customer.post(survey["path"], data={"score": "6", "comment": "<b>Hm</b>"})

    assert (page.status_code, "Please choose a mark from 1 to 5." in page.text) == (422, True)
    assert "&lt;b&gt;Hm&lt;/b&gt;" in page.text
    assert (await customer.post(survey["path"], data={"score": "5"})).status_code == 303


async def test_a_renewed_link_replaces_the_one_before(
    activities: httpx.AsyncClient, customer: httpx.AsyncClient, people: People
) -> None:
    survey = await survey_about_complaint(activities, people)

    renewed = await posted(
        activities, f"/surveys/{survey['survey_id']}/renew", people.as_("li"), 200, version=survey["version"]
    )

    assert (await customer.get(survey["path"])).status_code == 404
    assert (await customer.get(renewed["path"])).status_code == 200
    again = await posted(activities, "/surveys", people.as_("li"), 422, complaint_id=survey["complaint_id"])
    assert code(again) == "asked-before"


async def test_an_expired_link_takes_no_answer(
    activities: httpx.AsyncClient, customer: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    survey = await survey_about_complaint(activities, people)
    client = connect(settings)
    await database(client, settings, "activities")["surveys"].update_one(
        {"_id": survey["survey_id"]}, {"$set": {"state.expires_at": YESTERDAY}}
    )
    client.close()

    page, answer = await customer.get(survey["path"]), await customer.post(survey["path"], data={"score": "3"})

    assert (page.status_code, answer.status_code) == (410, 410)
    assert "This link has expired" in page.text


@pytest.mark.parametrize("token", ["nonsense", "%00", "..%2f..", "a" * 500])
async def test_a_link_that_was_made_up_leads_nowhere(customer: httpx.AsyncClient, token: str) -> None:
    page = await customer.get(f"/api/activities/rate/{token}")
    answer = await customer.post(f"/api/activities/rate/{token}", content=b"\xff\xfe&score=5")

    assert (page.status_code, answer.status_code) in {(404, 404), (404, 422)}


async def test_the_link_is_kept_as_a_hash_only_and_told_once(
    activities: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    id_ = await resolved(activities, people)
    headers = people.as_("li")
    first = await activities.post("/surveys", json={"complaint_id": id_}, headers=headers)
    again = await activities.post("/surveys", json={"complaint_id": id_}, headers=headers)

    assert (first.status_code, again.status_code, again.json()["path"]) == (201, 201, None)
    token = first.json()["path"].rpartition("/")[2]
    client = connect(settings)
    kept = await database(client, settings, "activities")["surveys"].find_one({"_id": first.json()["survey_id"]})
    client.close()
    assert token not in str(kept)


async def test_a_customer_is_asked_about_a_visit_too(
    activities: httpx.AsyncClient, customer: httpx.AsyncClient, people: People, log: Heard
) -> None:
    visit = await posted(
        activities,
        "/visits",
        people.as_("li"),
        customer_id="c-1",
        started_at=YESTERDAY.isoformat(),
        ended_at=YESTERDAY.isoformat(),
    )

    survey = await asked(activities, people, visit_id=visit["visit_id"])
    page = await customer.get(survey["path"])
    await customer.post(survey["path"], data={"score": "5"})

    assert "How was our visit?" in page.text
    (rated,) = await said(log, survey["survey_id"], 1)
    assert isinstance(rated, SatisfactionRated)
    assert (rated.visit_id, rated.complaint_id, rated.score) == (visit["visit_id"], None, 5)


async def test_nobody_is_asked_before_the_solution_nor_about_what_the_asker_may_not_see(
    activities: httpx.AsyncClient, people: People
) -> None:
    open_one = await posted(activities, "/complaints", people.as_("li"), customer_id="c-1", channel="phone")
    early = await posted(activities, "/surveys", people.as_("li"), 422, complaint_id=open_one["complaint_id"])
    strange = await posted(
        activities, "/surveys", people.as_("wang"), 404, complaint_id=await resolved(activities, people)
    )

    assert (code(early), code(strange)) == ("not-resolved", "not-found")


async def test_who_is_forgotten_is_forgotten_in_his_survey_too(
    activities: httpx.AsyncClient, customer: httpx.AsyncClient, people: People
) -> None:
    survey = await survey_about_complaint(activities, people)
    await customer.post(survey["path"], data={"score": "2", "comment": "Ask for Ann Lee"})

    await posted(activities, f"/complaints/{survey['complaint_id']}/forget-reporter", people.as_("li"), 200, version=2)

    read = (await activities.get(f"/surveys/{survey['survey_id']}", headers=people.as_("li"))).json()
    assert (read["score"], read["comment"]) == (2, None)


async def article(client: httpx.AsyncClient, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    wanted = {"title": "t", "body": "b", "language": "en", "published": True, **body}
    return await posted(client, "/articles", {**headers, "Idempotency-Key": new_event_id()}, **wanted)


async def found(client: httpx.AsyncClient, headers: dict[str, str], question: str, **asked: str) -> list[str]:
    answer = await client.get("/articles/search", params={"q": question, **asked}, headers=headers)
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


async def test_articles_are_found_by_words_in_english_and_chinese(
    activities: httpx.AsyncClient, people: People, ada: dict[str, str]
) -> None:
    await article(
        activities, ada, title="The pump loses pressure", body="Check the **seal** first.", tags=["hydraulics"]
    )
    await article(activities, ada, title="Seals and gaskets", body="Order numbers", product_ids=["p-1"])
    await article(activities, ada, title="水泵漏水怎么办", body="先检查密封圈。", language="zh-CN")
    reader = people.as_("li")

    assert await found(activities, reader, "SEAL") == ["Seals and gaskets", "The pump loses pressure"]
    assert await found(activities, reader, "pump seal") == ["The pump loses pressure"]
    assert await found(activities, reader, "hydra") == ["The pump loses pressure"]
    assert await found(activities, reader, "漏水") == ["水泵漏水怎么办"]
    assert await found(activities, reader, "密封圈 水泵") == ["水泵漏水怎么办"]
    assert await found(activities, reader, "seal", product_id="p-1") == ["Seals and gaskets"]
    assert await found(activities, reader, "!!!") == []
    tagged = await activities.get("/articles", params={"tag": "hydraulics", "count": True}, headers=reader)
    assert ([one["title"] for one in tagged.json()["items"]], tagged.json()["total"]) == (
        ["The pump loses pressure"],
        1,
    )


async def test_an_article_that_helped_more_comes_first_and_the_counts_follow_the_complaints(
    activities: httpx.AsyncClient, people: People, ada: dict[str, str]
) -> None:
    word = f"w{new_event_id()[-12:]}"
    good = await article(activities, ada, title=f"Good {word}")
    await article(activities, ada, title=f"Newer {word}")
    complaint = await posted(activities, "/complaints", people.as_("li"), customer_id="c-1", channel="phone")
    path = f"/complaints/{complaint['complaint_id']}/articles"
    headers = people.as_("li")

    answers = [
        await activities.post(path, json={"version": 1, "article_id": good["article_id"]}, headers=headers)
        for _ in range(2)
    ]
    read = (await activities.get(f"/articles/{good['article_id']}", headers=people.as_("li"))).json()

    assert [answer.json()["helped_by_ids"] for answer in answers] == [[good["article_id"]]] * 2
    assert (read["used"], read["helped"]) == (1, 1)
    assert await found(activities, people.as_("li"), word) == [f"Good {word}", f"Newer {word}"]
    await posted(activities, path, people.as_("li"), 200, version=2, article_id=good["article_id"], helped=False)
    read = (await activities.get(f"/articles/{good['article_id']}", headers=people.as_("li"))).json()
    assert (read["used"], read["helped"]) == (1, 0)


async def test_what_is_not_published_is_seen_by_those_who_write_only(
    activities: httpx.AsyncClient, people: People, ada: dict[str, str]
) -> None:
    word = f"w{new_event_id()[-12:]}"
    draft = await article(activities, ada, title=f"Draft {word}", published=False)

    assert await found(activities, ada, word) == [f"Draft {word}"]
    assert await found(activities, people.as_("li"), word) == []
    path = f"/articles/{draft['article_id']}"
    assert (await activities.get(path, headers=people.as_("li"))).status_code == 404
    listed = await activities.get("/articles", params={"published": False}, headers=people.as_("li"))
    assert listed.json()["items"] == []
    refused = await activities.post(
        "/articles", json={"title": "x", "body": "y", "language": "en"}, headers=people.as_("li")
    )
    assert (refused.status_code, code(refused.json())) == (403, "wrong-role")


async def test_every_edition_of_an_article_can_be_read(
    activities: httpx.AsyncClient, people: People, ada: dict[str, str]
) -> None:
    made = await article(activities, ada, title="First", body="one")
    path = f"/articles/{made['article_id']}"

    for version, body in ((1, "two"), (2, "three")):
        said_ = {"version": version, "title": "First", "body": body, "language": "en", "published": True}
        answer = await activities.put(path, json=said_, headers=ada)
        assert answer.status_code == 200, answer.text
    late = await activities.put(path, json={"version": 1, "title": "x", "body": "y", "language": "en"}, headers=ada)

    editions = [(await activities.get(f"{path}/editions/{number}", headers=ada)).json() for number in (1, 2, 3)]
    assert [one["body"] for one in editions] == ["one", "two", "three"]
    assert (late.status_code, (await activities.get(f"{path}/editions/4", headers=ada)).status_code) == (409, 404)
