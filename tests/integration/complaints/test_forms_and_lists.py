"""Web forms, and complaints as lists and sheets."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.complaints import (
    ComplaintOpened,
)
from backbone.contract.ids import new_event_id
from tests.conversation import code, posted, said
from tests.integration.complaints.asked import YESTERDAY, moved, opened, rule
from tests.listening import Heard
from tests.people import People


async def test_a_strangers_web_form_opens_a_complaint_and_his_data_can_be_forgotten(
    activities: httpx.AsyncClient, people: People, log: Heard
) -> None:
    form = await posted(activities, "/complaint-forms", people.as_("admin"), label="Support page", product_id="pump")
    path = str(form["path"]).removeprefix("/api/activities")

    browser = await activities.post(
        path,
        data={"words": "It leaks <b>again</b>", "name": "Ann Lee", "mail": "ann@example.org", "website": ""},
        headers={"accept-language": "zh-CN,zh;q=0.9"},
    )
    robot = await activities.post(path, json={"words": "buy", "website": "http://spam"})
    taken = await activities.post(path, json={"words": "It leaks"}, headers={"idempotency-key": "k-1"})
    again = await activities.post(path, json={"words": "It leaks"}, headers={"idempotency-key": "k-1"})

    assert (browser.status_code, "我们已收到您的投诉" in browser.text) == (201, True)
    assert (robot.status_code, taken.json()) == (422, again.json())
    listed = (await activities.get("/complaints", params={"product_id": "pump"}, headers=people.as_("admin"))).json()[
        "items"
    ]
    assert len(listed) == 2
    complaint = listed[1]
    assert complaint["reporter"] == {"name": "Ann Lee", "phone": None, "mail": "ann@example.org"}

    forgotten = await moved(activities, people, complaint, "forget-reporter", "admin")

    assert (forgotten["reporter"], forgotten["words"]) == (None, None)
    audit = (await activities.get("/audit", params={"limit": 200}, headers=people.as_("admin"))).text
    assert "Ann Lee" not in audit
    assert "ann@example.org" not in audit
    (opening,) = await said(log, complaint["complaint_id"], 1)
    assert opening == ComplaintOpened(
        complaint_id=complaint["complaint_id"],
        owner_id=None,
        channel="web",
        product_id="pump",
        assignment="no-rule",
    )
    await posted(
        activities, f"/complaint-forms/{form['complaint_form_id']}/withdraw", people.as_("admin"), 200, version=1
    )
    assert (await activities.post(path, json={"words": "It leaks"})).status_code == 404


async def test_a_form_takes_so_many_an_hour(activities: httpx.AsyncClient, people: People) -> None:
    form = await posted(activities, "/complaint-forms", people.as_("admin"), label="Small", most_an_hour=1)
    path = str(form["path"]).removeprefix("/api/activities")

    answers = [await activities.post(path, json={"words": "It leaks"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 429]
    assert code(answers[1].json()) == "too-many"


@pytest.mark.parametrize("name", ["viewer", "clock", "publisher"])
async def test_a_key_that_writes_nothing_opens_no_complaint(
    activities: httpx.AsyncClient, people: People, desk_team: dict[str, Any], name: str
) -> None:
    product = new_event_id()
    await rule(activities, people, way="round-robin", team_id=desk_team["team_id"], product_ids=[product])
    body = {"customer_id": "c-1", "channel": "phone", "product_id": product}

    assert (await activities.post("/complaints", json=body, headers=people.as_(name))).status_code == 403


async def test_complaints_are_listed_sorted_bounded_counted_and_as_a_sheet(
    activities: httpx.AsyncClient, people: People
) -> None:
    customer = new_event_id()
    hours = (3, 1, 2)
    for hour in hours:
        at = (YESTERDAY + timedelta(hours=hour)).isoformat()
        await opened(activities, people, customer_id=customer, opened_at=at, words="It leaks")

    async def listed(**asked: Any) -> httpx.Response:
        params = {"customer_id": customer, **asked}
        return await activities.get("/complaints", params=params, headers=people.as_("chen"))

    ranged = (
        await listed(sort="opened_at", count=True, opened_from=(YESTERDAY + timedelta(hours=2)).isoformat())
    ).json()
    sheet = (await listed(sort="-opened_at", format="csv")).text.splitlines()

    opened_at = [datetime.fromisoformat(one["opened_at"]) for one in ranged["items"]]
    assert (opened_at, ranged["total"]) == ([YESTERDAY + timedelta(hours=hour) for hour in (2, 3)], 2)
    assert len(sheet) == 4
    assert "It leaks" in sheet[1]
