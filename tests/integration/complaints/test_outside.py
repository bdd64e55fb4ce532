"""Complaints of outside systems, adopted once in any order."""

from datetime import timedelta
from typing import Any

import httpx

from backbone.broker import Publisher, Record
from backbone.contract.codec import encode
from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintEvent,
    ComplaintJudged,
    ComplaintOpened,
    ComplaintPaused,
    ComplaintReplied,
    ComplaintResolved,
)
from backbone.contract.envelope import seal
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.integration.complaints.asked import YESTERDAY, Cut, died, moved, policy, rule
from tests.listening import Heard
from tests.people import People
from tests.serving import Service


async def test_an_outside_complaint_is_taken_in_once_also_when_that_was_cut_off(
    services: dict[str, Service],
    activities: httpx.AsyncClient,
    people: People,
    settings: Settings,
    desk_team: dict[str, Any],
    log: Heard,
    cut: Cut,
) -> None:
    id_, severe = new_event_id(), new_event_id()
    await rule(activities, people, way="round-robin", team_id=desk_team["team_id"], severities=[severe])

    cut.at("complaint-adopted:before-it-is-taken-in")
    await tell(settings, ComplaintOpened(complaint_id=id_, owner_id=None, channel="phone", severity=severe))
    await died(services, cut)

    async def ours() -> set[str]:
        return {one.id for one in log if one.subject == id_ and one.source == "/services/activities"}

    assert len(await eventually(ours, seconds=30)) == 1
    adopted = (await activities.get(f"/complaints/{id_}", headers=people.as_("admin"))).json()
    assert (adopted["version"], adopted["owner_id"]) == (2, desk_team["ids"][0])


async def tell(settings: Settings, *told: ComplaintEvent, imported: str | None = None) -> None:
    """Outside events as a call centre sends them: one hour after the other, the last first, each twice."""
    sealed = [
        seal(
            event,
            source="urn:call-centre",
            time=YESTERDAY + timedelta(hours=place),
            sequence=place + 1,
            imported=imported,
        )
        for place, event in enumerate(told)
    ]
    publisher = Publisher(settings)
    records = [
        Record("complaints", event.complaint_id.encode(), encode(envelope))
        for event, envelope in zip(told, sealed, strict=True)
    ]
    await publisher.publish_many([*records[::-1], *records])
    await publisher.close()


async def test_outside_complaints_are_adopted_in_any_order_and_once(
    activities: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    id_ = new_event_id()
    whose: dict[str, Any] = {"complaint_id": id_, "customer_id": "c-9", "owner_id": "hotline-7", "team_id": "hotline"}
    await tell(
        settings,
        ComplaintOpened(**whose, channel="phone", severity="high", policy_id="theirs"),
        ComplaintReplied(**whose, member_id="hotline-7"),
        ComplaintPaused(**whose, member_id="hotline-7", reason="waits"),
        ComplaintResolved(**whose, member_id="hotline-7", resolution="replaced"),
    )

    async def ask() -> dict[str, Any]:
        answer = await activities.get(f"/complaints/{id_}", headers=people.as_("admin"))
        told: dict[str, Any] = answer.json()
        return told

    adopted = await eventually(ask, lambda one: one.get("version") == 5, seconds=30)  # four steps, taken in

    assert (adopted["owner_id"], adopted["policy_id"], adopted["told_by"]) == ("hotline-7", "theirs", "urn:call-centre")
    assert (adopted["timing"]["open_seconds"], adopted["timing"]["paused_seconds"]) == (7_200, 3_600)
    story = (await activities.get(f"/complaints/{id_}/story", headers=people.as_("admin"))).json()
    assert [step["kind"] for step in story["steps"]] == ["opened", "replied", "paused", "resolved"]
    reopened = await moved(activities, people, await ask(), "reopen", "admin")
    assert reopened["state"] == "open"


async def test_an_outside_complaint_for_nobody_is_measured_and_assigned_here(
    activities: httpx.AsyncClient, people: People, settings: Settings, desk_team: dict[str, Any], log: Heard
) -> None:
    id_, severe = new_event_id(), new_event_id()
    made = await policy(activities, people, severity=severe, first_reply_seconds=60)
    await rule(activities, people, way="round-robin", team_id=desk_team["team_id"], severities=[severe])

    await tell(settings, ComplaintOpened(complaint_id=id_, owner_id=None, channel="phone", severity=severe))

    async def ours() -> list[ComplaintEvent]:
        return [one.data for one in log if one.subject == id_ and one.source == "/services/activities"]  # type: ignore[misc]

    judged, assigned = await eventually(ours, lambda found: len(found) == 2, seconds=30)
    assert isinstance(judged, ComplaintJudged)
    assert (judged.policy_id, judged.first_reply_seconds) == (made["policy_id"], 60)
    assert isinstance(assigned, ComplaintAssigned)
    assert (assigned.owner_id, assigned.reason) == (desk_team["ids"][0], "round-robin")


async def test_an_imported_complaint_stays_as_it_was_told(
    activities: httpx.AsyncClient, people: People, settings: Settings, desk_team: dict[str, Any]
) -> None:
    id_, severe = new_event_id(), new_event_id()
    await rule(activities, people, way="round-robin", team_id=desk_team["team_id"], severities=[severe])

    told = ComplaintOpened(complaint_id=id_, owner_id=None, channel="phone", severity=severe)
    await tell(settings, told, imported="old-desk")

    async def ask() -> httpx.Response:
        return await activities.get(f"/complaints/{id_}", headers=people.as_("admin"))

    adopted = (await eventually(ask, lambda answer: answer.status_code == 200, seconds=30)).json()
    assert (adopted["version"], adopted["owner_id"], adopted["close_at"]) == (1, None, None)
