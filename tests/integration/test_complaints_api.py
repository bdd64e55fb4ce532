"""Complaints on the real store and the real broker: policies, rules, merging, timers, outside events, web forms."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from backbone import failpoints
from backbone.broker import Publisher, Record
from backbone.contract.codec import encode
from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintEvent,
    ComplaintJudged,
    ComplaintMerged,
    ComplaintOpened,
    ComplaintPaused,
    ComplaintReplied,
    ComplaintResolved,
    ComplaintResumed,
)
from backbone.contract.envelope import Envelope, seal
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import code, posted, said
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import ADMIN_KEY, Service, bearer, serving

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(days=1)


class Cut:
    """Where the service shall die next, once; see `backbone.failpoints`."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def at(self, point: str) -> None:
        self.file.write_text(point)

    def happened(self) -> bool:
        return not self.file.exists()


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Cut:
    return Cut(tmp_path_factory.mktemp("points") / "next")


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory, cut: Cut) -> Iterator[dict[str, Service]]:
    with pytest.MonkeyPatch.context() as environment, _served(settings, tmp_path_factory, environment, cut) as running:
        yield running


@contextmanager
def _served(
    settings: Settings, folders: pytest.TempPathFactory, environment: pytest.MonkeyPatch, cut: Cut
) -> Iterator[dict[str, Service]]:
    environment.setenv(failpoints.VARIABLE, f"@{cut.file}")
    with serving(settings, folders.mktemp("logs"), ["directory", "activities"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture(scope="module")
def desk_team(services: dict[str, Service]) -> dict[str, Any]:
    """A team of two with the role `service`, and one of them who has left."""
    with httpx.Client(base_url=services["directory"].url, headers=bearer(ADMIN_KEY), timeout=30) as client:

        def make(path: str, **body: Any) -> dict[str, Any]:
            answer = client.post(path, json=body)
            assert answer.status_code == 201, answer.text
            made: dict[str, Any] = answer.json()
            return made

        team_id = make("/teams", name="Service")["team_id"]
        empty_id = make("/teams", name="Nobody yet")["team_id"]
        ids = [make("/members", name=name, role="service", team_id=team_id)["member_id"] for name in ("Ada", "Bea")]
        key = make("/keys", role="service", member_id=ids[0], label="ada")["key"]
    return {"team_id": team_id, "empty_id": empty_id, "ids": sorted(ids), "ada": ids[0], "key": bearer(key)}


@pytest.fixture
async def activities(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["activities"].client(None) as client:
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "complaints") as heard:
        yield heard


async def opened(client: httpx.AsyncClient, people: People, name: str = "li", **body: Any) -> dict[str, Any]:
    return await posted(client, "/complaints", people.as_(name), **{"customer_id": "c-1", "channel": "phone", **body})


async def moved(
    client: httpx.AsyncClient, people: People, complaint: Mapping[str, Any], move: str, name: str = "li", **body: Any
) -> dict[str, Any]:
    path = f"/complaints/{complaint['complaint_id']}/{move}"
    return await posted(client, path, people.as_(name), 200, version=complaint["version"], **body)


async def rule(client: httpx.AsyncClient, people: People, **body: Any) -> dict[str, Any]:
    return await posted(client, "/assignment-rules", people.as_("admin"), **{"name": "r", "position": 1, **body})


async def policy(client: httpx.AsyncClient, people: People, **body: Any) -> dict[str, Any]:
    return await posted(client, "/policies", people.as_("admin"), name="p", **body)


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


async def died(services: dict[str, Service], cut: Cut) -> None:
    """Return when the service has died where it was told to, and serves again."""

    async def gone() -> bool:
        return cut.happened()

    await eventually(gone, seconds=30)
    services["activities"].kill()
    services["activities"].launch()
    services["activities"].wait()


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
