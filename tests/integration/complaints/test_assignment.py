"""Who is to answer a complaint, and what a later judgement changes."""

import asyncio
from typing import Any

import httpx

from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintJudged,
    ComplaintOpened,
)
from backbone.contract.ids import new_event_id
from tests.conversation import code, posted, said
from tests.integration.complaints.asked import moved, opened, policy, rule
from tests.listening import Heard
from tests.people import People


async def test_members_on_duty_take_turns_and_the_reason_is_kept_and_told(
    activities: httpx.AsyncClient, people: People, desk_team: dict[str, Any], log: Heard
) -> None:
    product = new_event_id()
    made = await rule(activities, people, way="round-robin", team_id=desk_team["team_id"], product_ids=[product])

    complaints = [await opened(activities, people, product_id=product) for _ in range(4)]

    assert [one["owner_id"] for one in complaints] == desk_team["ids"] * 2
    first = complaints[0]
    assert first["assignment"] == {"reason": "round-robin", "rule_id": made["rule_id"], "passed_over": []}
    assert await said(log, first["complaint_id"], 2) == [
        ComplaintOpened(
            complaint_id=first["complaint_id"],
            customer_id="c-1",
            owner_id=None,
            team_id=None,
            channel="phone",
            product_id=product,
            rule_id=made["rule_id"],
            assignment="round-robin",
        ),
        ComplaintAssigned(
            complaint_id=first["complaint_id"],
            customer_id="c-1",
            owner_id=desk_team["ids"][0],
            team_id=desk_team["team_id"],
            from_owner_id=None,
            reason="round-robin",
            rule_id=made["rule_id"],
        ),
    ]


async def test_complaints_that_come_at_once_are_dealt_out_evenly(
    activities: httpx.AsyncClient, people: People, desk_team: dict[str, Any]
) -> None:
    product = new_event_id()
    await rule(activities, people, way="round-robin", team_id=desk_team["team_id"], product_ids=[product])

    complaints = await asyncio.gather(*(opened(activities, people, product_id=product) for _ in range(12)))

    owners = [one["owner_id"] for one in complaints]
    assert sorted(owners.count(member_id) for member_id in desk_team["ids"]) == [6, 6]


async def test_who_has_the_fewest_open_is_taken(
    activities: httpx.AsyncClient, people: People, desk_team: dict[str, Any]
) -> None:
    product = new_event_id()
    named = [desk_team["ids"][0], people.ids["mei"]]
    await rule(
        activities, people, way="least-open", team_id=desk_team["team_id"], product_ids=[product], member_ids=named
    )
    mine = await activities.get(
        "/complaints", params={"owner_id": desk_team["ids"][0], "limit": 200}, headers=people.as_("admin")
    )
    assert len(mine.json()["items"]) > 2  # from the tests above

    complaints = [await opened(activities, people, product_id=product) for _ in range(2)]

    assert [one["owner_id"] for one in complaints] == [people.ids["mei"]] * 2


async def test_where_nobody_is_on_duty_it_lies_with_the_leader_until_somebody_is_named(
    activities: httpx.AsyncClient, people: People, desk_team: dict[str, Any]
) -> None:
    product = new_event_id()
    await rule(activities, people, way="round-robin", team_id=people.teams["north"], product_ids=[product])

    tried = await posted(activities, "/assignment-rules/try", people.as_("chen"), 200, product_id=product)
    complaint = await opened(activities, people, "wang", product_id=product)
    queue = await activities.get("/complaints", params={"unassigned": True}, headers=people.as_("chen"))
    given = await moved(activities, people, complaint, "assign", "chen", owner_id=people.ids["mei"])

    assert (tried["owner_id"], tried["assignment"]["reason"]) == (None, "nobody-on-duty")
    assert (complaint["owner_id"], complaint["team_id"]) == (None, people.teams["north"])
    assert complaint["complaint_id"] in [one["complaint_id"] for one in queue.json()["items"]]
    assert (given["owner_id"], given["assignment"]["reason"]) == (people.ids["mei"], "by-hand")


async def test_a_member_with_the_role_service_answers_whatever_complaint(
    activities: httpx.AsyncClient, people: People, desk_team: dict[str, Any]
) -> None:
    complaint = await opened(activities, people)

    replied = await posted(
        activities, f"/complaints/{complaint['complaint_id']}/reply", desk_team["key"], 200, version=1
    )

    assert replied["first_replied_at"] is not None


async def test_a_complaint_judged_later_gets_the_policy_for_it(
    activities: httpx.AsyncClient, people: People, log: Heard
) -> None:
    severe = new_event_id()
    made = await policy(activities, people, severity=severe, first_reply_seconds=3_600)
    complaint = await opened(activities, people)

    judged = await moved(activities, people, complaint, "judge", severity=severe)

    assert (judged["severity"], judged["policy_id"]) == (severe, made["policy_id"])
    whose = {
        "complaint_id": complaint["complaint_id"],
        "customer_id": "c-1",
        "owner_id": people.ids["li"],
        "team_id": people.teams["north"],
    }
    assert (await said(log, complaint["complaint_id"], 2))[1] == ComplaintJudged(
        **whose,
        member_id=people.ids["li"],
        severity=severe,
        policy_id=made["policy_id"],
        policy_version=1,
        first_reply_seconds=3_600,
    )


async def test_a_policy_somebody_chose_stays_when_only_the_product_is_found_out(
    activities: httpx.AsyncClient, people: People
) -> None:
    made = await policy(activities, people, severity=new_event_id(), first_reply_seconds=60)
    complaint = await opened(activities, people, policy_id=made["policy_id"])

    judged = await moved(activities, people, complaint, "judge", product_id="pump-2")

    assert (judged["product_id"], judged["policy_id"]) == ("pump-2", made["policy_id"])
    unknown = {"channel": "web", "policy_id": "nobodys"}
    assert code(await posted(activities, "/complaints", people.as_("li"), 422, **unknown)) == "unknown-policy"
