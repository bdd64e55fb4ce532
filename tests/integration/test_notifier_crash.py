"""What a crash of the notifier costs: a repeat under the same id at most, never a message."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from backbone.broker import Publisher, Record
from backbone.clock import utc_now
from backbone.contract.alerts import AlertRaised
from backbone.contract.codec import encode
from backbone.contract.envelope import seal
from backbone.settings import Settings
from backbone.testing import eventually
from tests.receiving import Answer, Got, Receiver, receiving
from tests.serving import Service, free_port_base, serving


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DRUMBEAT_NOTIFIER_ALLOW_NETWORKS", "127.0.0.1/32")
        # The lease lasts twice as long: so soon another process takes over what a dead one had.
        environment.setenv("DRUMBEAT_NOTIFIER_TIMEOUT_SECONDS", "1.5")
        with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "notifier"]) as services:
            yield services


@pytest.fixture
async def publisher(services: dict[str, Service]) -> AsyncIterator[Publisher]:
    publisher = Publisher(services["notifier"].settings)
    yield publisher
    await publisher.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


async def subscribe(notifier: Service, receiver: Receiver) -> str:
    """A subscription to all alerts; the path of it."""
    async with notifier.client() as client:
        body = {"events": ["alert-raised"], "channel": {"url": receiver.url}}
        answer = await client.post("/subscriptions", json=body)
        assert answer.status_code == 201, answer.text
        return f"/subscriptions/{answer.json()['subscription_id']}"


async def raise_alerts(publisher: Publisher, *subjects: str) -> list[str]:
    """An alert about each subject, on the log when this returns; the events' ids."""
    events = [
        seal(
            AlertRaised(
                alert_id=f"{subject}|{number}",
                kind="first-reply",
                level="breach",
                subject=subject,
                owner_id=None,
                effective_at=utc_now(),
            ),
            source="/services/test",
            time=utc_now(),
        )
        for number, subject in enumerate(subjects)
    ]
    await publisher.publish_many([Record("alerts", e.partitionkey.encode(), encode(e)) for e in events])
    return [event.id for event in events]


async def states(notifier: Service, path: str) -> list[str]:
    async with notifier.client() as client:
        items = (await client.get(f"{path}/deliveries?limit=200")).json()["items"]
        return [item["state"] for item in items]


async def test_a_message_sent_by_a_notifier_that_died_before_noting_it_is_repeated_under_its_id(
    services: dict[str, Service], publisher: Publisher, receiver: Receiver
) -> None:
    notifier = services["notifier"]
    path = await subscribe(notifier, receiver)

    killed = threading.Event()

    def kill_the_sender(_: Got) -> Answer:
        receiver.decide = lambda _: Answer()
        notifier.kill()
        killed.set()
        return Answer()

    receiver.decide = kill_the_sender
    sent = await raise_alerts(publisher, "crash", "crash", "crash")
    assert await asyncio.to_thread(killed.wait, 20)
    notifier.launch()
    notifier.wait()
    await eventually(lambda: states(notifier, path), lambda found: found == ["delivered"] * 3, seconds=40)

    assert [got.event.id for got in receiver.got] == [sent[0], sent[0], sent[1], sent[2]]
    assert receiver.got[0].id == receiver.got[1].id
    assert len({got.id for got in receiver.got}) == 3


async def test_what_came_while_no_notifier_ran_is_sent_when_one_runs_again(
    services: dict[str, Service], publisher: Publisher, receiver: Receiver
) -> None:
    notifier = services["notifier"]
    path = await subscribe(notifier, receiver)

    notifier.kill()
    sent = await raise_alerts(publisher, *(f"away-{number}" for number in range(20)))
    notifier.launch()
    notifier.wait()
    await eventually(lambda: states(notifier, path), lambda found: found == ["delivered"] * 20, seconds=40)

    assert sorted(got.event.id for got in receiver.got) == sorted(sent)


async def test_a_notifier_that_is_killed_again_and_again_loses_nothing_and_keeps_each_subjects_order(
    services: dict[str, Service], publisher: Publisher, receiver: Receiver
) -> None:
    notifier = services["notifier"]
    path = await subscribe(notifier, receiver)
    subjects = [f"storm-{number % 6}" for number in range(60)]

    sent = await raise_alerts(publisher, *subjects)
    for enough in (5, 25):
        await eventually(receiver.so_far, lambda got, enough=enough: len(got) >= enough, seconds=40)  # type: ignore[misc] # the loop's number
        notifier.kill()
        notifier.launch()
        notifier.wait()
    await eventually(lambda: states(notifier, path), lambda found: found == ["delivered"] * 60, seconds=60)

    for subject in set(subjects):
        first_times = list(dict.fromkeys(got.event.id for got in receiver.about(subject)))
        assert first_times == [id_ for id_, about in zip(sent, subjects, strict=True) if about == subject]


async def test_two_notifiers_share_the_work_and_send_each_message_once(
    services: dict[str, Service], publisher: Publisher, receiver: Receiver
) -> None:
    first = services["notifier"]
    settings = first.settings
    apart: dict[str, Any] = {"port_base": free_port_base(), "directory_url": settings.url("directory")}
    second = Service("notifier", settings.model_copy(update=apart), first.log.with_name("second.log"))
    second.launch()
    try:
        second.wait()
        path = await subscribe(first, receiver)
        sent = await raise_alerts(publisher, *(f"both-{number % 10}" for number in range(100)))
        await eventually(lambda: states(second, path), lambda found: found == ["delivered"] * 100, seconds=60)
    finally:
        second.stop()

    assert sorted(got.event.id for got in receiver.got) == sorted(sent)
