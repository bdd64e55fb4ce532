"""Which policy holds for a complaint, and who makes policies and rules."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest

from backbone.contract.complaints import (
    ComplaintOpened,
)
from backbone.contract.ids import new_event_id
from tests.conversation import code, posted, said
from tests.integration.complaints.asked import YESTERDAY, opened, policy
from tests.listening import Heard
from tests.people import People


async def test_the_policy_is_chosen_by_severity_and_grade_and_stands_in_the_event(
    activities: httpx.AsyncClient, people: People, log: Heard
) -> None:
    severe = new_event_id()
    usual = await policy(activities, people, severity=severe, first_reply_seconds=28_800)
    best = await policy(
        activities, people, severity=severe, customer_grade="A", first_reply_seconds=14_400, resolution_seconds=172_800
    )

    complaint = await opened(activities, people, severity=severe, customer_grade="A", opened_at=YESTERDAY.isoformat())
    other = await opened(activities, people, severity=severe, customer_grade="C")

    assert (complaint["policy_id"], other["policy_id"]) == (best["policy_id"], usual["policy_id"])
    due = datetime.fromisoformat(complaint["timing"]["first_reply_due_at"])
    assert due == YESTERDAY + timedelta(hours=4)
    assert await said(log, complaint["complaint_id"], 1) == [
        ComplaintOpened(
            complaint_id=complaint["complaint_id"],
            customer_id="c-1",
            owner_id=people.ids["li"],
            team_id=people.teams["north"],
            channel="phone",
            severity=severe,
            customer_grade="A",
            policy_id=best["policy_id"],
            policy_version=1,
            first_reply_seconds=14_400,
            resolution_seconds=172_800,
            assignment="own",
        )
    ]


async def test_a_changed_policy_holds_for_new_complaints_only(activities: httpx.AsyncClient, people: People) -> None:
    severe = new_event_id()
    made = await policy(activities, people, severity=severe, first_reply_seconds=100)
    before = await opened(activities, people, severity=severe)

    answer = await activities.put(
        f"/policies/{made['policy_id']}",
        json={"version": 1, "name": "p2", "first_reply_seconds": 200},
        headers=people.as_("admin"),
    )
    after = await opened(activities, people, severity=severe)
    again = (await activities.get(f"/complaints/{before['complaint_id']}", headers=people.as_("li"))).json()

    assert [edition["first_reply_seconds"] for edition in answer.json()["editions"]] == [100, 200]
    assert [(one["policy_version"], one["first_reply_seconds"]) for one in (again, after)] == [(1, 100), (2, 200)]


async def test_no_two_policies_in_force_hold_for_the_same_complaints(
    activities: httpx.AsyncClient, people: People
) -> None:
    severe = new_event_id()
    body = {"name": "p", "severity": severe, "first_reply_seconds": 60}

    answers = await asyncio.gather(
        *(activities.post("/policies", json=body, headers=people.as_("admin")) for _ in range(4))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]
    made = next(answer.json() for answer in answers if answer.status_code == 201)
    withdraw = f"/policies/{made['policy_id']}/withdraw"
    await posted(activities, withdraw, people.as_("admin"), 200, version=1)
    assert (await policy(activities, people, severity=severe, first_reply_seconds=60))["active"]


@pytest.mark.parametrize("name", ["li", "chen", "viewer"])
async def test_only_an_admin_makes_policies_and_rules(activities: httpx.AsyncClient, people: People, name: str) -> None:
    body = {"name": "x", "position": 1, "way": "round-robin", "team_id": "t", "first_reply_seconds": 1}

    for path, names in (("/policies", ("name", "first_reply_seconds")), ("/assignment-rules", tuple(body)[:4])):
        answer = await activities.post(path, json={one: body[one] for one in names}, headers=people.as_(name))
        assert (answer.status_code, code(answer.json())) == (403, "wrong-role")
