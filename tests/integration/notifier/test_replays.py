"""What comes by a replay, and what is sent again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from backbone.broker import Publisher
from backbone.contract.ids import new_event_id
from backbone.testing import eventually
from tests.integration.notifier.asked import act, alert, log_of, publish, read, settled, subscribe, visit
from tests.receiving import Receiver, receiving


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
