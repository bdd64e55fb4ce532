"""Subscriptions, their deliveries and replays, with the real broker, store and directory and a receiver of our own."""

import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from backbone.broker import Publisher, Record
from backbone.clock import utc_now
from backbone.contract.activities import VisitLogged
from backbone.contract.alerts import AlertRaised
from backbone.contract.codec import encode
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.receiving import Answer, Got, Receiver, receiving
from tests.serving import Service, bearer, serving

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DRUMBEAT_NOTIFIER_ALLOW_NETWORKS", "127.0.0.1/32")
        environment.setenv("DRUMBEAT_NOTIFIER_TIMEOUT_SECONDS", "2")
        environment.setenv("DRUMBEAT_NOTIFIER_RETRY_SECONDS", "0.5,0.5,0.5")
        with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "notifier"]) as services:
            yield services


@pytest.fixture
async def notifier(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["notifier"].client() as client:
        yield client


@pytest.fixture
async def directory(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["directory"].client() as client:
        yield client


@pytest.fixture
async def publisher(services: dict[str, Service]) -> AsyncIterator[Publisher]:
    publisher = Publisher(services["notifier"].settings)
    yield publisher
    await publisher.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def alert(subject: str, level: str = "breach", owner_id: str | None = None, team_id: str | None = None) -> AlertRaised:
    return AlertRaised(
        alert_id=f"{subject}|first-reply|{level}",
        kind="first-reply",
        level=level,
        subject=subject,
        owner_id=owner_id,
        team_id=team_id,
        effective_at=utc_now(),
    )


def visit(owner_id: str, team_id: str | None = None) -> VisitLogged:
    now = utc_now()
    return VisitLogged(
        visit_id=new_event_id(),
        member_id=owner_id,
        customer_id="c1",
        owner_id=owner_id,
        team_id=team_id,
        started_at=now,
        ended_at=now,
    )


async def publish(publisher: Publisher, *said: EventData, imported: str | None = None) -> list[Envelope]:
    events = [seal(data, source="/services/test", time=utc_now(), imported=imported) for data in said]
    await publisher.publish_many([Record(e.data.topic, e.partitionkey.encode(), encode(e)) for e in events])
    return events


async def subscribe(
    notifier: httpx.AsyncClient, receiver: Receiver, *events: str, key: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    body = {"events": events, "channel": {"url": receiver.url}, **more}
    answer = await notifier.post("/subscriptions", json=body, headers=key)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def act(notifier: httpx.AsyncClient, subscription: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    path = f"/subscriptions/{subscription['subscription_id']}"
    version = (await notifier.get(path)).json()["version"]
    answer = await notifier.post(f"{path}/{what}", json={"version": version, **body})
    assert answer.is_success, answer.text
    after: dict[str, Any] = answer.json()
    return after


async def read(notifier: httpx.AsyncClient, subscription: dict[str, Any], rest: str = "") -> dict[str, Any]:
    answer = await notifier.get(f"/subscriptions/{subscription['subscription_id']}{rest}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def log_of(notifier: httpx.AsyncClient, subscription: dict[str, Any]) -> dict[str, str]:
    """State by subject."""
    items = (await read(notifier, subscription, "/deliveries?limit=200"))["items"]
    return {item["subject"]: item["state"] for item in items}


async def settled(notifier: httpx.AsyncClient, subscription: dict[str, Any], **states: str) -> None:
    """Wait until these deliveries, by subject, have these states."""
    wanted = {subject.replace("_", "-"): state for subject, state in states.items()}
    await eventually(lambda: log_of(notifier, subscription), lambda log: wanted.items() <= log.items())


async def person(
    directory: httpx.AsyncClient, role: str, team_id: str | None = None
) -> tuple[str, dict[str, str], str]:
    """A new member: id, the header of a key, the key's id."""
    joined = await directory.post("/members", json={"name": role, "team_id": team_id})
    member_id = str(joined.json()["member_id"])
    issued = await directory.post("/keys", json={"role": role, "member_id": member_id, "label": "test"})
    assert issued.status_code == 201, issued.text
    return member_id, bearer(issued.json()["key"]), issued.json()["key_id"]


async def test_an_alert_on_the_log_reaches_who_subscribed_once_whole_and_signed(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    subscription = await subscribe(notifier, receiver, "alert-raised")

    [event] = await publish(publisher, alert("whole"))
    [got] = await eventually(receiver.so_far)
    await settled(notifier, subscription, whole="delivered")
    # The same event on the log again, as after a crash of its relay; what follows it shows it was read.
    await publisher.publish(Record("alerts", b"whole", encode(event)))
    await publish(publisher, alert("whole", "warning"))
    first, second = await eventually(receiver.so_far, lambda got: len(got) > 1)

    assert got.event == event
    assert Webhook(subscription["secret"]).verify(got.body, dict(got.headers))["id"] == event.id
    assert first == got
    assert second.event.data == alert("whole", "warning").model_copy(
        update={"effective_at": second.event.data.effective_at}  # type: ignore[attr-defined] # an alert
    )
    delivery = (await read(notifier, subscription, "/deliveries"))["items"][-1]
    assert (delivery["delivery_id"], delivery["event_id"], delivery["type"]) == (got.id, event.id, "alert-raised")
    assert [(attempt["status"], attempt["answer"]) for attempt in delivery["attempts"]] == [(200, "thanks")]


async def test_a_failing_message_holds_back_its_own_subject_and_no_other(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    refusals = iter([500, 500])
    receiver.decide = lambda got: Answer(next(refusals, 200) if got.event.subject == "sick" else 200)
    subscription = await subscribe(notifier, receiver, "alert-raised")

    events = await publish(publisher, alert("sick"), alert("sick", "warning"), alert("well"))
    await eventually(receiver.so_far, lambda got: len(got) == 5)

    assert [got.event.id for got in receiver.about("sick")] == [events[0].id] * 3 + [events[1].id]
    assert len({got.id for got in receiver.about("sick")}) == 2
    healthy = receiver.got.index(receiver.about("well")[0])
    assert healthy < receiver.got.index(receiver.about("sick")[-1])

    async def statuses() -> list[list[int]]:
        log = (await read(notifier, subscription, "/deliveries?subject=sick"))["items"]
        return [[attempt["status"] for attempt in item["attempts"]] for item in log]

    await eventually(statuses, lambda found: found == [[200], [500, 500, 200]])


async def test_a_slow_receiver_does_not_keep_others_waiting(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    at_last = threading.Event()

    def answer_late(_: Got) -> Answer:
        at_last.wait(1.5)
        return Answer()

    receiver.decide = answer_late
    slow = await subscribe(notifier, receiver, "alert-raised", filters={"owner_ids": ["many"]})
    with receiving() as quick:
        await subscribe(notifier, quick, "alert-raised", filters={"owner_ids": ["one"]})
        subjects = [f"slow-{number}" for number in range(40)]
        await publish(publisher, *(alert(subject, owner_id="many") for subject in subjects))
        await eventually(receiver.so_far)
        await publish(publisher, alert("quick", owner_id="one"))
        await eventually(quick.so_far)
        begun = len(receiver.got)
        at_last.set()

    await eventually(lambda: log_of(notifier, slow), lambda log: log == dict.fromkeys(subjects, "delivered"))
    assert begun < len(subjects)


async def test_what_is_never_taken_is_given_up_and_the_next_goes_on(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    receiver.decide = lambda got: Answer(500 if got.event.data.level == "warning" else 200)  # type: ignore[attr-defined] # an alert
    subscription = await subscribe(notifier, receiver, "alert-raised")

    await publish(publisher, alert("never", "warning"), alert("never"))
    await eventually(receiver.so_far, lambda got: len(got) == 5)

    async def states() -> list[str]:
        return [item["state"] for item in (await read(notifier, subscription, "/deliveries"))["items"]]

    await eventually(states, lambda found: found == ["delivered", "failed"])


async def test_a_pause_a_receiver_asks_for_is_kept(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    answers = iter([Answer(429, b"", {"retry-after": "2"})])
    receiver.decide = lambda _: next(answers, Answer())
    await subscribe(notifier, receiver, "alert-raised")

    await publish(publisher, alert("busy"))
    first, second = await eventually(receiver.so_far, lambda got: len(got) == 2)

    assert second.at - first.at >= timedelta(seconds=2)


async def test_a_receiver_that_is_gone_disables_its_subscription_and_nothing_is_lost(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    receiver.decide = lambda _: Answer(410)
    subscription = await subscribe(notifier, receiver, "alert-raised")
    events = await publish(publisher, alert("gone"))
    disabled = await eventually(lambda: read(notifier, subscription), lambda now: now["state"] == "disabled")
    events += await publish(publisher, alert("gone", "warning"), alert("gone-too"))
    await settled(notifier, subscription, gone="waiting", gone_too="waiting")

    receiver.decide = lambda _: Answer()
    asked = len(receiver.got)
    await act(notifier, subscription, "resume")
    await eventually(receiver.so_far, lambda got: len(got) == asked + 3)

    assert (disabled["state_reason"], asked) == ("gone", 1)
    assert [got.event.id for got in receiver.about("gone")] == [events[0].id, events[0].id, events[1].id]


async def test_what_was_set_aside_at_a_resume_comes_by_a_replay(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    subscription = await subscribe(notifier, receiver, "alert-raised")
    await act(notifier, subscription, "pause")
    began = datetime.now(UTC)
    [missed] = await publish(publisher, alert("aside"))
    await settled(notifier, subscription, aside="waiting")
    await act(notifier, subscription, "resume", waiting="set-aside")
    [heard] = await publish(publisher, alert("heard"))
    await settled(notifier, subscription, aside="set-aside", heard="delivered")

    asked = await notifier.post(
        f"/subscriptions/{subscription['subscription_id']}/replays", json={"since": began.isoformat()}
    )
    await settled(notifier, subscription, aside="delivered")

    async def replay() -> dict[str, Any]:
        return await read(notifier, subscription, f"/replays/{asked.json()['replay_id']}")

    done = await eventually(replay, lambda now: now["state"] == "done")
    assert asked.status_code == 202
    assert (done["matched"], done["queued"]) == (2, 1)
    assert [got.event.id for got in receiver.got] == [heard.id, missed.id]


async def test_a_new_subscription_gets_what_comes_and_by_a_replay_the_past_in_its_order(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    await subscribe(notifier, receiver, "alert-raised", filters={"levels": ["no-such-level"]})
    before = await publish(publisher, alert("past"), alert("past", "warning"), alert("past", "escalated"))
    subscription = await subscribe(notifier, receiver, "alert-raised")
    since = (before[0].time - timedelta(seconds=1)).isoformat()
    [fresh] = await publish(publisher, alert("past", "fresh"))
    await eventually(receiver.so_far, lambda _: receiver.about("past"))
    replays = f"/subscriptions/{subscription['subscription_id']}/replays"

    await notifier.post(replays, json={"since": since})
    await eventually(receiver.so_far, lambda _: len(receiver.about("past")) >= 4)
    await notifier.post(replays, json={"since": since, "delivered": True})
    await eventually(receiver.so_far, lambda _: len(receiver.about("past")) >= 8)

    order = [event.id for event in before]
    assert [got.event.id for got in receiver.about("past")] == [fresh.id, *order, *order, fresh.id]
    assert len({got.id for got in receiver.about("past")}) == 4
    assert len((await notifier.get(replays)).json()["items"]) == 2


async def test_alerts_of_an_import_are_noted_and_not_sent_and_its_events_only_where_wanted(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    plain = await subscribe(notifier, receiver, "*", filters={"owner_ids": ["importer"]})
    with receiving() as other:
        wanting = await subscribe(notifier, other, "*", filters={"owner_ids": ["importer"], "imported": True})
        old_visit, old_alert = visit("importer"), alert("old", owner_id="importer")
        await publish(publisher, old_visit, old_alert, imported="helpdesk")
        await publish(publisher, alert("new", owner_id="importer"))
        await settled(notifier, wanting, old="suppressed", new="delivered", **{old_visit.visit_id: "delivered"})
        await settled(notifier, plain, old="suppressed", new="delivered")

        assert await log_of(notifier, plain) == {"old": "suppressed", "new": "delivered"}
        assert {got.event.subject for got in other.got} == {old_visit.visit_id, "new"}


async def test_nobody_hears_what_he_may_not_see_and_team_filters_take_the_teams_below(
    notifier: httpx.AsyncClient, directory: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    china = (await directory.post("/teams", json={"name": "China"})).json()["team_id"]
    north = (await directory.post("/teams", json={"name": "North", "parent_id": china})).json()["team_id"]
    south = (await directory.post("/teams", json={"name": "South"})).json()["team_id"]
    lin, lins_key, _ = await person(directory, "rep", north)
    _, managers_key, _ = await person(directory, "manager", china)
    rep = await subscribe(notifier, receiver, "visit-logged", key=lins_key)
    manager = await subscribe(notifier, receiver, "visit-logged", key=managers_key)
    admin = await subscribe(notifier, receiver, "visit-logged", filters={"team_ids": [china, south]})
    narrow = await subscribe(notifier, receiver, "visit-logged", filters={"team_ids": [china]})

    lins, mates, others = visit(lin, north), visit("mate", china), visit("other", south)
    await publish(publisher, lins, mates, others)
    await settled(notifier, admin, **{one.visit_id: "delivered" for one in (lins, mates, others)})

    assert await log_of(notifier, rep) == {lins.visit_id: "delivered"}
    assert await log_of(notifier, manager) == {lins.visit_id: "delivered", mates.visit_id: "delivered"}
    assert await log_of(notifier, narrow) == {lins.visit_id: "delivered", mates.visit_id: "delivered"}


async def test_a_subscription_is_steered_only_by_whom_it_hears_for_until_somebody_takes_it_over(
    notifier: httpx.AsyncClient, directory: httpx.AsyncClient, receiver: Receiver
) -> None:
    team = (await directory.post("/teams", json={"name": "East"})).json()["team_id"]
    lin, lins_key, _ = await person(directory, "rep", team)
    boss, boss_key, _ = await person(directory, "manager", team)
    _, strangers_key, _ = await person(directory, "rep", team)
    made = await subscribe(notifier, receiver, "visit-logged", key=lins_key)
    path = f"/subscriptions/{made['subscription_id']}"
    elsewhere = {"version": 1, "channel": {"url": f"{receiver.url}/elsewhere"}}

    stranger = await notifier.get(path, headers=strangers_key)
    refused = await notifier.patch(path, json=elsewhere, headers=boss_key)
    paused = await notifier.post(f"{path}/pause", json={"version": 1}, headers=boss_key)
    taken = await notifier.post(f"{path}/take-over", json={"version": 2}, headers=boss_key)
    changed = await notifier.patch(path, json={**elsewhere, "version": 3}, headers=boss_key)

    assert (stranger.status_code, refused.status_code) == (404, 403)
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert (made["owner_id"], taken.json()["owner_id"]) == (lin, boss)
    assert (changed.status_code, changed.json()["channel"]["url"]) == (200, f"{receiver.url}/elsewhere")
    assert (await notifier.get(path, headers=lins_key)).status_code == 404


async def test_a_withdrawn_key_stops_what_heard_by_it_also_what_waited(
    notifier: httpx.AsyncClient, directory: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    lin, lins_key, key_id = await person(directory, "rep")
    receiver.decide = lambda _: Answer(500, b"", {"retry-after": "8"})
    subscription = await subscribe(notifier, receiver, "visit-logged", key=lins_key)
    await publish(publisher, visit(lin))
    await eventually(receiver.so_far)

    await directory.post(f"/keys/{key_id}/withdraw")
    disabled = await eventually(
        lambda: read(notifier, subscription), lambda now: now["state"] == "disabled", seconds=30
    )
    resumed = await notifier.post(
        f"/subscriptions/{subscription['subscription_id']}/resume", json={"version": disabled["version"]}
    )

    assert disabled["state_reason"] == "key-withdrawn"
    assert resumed.status_code == 422
    assert len(receiver.got) == 1


async def test_while_a_secret_rotates_both_verify_and_after_a_leak_only_the_new_one(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    made = await subscribe(notifier, receiver, "alert-raised")
    second = (await act(notifier, made, "rotate-secret"))["secret"]
    await publish(publisher, alert("rotating"))
    [both] = await eventually(receiver.so_far)
    third = (await act(notifier, made, "rotate-secret", overlap_seconds=0))["secret"]
    await publish(publisher, alert("rotated"))
    _, only = await eventually(receiver.so_far, lambda got: len(got) == 2)

    def verify(got: Got, secret: str) -> bool:
        signatures = got.headers["webhook-signature"].split(" ")
        at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
        return Webhook(secret).sign(got.id, at, got.body.decode()) in signatures

    assert [verify(both, secret) for secret in (made["secret"], second, third)] == [True, True, False]
    assert [verify(only, secret) for secret in (made["secret"], second, third)] == [False, False, True]
    assert "secret" not in await read(notifier, made)


async def test_a_test_message_shows_what_the_receiver_says(notifier: httpx.AsyncClient, receiver: Receiver) -> None:
    made = await subscribe(notifier, receiver, "alert-raised")
    receiver.decide = lambda _: Answer(403, b"who are you?")

    tested = (await notifier.post(f"/subscriptions/{made['subscription_id']}/test")).json()

    assert (tested["result"], tested["status"], tested["answer"]) == ("failed", 403, "who are you?")
    said = Webhook(made["secret"]).verify(receiver.got[0].body, dict(receiver.got[0].headers))
    assert (said["type"], said["subject"]) == ("subscription-tested", made["subscription_id"])
    assert await log_of(notifier, made) == {}


async def test_one_delivery_is_sent_again_under_its_id_once_for_each_request(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    made = await subscribe(notifier, receiver, "alert-raised")
    await publish(publisher, alert("again"))
    await settled(notifier, made, again="delivered")
    path = f"/subscriptions/{made['subscription_id']}/deliveries/{receiver.got[0].id}"
    once = {"Idempotency-Key": new_event_id()}

    assert (await notifier.post(f"{path}/resend", headers=once)).status_code == 202
    await eventually(receiver.so_far, lambda got: len(got) == 2)
    await settled(notifier, made, again="delivered")
    await notifier.post(f"{path}/resend", headers=once)

    answer = (await notifier.get(path)).json()
    assert (answer["state"], len(answer["attempts"])) == ("delivered", 2)
    assert receiver.got[0].id == receiver.got[1].id


async def test_a_subscription_asked_for_twice_under_one_key_is_one_and_goes_when_it_is_removed(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    key = {"Idempotency-Key": new_event_id()}
    first, second = [await subscribe(notifier, receiver, "alert-raised", key=key) for _ in range(2)]
    path = f"/subscriptions/{first['subscription_id']}"

    late = await notifier.delete(path, params={"version": 9})
    removed = await notifier.delete(path, params={"version": 1})
    with receiving() as other:
        await subscribe(notifier, other, "alert-raised")
        await publish(publisher, alert("removed"))
        await eventually(other.so_far)

    assert first == second
    assert (late.status_code, removed.status_code) == (409, 204)
    assert (await notifier.get(path)).status_code == 404
    assert receiver.got == []


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"channel": {"url": "http://169.254.169.254/latest/meta-data"}}, "/channel/url", "address-not-allowed"),
        ({"channel": {"url": "http://10.0.0.1/"}}, "/channel/url", "address-not-allowed"),
        ({"channel": {"url": "http://0x7f.1/"}}, "/channel/url", "bad-url"),
        ({"channel": {"url": "http://nobody.invalid/"}}, "/channel/url", "unknown-host"),
        ({"channel": {"kind": "pigeon", "url": "http://127.0.0.1/"}}, "/channel/kind", "invalid-request"),
        ({"events": []}, "/events", "nothing-wanted"),
        ({"events": ["visit-loged"]}, "/events", "unknown-type"),
        ({"evnets": ["visit-logged"]}, "/evnets", "invalid-request"),
    ],
)
async def test_what_cannot_be_is_refused_with_the_field(
    notifier: httpx.AsyncClient, change: dict[str, Any], field: str, code: str
) -> None:
    answer = await notifier.post(
        "/subscriptions", json={"events": ["visit-logged"], "channel": {"url": "http://127.0.0.1:9/"}, **change}
    )

    problem = answer.json()
    assert (answer.status_code, problem["type"].rsplit(":", 1)[1]) == (422, code)
    assert problem["errors"][0]["field"] == field


async def test_keys_that_only_read_or_publish_make_no_subscription(
    notifier: httpx.AsyncClient, directory: httpx.AsyncClient
) -> None:
    body = {"events": ["*"], "channel": {"url": "http://127.0.0.1:9/"}}
    statuses = {}
    for role in ("viewer", "clock", "publisher"):
        issued = await directory.post("/keys", json={"role": role, "label": "test"})
        key = bearer(issued.json()["key"])
        made = await notifier.post("/subscriptions", json=body, headers=key)
        listed = await notifier.get("/subscriptions", headers=key)
        statuses[role] = (made.status_code, listed.status_code)

    assert statuses == {"viewer": (403, 200), "clock": (403, 200), "publisher": (403, 403)}


async def test_records_nobody_can_read_are_passed_over_and_counted(
    notifier: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    await subscribe(notifier, receiver, "alert-raised", filters={"owner_ids": ["after-the-broken"]})

    for value in (b"\xff\x00 garbage", b"{", None, b'{"specversion":"1.0","type":"alert-raised"}'):
        await publisher.publish(Record("alerts", b"broken", value))
    [event] = await publish(publisher, alert("broken", owner_id="after-the-broken"))
    [got] = await eventually(receiver.so_far)

    metrics = (await notifier.get("/metrics")).text
    assert got.event.id == event.id
    assert 'drumbeat_events_rejected_total{reason="broken-json",service="notifier"}' in metrics
    for name in (
        'drumbeat_notifier_attempts_total{channel="webhook",result="taken"}',
        "drumbeat_notifier_waiting",
        "drumbeat_notifier_retrying",
        "drumbeat_notifier_oldest_due_seconds",
    ):
        assert name in metrics
