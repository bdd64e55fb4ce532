"""What is logged stands on the log, once, however often it is sent."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.activities import FollowUpLogged, FollowUpVoided, Place, PlaceCheck, VisitLogged, VisitVoided
from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintOpened,
    ComplaintPaused,
    ComplaintReopened,
    ComplaintReplied,
    ComplaintResolved,
    ComplaintResumed,
)
from backbone.contract.ids import new_event_id
from tests.conversation import code, posted, said
from tests.integration.activities.asked import YESTERDAY, complaint_of
from tests.listening import Heard
from tests.people import People


def still(told: dict[str, Any]) -> dict[str, Any]:
    """An answer without the times that run on by themselves."""
    return {name: value for name, value in told.items() if name != "timing"}


async def test_a_visit_logged_from_a_phone_is_on_the_log_as_it_was_told(
    activities: httpx.AsyncClient, people: People, log: Heard
) -> None:
    began, ended = YESTERDAY, YESTERDAY + timedelta(minutes=40)

    visit = await posted(
        activities,
        "/visits",
        people.as_("li"),
        customer_id="customer-1",
        started_at=began.isoformat(),
        ended_at=ended.isoformat(),
        lat=31.2,
        lon=121.5,
        accuracy_m=9,
        purpose="demo",
    )
    voided = await posted(
        activities, f"/visits/{visit['visit_id']}/void", people.as_("li"), 200, version=1, reason="wrong-customer"
    )

    whose = {"visit_id": visit["visit_id"], "member_id": people.ids["li"], "owner_id": people.ids["li"]}
    assert (voided["version"], voided["void_reason"]) == (2, "wrong-customer")
    assert await said(log, visit["visit_id"], 2) == [
        VisitLogged(
            **whose,
            team_id=people.teams["north"],
            customer_id="customer-1",
            started_at=began,
            ended_at=ended,
            place=Place(lat=31.2, lon=121.5, accuracy_m=9),
            place_check=PlaceCheck(result="unknown", why="customers-away"),
            purpose="demo",
        ),
        VisitVoided(**whose, team_id=people.teams["north"], reason="wrong-customer"),
    ]
    first = next(envelope for envelope in log if envelope.subject == visit["visit_id"])
    assert (first.time, first.sequence, first.actor) == (ended, 1, people.ids["li"])


async def test_a_follow_up_is_logged_and_taken_back(activities: httpx.AsyncClient, people: People, log: Heard) -> None:
    follow_up = await posted(
        activities,
        "/follow-ups",
        people.as_("li"),
        lead_id="lead-1",
        kind="call",
        reached=False,
        happened_at=YESTERDAY.isoformat(),
        duration_seconds=12,
        outcome="no-answer",
    )
    id_ = follow_up["follow_up_id"]
    voided = await posted(
        activities, f"/follow-ups/{id_}/void", people.as_("li"), 200, version=1, reason="logged-twice"
    )

    whose = {"follow_up_id": id_, "member_id": people.ids["li"], "owner_id": people.ids["li"]}
    assert (await activities.get(f"/follow-ups/{id_}", headers=people.as_("li"))).json() == voided
    assert await said(log, id_, 2) == [
        FollowUpLogged(
            **whose,
            team_id=people.teams["north"],
            lead_id="lead-1",
            kind="call",
            reached=False,
            duration_seconds=12,
            outcome="no-answer",
        ),
        FollowUpVoided(**whose, team_id=people.teams["north"], reason="logged-twice"),
    ]


async def test_a_complaint_leaves_its_whole_life_on_the_log_in_order(
    activities: httpx.AsyncClient, people: People, log: Heard
) -> None:
    def at(hours: int) -> str:
        return (YESTERDAY + timedelta(hours=hours)).isoformat()

    policy = await posted(
        activities,
        "/policies",
        people.as_("admin"),
        policy_id="vip",
        name="VIP",
        severity="vip",
        first_reply_seconds=60,
    )
    terms = {"policy_id": "vip", "policy_version": policy["editions"][0]["number"], "first_reply_seconds": 60}
    complaint = await complaint_of(activities, people, "chen", severity="high", policy_id="vip", opened_at=at(0))
    id_ = complaint["complaint_id"]
    li, chen = people.ids["li"], people.ids["chen"]
    told = complaint
    for version, (move, body) in enumerate(
        [
            ("assign", {"owner_id": li, "at": at(1)}),
            ("reply", {"channel": "phone", "at": at(2)}),
            ("pause", {"reason": "waits-for-customer", "at": at(3)}),
            ("resume", {"at": at(5)}),
            ("resolve", {"resolution": "replaced", "at": at(6)}),
            ("reopen", {"reason": "broke-again", "at": at(7)}),
            ("resolve", {"at": at(8)}),
            ("close", {"at": at(9)}),
        ],
        start=1,
    ):
        told = await posted(
            activities,
            f"/complaints/{id_}/{move}",
            people.as_("chen" if move == "assign" else "li"),
            200,
            version=version,
            **body,
        )

    assert (told["state"], told["version"], told["times_reopened"]) == ("closed", 9, 1)
    north = {"complaint_id": id_, "customer_id": "customer-1", "team_id": people.teams["north"]}
    lis = {**north, "owner_id": li}
    assert await said(log, id_, 9) == [
        ComplaintOpened(**north, owner_id=chen, channel="phone", severity="high", assignment="own", **terms),
        ComplaintAssigned(**lis, from_owner_id=chen, from_team_id=people.teams["north"], reason="by-hand"),
        ComplaintReplied(**lis, member_id=li, channel="phone"),
        ComplaintPaused(**lis, member_id=li, reason="waits-for-customer"),
        ComplaintResumed(**lis, member_id=li, paused_seconds=7200),
        ComplaintResolved(**lis, member_id=li, resolution="replaced"),
        ComplaintReopened(**lis, member_id=li, reason="broke-again"),
        ComplaintResolved(**lis, member_id=li),
        ComplaintClosed(**lis, member_id=li),
    ]
    envelopes = [envelope for envelope in log if envelope.subject == id_]
    assert [envelope.sequence for envelope in envelopes] == list(range(1, 10))
    assert [envelope.time.isoformat() for envelope in envelopes] == [at(hours) for hours in (0, 1, 2, 3, 5, 6, 7, 8, 9)]


async def test_a_reply_a_phone_tells_of_after_the_closing_still_counts_as_the_first(
    activities: httpx.AsyncClient, people: People
) -> None:
    complaint = await complaint_of(activities, people, "li", opened_at=YESTERDAY.isoformat())
    path = f"/complaints/{complaint['complaint_id']}"
    replied_at = YESTERDAY + timedelta(hours=1)
    await posted(activities, f"{path}/resolve", people.as_("li"), 200, version=1)
    await posted(activities, f"{path}/close", people.as_("li"), 200, version=2)

    told = await posted(activities, f"{path}/reply", people.as_("li"), 200, version=3, at=replied_at.isoformat())

    assert (told["state"], datetime.fromisoformat(told["first_replied_at"])) == ("closed", replied_at)


@pytest.mark.parametrize(
    ("path", "body", "ending"),
    [
        (
            "/visits",
            {"customer_id": "c", "started_at": YESTERDAY.isoformat(), "ended_at": YESTERDAY.isoformat()},
            ("void", {"reason": "mistake"}),
        ),
        (
            "/follow-ups",
            {"customer_id": "c", "kind": "call", "reached": True, "happened_at": YESTERDAY.isoformat()},
            ("void", {"reason": "mistake"}),
        ),
        ("/complaints", {"customer_id": "c", "channel": "web"}, ("resolve", {})),
    ],
)
async def test_a_request_sent_several_times_under_one_key_makes_one_object_and_one_event(
    activities: httpx.AsyncClient,
    people: People,
    log: Heard,
    path: str,
    body: dict[str, Any],
    ending: tuple[str, dict[str, Any]],
) -> None:
    headers = people.as_("li")
    customer = new_event_id()

    answers = await asyncio.gather(
        *(activities.post(path, json={**body, "customer_id": customer}, headers=headers) for _ in range(4))
    )
    other = await activities.post(path, json={**body, "customer_id": "another"}, headers=headers)

    assert {answer.status_code for answer in answers} == {201}
    assert sorted("Idempotent-Replayed" in answer.headers for answer in answers) == [False, True, True, True]
    assert (other.status_code, code(other.json())) == (422, "idempotency-key-reused")
    asked = {"customer_id": customer}
    (only,) = (await activities.get(path, headers=people.as_("li"), params=asked)).json()["items"]
    assert [still(answer.json()) for answer in answers] == [still(only)] * 4
    # Whatever was said of the object stands before its next event, so nothing more can come.
    id_ = next(iter(only.values()))
    move, told = ending
    await posted(activities, f"{path}/{id_}/{move}", people.as_("li"), 200, version=1, **told)
    assert len(await said(log, id_, 2)) == 2


async def test_a_move_sent_twice_under_one_key_is_made_once(
    activities: httpx.AsyncClient, people: People, log: Heard
) -> None:
    complaint = await complaint_of(activities, people, "li")
    path = f"/complaints/{complaint['complaint_id']}/reply"
    headers = people.as_("li")

    first = await activities.post(path, json={"version": 1}, headers=headers)
    again = await activities.post(path, json={"version": 1}, headers=headers)
    other = await activities.post(path, json={"version": 2}, headers=headers)

    assert (first.status_code, again.status_code, still(again.json())) == (200, 200, still(first.json()))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, code(other.json())) == (422, "idempotency-key-reused")
    await posted(activities, path.replace("reply", "resolve"), people.as_("li"), 200, version=2)
    assert [type(event) for event in await said(log, complaint["complaint_id"], 3)] == [
        ComplaintOpened,
        ComplaintReplied,
        ComplaintResolved,
    ]


async def test_of_several_moves_at_once_one_is_made_and_the_others_hear_of_the_conflict(
    activities: httpx.AsyncClient, people: People
) -> None:
    complaint = await complaint_of(activities, people, "li")
    path = f"/complaints/{complaint['complaint_id']}/resolve"

    answers = await asyncio.gather(
        *(activities.post(path, json={"version": 1}, headers=people.as_("li")) for _ in range(6))
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    assert {code(answer.json()) for answer in answers if answer.status_code == 409} == {"version-conflict"}
