"""Every step is timed; complaints are merged; timers end pauses and close what is resolved."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.complaints import (
    ComplaintClosed,
    ComplaintMerged,
    ComplaintPaused,
    ComplaintResumed,
)
from backbone.contract.envelope import Envelope
from backbone.contract.ids import new_event_id
from backbone.testing import eventually
from tests.conversation import code, posted, said
from tests.integration.complaints.asked import YESTERDAY, Cut, died, moved, opened, policy
from tests.listening import Heard
from tests.people import People
from tests.serving import Service


async def test_every_step_is_timed(activities: httpx.AsyncClient, people: People) -> None:
    def at(hours: int) -> str:
        return (YESTERDAY + timedelta(hours=hours)).isoformat()

    told = await opened(activities, people, opened_at=at(0))
    for move, body in (
        ("reply", {"at": at(1)}),
        ("pause", {"reason": "waits-for-customer", "at": at(2)}),
        ("resume", {"at": at(5)}),
        ("resolve", {"at": at(6)}),
        ("reopen", {"at": at(8)}),
        ("resolve", {"at": at(9)}),
        ("close", {"at": at(11)}),
    ):
        told = await moved(activities, people, told, move, **body)
    story = await activities.get(f"/complaints/{told['complaint_id']}/story", headers=people.as_("li"))

    timing = told["timing"]
    hour = 3_600
    assert {name: timing[name] for name in timing if name not in ("as_of", "closed_seconds")} == {
        "open_seconds": 4 * hour,
        "paused_seconds": 3 * hour,
        "resolved_seconds": 4 * hour,
        "merged_seconds": 0,
        "first_reply_after_seconds": hour,
        "resolved_after_seconds": 9 * hour,
        "first_reply_due_at": None,
    }
    since_closed = (datetime.fromisoformat(timing["as_of"]) - datetime.fromisoformat(at(11))).total_seconds()
    assert timing["closed_seconds"] == int(since_closed)
    assert [step["kind"] for step in story.json()["steps"]] == [
        "opened", "replied", "paused", "resumed", "resolved", "reopened", "resolved", "closed",
    ]  # fmt: skip


async def test_a_merged_complaint_stops_and_the_other_goes_on(
    activities: httpx.AsyncClient, people: People, log: Heard
) -> None:
    gone, stays = await opened(activities, people), await opened(activities, people)

    merged = await moved(activities, people, gone, "merge", into_complaint_id=stays["complaint_id"])
    found = await activities.get(
        "/complaints", params={"merged_into_id": stays["complaint_id"]}, headers=people.as_("li")
    )
    refused = await posted(
        activities, f"/complaints/{gone['complaint_id']}/reopen", people.as_("li"), 422, version=merged["version"]
    )

    assert (merged["state"], merged["merged_into_id"]) == ("merged", stays["complaint_id"])
    assert [one["complaint_id"] for one in found.json()["items"]] == [gone["complaint_id"]]
    assert code(refused) == "not-resolved"
    assert isinstance((await said(log, gone["complaint_id"], 2))[1], ComplaintMerged)


async def test_of_two_complaints_merged_into_each_other_at_once_one_stays(
    activities: httpx.AsyncClient, people: People
) -> None:
    for _ in range(4):
        pair = [await opened(activities, people), await opened(activities, people)]

        await asyncio.gather(
            *(
                activities.post(
                    f"/complaints/{one['complaint_id']}/merge",
                    json={"version": 1, "into_complaint_id": other["complaint_id"]},
                    headers=people.as_("li"),
                )
                for one, other in (pair, pair[::-1])
            )
        )
        states = [
            (await activities.get(f"/complaints/{one['complaint_id']}", headers=people.as_("li"))).json()["state"]
            for one in pair
        ]

        assert states.count("merged") <= 1


async def test_a_merge_that_is_cut_off_leaves_both_as_they_were_and_is_made_by_the_next_attempt(
    services: dict[str, Service], activities: httpx.AsyncClient, people: People, log: Heard, cut: Cut
) -> None:
    gone, stays = await opened(activities, people), await opened(activities, people)
    path = f"/complaints/{gone['complaint_id']}"
    body = {"version": 1, "into_complaint_id": stays["complaint_id"]}
    headers = people.as_("li")

    cut.at("complaint-merge:noted-on-the-one-that-stays")
    with pytest.raises(httpx.HTTPError):
        await activities.post(f"{path}/merge", json=body, headers=headers)
    await died(services, cut)
    between = (await activities.get(path, headers=people.as_("li"))).json()
    merged = await activities.post(f"{path}/merge", json=body, headers=headers)

    assert (between["state"], between["version"]) == ("open", 1)
    assert (merged.status_code, merged.json()["state"]) == (200, "merged")

    async def told() -> set[str]:
        return {one.id for one in log if one.subject == gone["complaint_id"] and isinstance(one.data, ComplaintMerged)}

    assert len(await eventually(told, seconds=30)) == 1


async def test_a_resolved_complaint_closes_by_itself_also_when_the_service_was_killed_meanwhile(
    services: dict[str, Service], activities: httpx.AsyncClient, people: People, log: Heard
) -> None:
    severe = new_event_id()
    await policy(activities, people, severity=severe, close_after_seconds=3_600)
    waiting = await opened(activities, people, severity=severe, opened_at=YESTERDAY.isoformat())
    due_soon = datetime.now(UTC) - timedelta(minutes=59, seconds=54)
    resolved = await moved(activities, people, waiting, "resolve", at=due_soon.isoformat())
    assert resolved["state"] == "resolved"

    services["activities"].kill()
    services["activities"].launch()
    services["activities"].wait()

    async def ask() -> dict[str, Any]:
        answer = await activities.get(f"/complaints/{waiting['complaint_id']}", headers=people.as_("li"))
        told: dict[str, Any] = answer.json()
        return told

    async def heard() -> list[Envelope]:
        # What was published and not yet taken off when the process died is published again under its id.
        return list({one.id: one for one in log if one.subject == waiting["complaint_id"]}.values())

    closed = await eventually(ask, lambda one: one["state"] == "closed", seconds=30)
    assert (closed["closed_at"], closed["close_reason"]) == (resolved["close_at"], "resolved-for-long")
    await eventually(heard, lambda events: len(events) == 3)
    last = (await heard())[-1]
    assert (last.time, last.actor) == (datetime.fromisoformat(resolved["close_at"]), "service:activities")
    assert last.data == ComplaintClosed(
        complaint_id=waiting["complaint_id"],
        customer_id="c-1",
        owner_id=people.ids["li"],
        team_id=people.teams["north"],
        reason="resolved-for-long",
    )


async def test_a_pause_ends_by_itself_at_its_hour(activities: httpx.AsyncClient, people: People, log: Heard) -> None:
    complaint = await opened(activities, people, opened_at=YESTERDAY.isoformat())
    until_at = YESTERDAY + timedelta(hours=3)

    await moved(
        activities,
        people,
        complaint,
        "pause",
        reason="part-ordered",
        at=(YESTERDAY + timedelta(hours=1)).isoformat(),
        until_at=until_at.isoformat(),
    )

    events = await said(log, complaint["complaint_id"], 3)
    assert isinstance(events[1], ComplaintPaused)
    assert isinstance(events[2], ComplaintResumed)
    assert (events[2].member_id, events[2].paused_seconds) == (None, 7_200)
