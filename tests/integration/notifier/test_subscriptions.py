"""Who subscribes to what, steers it, and hears what he may see."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from backbone.broker import Publisher, Record
from backbone.contract.ids import new_event_id
from backbone.testing import eventually
from tests.integration.notifier.asked import act, alert, log_of, publish, read, settled, subscribe, visit
from tests.receiving import Answer, Got, Receiver, receiving
from tests.serving import bearer


async def person(
    directory: httpx.AsyncClient, role: str, team_id: str | None = None
) -> tuple[str, dict[str, str], str]:
    """A new member: id, the header of a key, the key's id."""
    joined = await directory.post("/members", json={"name": role, "team_id": team_id})
    member_id = str(joined.json()["member_id"])
    issued = await directory.post("/keys", json={"role": role, "member_id": member_id, "label": "test"})
    assert issued.status_code == 201, issued.text
    return member_id, bearer(issued.json()["key"]), issued.json()["key_id"]


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
