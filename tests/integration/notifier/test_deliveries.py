"""What is delivered, held back, paused and given up."""

import threading
from datetime import timedelta

import httpx
from standardwebhooks import Webhook

from backbone.broker import Publisher, Record
from backbone.contract.codec import encode
from backbone.testing import eventually
from tests.integration.notifier.asked import act, alert, log_of, publish, read, settled, subscribe
from tests.receiving import Answer, Got, Receiver, receiving


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
