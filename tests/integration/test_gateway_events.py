import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.contract.activities import VisitLogged
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import code, said
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, serving

BATCH = {"content-type": "application/cloudevents-batch+json"}
ONE = {"content-type": "application/cloudevents+json"}
ENDED = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "gateway"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def gateway(services: dict[str, Service], people: People) -> AsyncIterator[httpx.AsyncClient]:
    async with services["gateway"].client(None) as client:
        client.headers.update(people.keys["publisher"])
        yield client


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "activities", "deals") as heard:
        yield heard


def visit(member: str, visit_id: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": new_event_id(),
        "source": "urn:acme:phones",
        "type": "visit-logged",
        "time": ENDED.isoformat(),
        "data": {
            "visit_id": visit_id or new_event_id(),
            "member_id": member,
            "owner_id": member,
            "customer_id": "customer-1",
            "started_at": (ENDED - timedelta(minutes=30)).isoformat(),
            "ended_at": ENDED.isoformat(),
        },
        **changes,
    }


async def sent(gateway: httpx.AsyncClient, *events: Any) -> list[tuple[str, str | None]]:
    answer = await gateway.post("/events", content=json.dumps(events), headers=BATCH)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    statuses = Counter(row["status"] for row in found["events"])
    assert {name: found[name] for name in ("accepted", "duplicate", "rejected")} == {
        name: statuses[name] for name in ("accepted", "duplicate", "rejected")
    }
    return [(row["status"], row.get("reason")) for row in found["events"]]


async def test_a_bad_event_never_sinks_its_batch_and_a_good_one_is_on_the_log_completed(
    gateway: httpx.AsyncClient, people: People, log: Heard
) -> None:
    li = people.ids["li"]
    known, stranger = visit(li), visit("nobody-we-know")
    misspelt = visit(li)
    misspelt["data"]["custmer_id"] = "c"

    answers = await sent(gateway, known, misspelt, 7, visit(li, source="/services/activities"), stranger, known)

    assert answers == [
        ("accepted", None),
        ("rejected", "unknown-field"),
        ("rejected", "not-an-object"),
        ("rejected", "reserved-source"),
        ("accepted", None),
        ("duplicate", None),
    ]
    for told, team in ((known, people.teams["north"]), (stranger, None)):
        await said(log, told["data"]["visit_id"], 1)
        (envelope,) = [one for one in log if one.id == told["id"]]
        assert isinstance(envelope.data, VisitLogged)
        assert (envelope.partitionkey, envelope.data.team_id, envelope.time) == (
            told["data"]["member_id"],
            team,
            ENDED,
        )
        assert (envelope.actor or "").startswith("key:")
        assert envelope.recordedtime is not None


async def test_sending_the_same_again_changes_nothing_and_another_event_under_its_id_is_refused(
    gateway: httpx.AsyncClient, people: People, log: Heard
) -> None:
    first = visit(people.ids["li"])
    marker = visit(people.ids["li"])
    changed = {**first, "data": {**first["data"], "customer_id": "customer-2"}}

    assert await sent(gateway, first) == [("accepted", None)]
    assert await sent(gateway, first, changed, marker) == [
        ("duplicate", None),
        ("rejected", "id-reused"),
        ("accepted", None),
    ]

    # Both stand on one partition, so when the marker is there nothing of the first is still to come.
    await said(log, marker["data"]["visit_id"], 1)
    assert len(log.of(first["data"]["visit_id"])) == 1


async def test_a_batch_keeps_its_order_for_each_key(gateway: httpx.AsyncClient, people: People, log: Heard) -> None:
    moves = [
        {
            **visit("x", type="stage-changed", sequence=number + 1),
            "data": {
                "owner_id": people.ids["li"],
                "deal_id": "deal-in-order",
                "pipeline": "crm",
                "from_stage": f"s{number}",
                "to_stage": f"s{number + 1}",
                "amount": 1,
                "currency": "CNY",
            },
        }
        for number in range(300)
    ]

    assert await sent(gateway, *moves) == [("accepted", None)] * 300

    await said(log, "deal-in-order", 300)
    assert [one.sequence for one in log if one.subject == "deal-in-order"] == list(range(1, 301))


async def test_one_event_may_come_in_binary_mode(gateway: httpx.AsyncClient, people: People, log: Heard) -> None:
    told = visit(people.ids["mei"])
    headers = {f"ce-{name}": str(value) for name, value in told.items() if name != "data"}

    answer = await gateway.post("/events", json=told["data"], headers=headers)

    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    await said(log, told["data"]["visit_id"], 1)


async def test_an_undated_event_is_the_same_however_late_it_is_sent_again(
    gateway: httpx.AsyncClient, people: People, log: Heard
) -> None:
    told = {name: value for name, value in visit(people.ids["li"], undated=True).items() if name != "time"}

    assert await sent(gateway, told) == [("accepted", None)]
    assert await sent(gateway, told) == [("duplicate", None)]

    await said(log, told["data"]["visit_id"], 1)
    (envelope,) = [one for one in log if one.id == told["id"]]
    assert (envelope.undated, envelope.time) == (True, envelope.recordedtime)


@pytest.mark.parametrize(
    ("content", "headers", "status", "problem"),
    [
        (b"{", ONE, 400, "broken-json"),
        (b"\xff\xfe\x00", ONE, 400, "broken-text"),
        (b"[{}, {", BATCH, 400, "unparsable"),
        (b"{}", ONE, 422, "missing-field"),
        (json.dumps(visit("li", type="visit-dreamt")).encode(), ONE, 422, "unknown-type"),
        (json.dumps(visit("li", time="2199-01-01T00:00:00Z")).encode(), ONE, 422, "future-time"),
        (json.dumps(visit("li", partitionkey="other")).encode(), ONE, 422, "wrong-key"),
        (json.dumps({**visit("li"), "pad": "x" * 66_000}).encode(), ONE, 422, "too-large"),
        (json.dumps([{}] * 1_001).encode(), BATCH, 413, "too-many-events"),
        (b"{}", {"content-type": "text/csv"}, 415, "unknown-format"),
        (b"[" * 1_000_000, BATCH, 400, "unparsable"),
    ],
)
async def test_bad_input_is_answered_with_a_problem_that_says_why(
    gateway: httpx.AsyncClient, content: bytes, headers: dict[str, str], status: int, problem: str
) -> None:
    answer = await gateway.post("/events", content=content, headers=headers)

    assert (answer.status_code, code(answer.json())) == (status, problem)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_beyond_all_bounds_is_refused_before_it_is_read(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/events", content=b"x" * 68_000_000, headers=BATCH)

    assert (answer.status_code, code(answer.json())) == (413, "too-large")


@pytest.mark.parametrize(("who", "status"), [("li", 403), ("viewer", 403), ("publisher", 200), ("admin", 200)])
async def test_only_publishers_and_admins_may_send(
    gateway: httpx.AsyncClient, people: People, who: str, status: int
) -> None:
    answer = await gateway.post("/events", content=b"[]", headers={**BATCH, **people.keys[who]})

    assert answer.status_code == status


async def test_what_is_counted_at_the_door_can_be_seen_by_outcome_and_reason(gateway: httpx.AsyncClient) -> None:
    await sent(gateway, {"type": "visit-dreamt"})

    metrics = (await gateway.get("/metrics")).text

    assert 'drumbeat_gateway_events_total{outcome="rejected",reason="unknown-type"}' in metrics
    assert 'drumbeat_events_rejected_total{reason="unknown-type",service="gateway"}' in metrics


async def test_a_publisher_learns_the_days_and_the_money_of_the_organisation(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.get("/organisation")).json() == {"time_zone": "Asia/Shanghai", "currency": "CNY"}


async def test_a_gateway_killed_while_taking_events_loses_none_that_it_answered(
    services: dict[str, Service], gateway: httpx.AsyncClient, people: People, log: Heard
) -> None:
    door = services["gateway"]
    batches = [[visit(people.ids["wang"]) for _ in range(200)] for _ in range(12)]
    answered: list[dict[str, Any]] = []

    async def send() -> None:
        for batch in batches:

            async def attempt(events: list[dict[str, Any]] = batch) -> bool:
                try:
                    return (await gateway.post("/events", content=json.dumps(events), headers=BATCH)).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(attempt, seconds=60)
            answered.extend(batch)

    async def progress() -> int:
        return len(answered)

    sending = asyncio.create_task(send())
    for so_far in (400, 1_400):
        await eventually(progress, so_far.__le__, seconds=60)
        door.kill()
        door.launch()
        await asyncio.to_thread(door.wait)
    await sending

    for events in batches:
        assert await sent(gateway, *events) == [("duplicate", None)] * 200
    wanted = {event["id"] for event in answered}

    async def on_the_log() -> set[str]:
        return wanted & {envelope.id for envelope in log}

    assert await eventually(on_the_log, lambda found: found == wanted) == wanted
    assert len(wanted) == 2_400
