"""Lanes and deliveries on the real store: what several processes may do to each other there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.mongo import connect
from backbone.settings import Settings
from services.notifier.domain.delivery import Delivery, Lane, State, ended
from services.notifier.store.deliveries import Deliveries
from services.notifier.store.lanes import Lanes

NOW = datetime(2017, 12, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LATER = NOW + 60 * SECOND
A, B = ("s1|a", "s1"), ("s2|b", "s2")
DELIVERY = Delivery(
    delivery_id="msg_1",
    subscription_id="s1",
    event_id="e1",
    type="alert-raised",
    subject="a",
    partition="alerts-0",
    offset=1,
    owner_id=None,
    team_id=None,
    state=State.WAITING,
    queued_at=NOW,
    due_at=NOW,
)


@pytest.fixture
async def lanes(settings: Settings) -> AsyncIterator[Lanes]:
    client = connect(settings)
    await client.drop_database(settings.database("notifier_store"))
    lanes = Lanes(client[settings.database("notifier_store")]["lanes"])
    await lanes.ensure_indexes()
    yield lanes
    client.close()


@pytest.fixture
async def deliveries(settings: Settings, lanes: Lanes) -> AsyncIterator[Deliveries]:
    client = connect(settings)
    database = client[settings.database("notifier_store")]
    deliveries = Deliveries(database["deliveries"], database["messages"], lanes, 3_600)
    await deliveries.ensure_indexes()
    yield deliveries
    client.close()


async def only(lanes: Lanes, now: datetime = NOW) -> Lane:
    [lane] = await lanes.due(now, besides=(), limit=10)
    return lane


async def names(lanes: Lanes, now: datetime = NOW, besides: tuple[str, ...] = ()) -> list[str]:
    return [lane.id for lane in await lanes.due(now, besides=besides, limit=10)]


def numbered(number: int, **more: object) -> Delivery:
    return replace(DELIVERY, delivery_id=f"msg_{number}", event_id=f"e{number}", offset=number, **more)  # type: ignore[arg-type] # its own fields


async def test_a_lane_is_one_mans_work_until_his_lease_ends(lanes: Lanes) -> None:
    await lanes.put_in([A], NOW)
    lane = await only(lanes)

    claims = [await lanes.claim([lane], by, NOW, LATER) for by in ("first", "second")]

    assert claims == [[replace(lane, until=LATER)], []]
    assert (await names(lanes), await names(lanes, LATER)) == ([], ["s1|a"])
    assert await lanes.claim([await only(lanes, LATER)], "second", LATER, LATER + 60 * SECOND)
    assert not await lanes.hold(lane, "first", LATER + 60 * SECOND)


async def test_who_lost_his_lease_changes_nothing_any_more(lanes: Lanes) -> None:
    await lanes.put_in([A], NOW)
    lane = await only(lanes)
    await lanes.claim([lane], "first", NOW, LATER)
    await lanes.claim([await only(lanes, LATER)], "second", LATER, LATER + 60 * SECOND)

    await lanes.let_go(lane, "first", NOW)
    await lanes.park(lane, "first")
    await lanes.take_away(lane, "first", NOW)

    assert await names(lanes, LATER) == []
    assert await names(lanes, LATER + 60 * SECOND) == ["s1|a"]


async def test_a_lane_into_which_something_was_put_meanwhile_is_not_taken_away(lanes: Lanes) -> None:
    await lanes.put_in([A], NOW)
    lane = await only(lanes)
    await lanes.claim([lane], "me", NOW, LATER)
    await lanes.put_in([A], NOW)

    await lanes.take_away(lane, "me", NOW)
    again = await only(lanes)
    await lanes.claim([again], "me", NOW, LATER)
    await lanes.take_away(again, "me", NOW)

    assert again.n == 2
    assert await names(lanes, LATER) == []


async def test_what_is_put_into_a_lane_that_waits_for_a_retry_does_not_hurry_it_unless_it_shall(lanes: Lanes) -> None:
    await lanes.put_in([A], NOW)
    lane = await only(lanes)
    await lanes.claim([lane], "me", NOW, LATER)
    await lanes.let_go(lane, "me", LATER)

    await lanes.put_in([A], NOW)
    patient = await names(lanes)
    await lanes.put_in([A], NOW, hurry=True)

    assert (patient, await names(lanes)) == ([], ["s1|a"])


async def test_a_parked_lane_is_out_of_sight_until_its_subscription_is_active(lanes: Lanes) -> None:
    await lanes.put_in([A, B], NOW)
    for lane in await lanes.due(NOW, besides=(), limit=10):
        await lanes.claim([lane], "me", NOW, LATER)
        await lanes.park(lane, "me")
    await lanes.put_in([A], NOW)

    hidden = await names(lanes, LATER)
    brought_back = await lanes.unpark(["s1"], LATER)

    assert (hidden, brought_back) == ([], 1)
    assert await names(lanes, LATER) == ["s1|a"]
    assert await lanes.oldest_due(LATER + SECOND) == LATER


async def test_lanes_of_busy_and_of_removed_subscriptions_are_left_out(lanes: Lanes) -> None:
    await lanes.put_in([A, B], NOW)

    assert await names(lanes, besides=("s1",)) == ["s2|b"]
    await lanes.forget("s2")
    assert await names(lanes) == ["s1|a"]


async def test_a_batch_queued_twice_is_there_once_and_stays_as_it_was(deliveries: Deliveries, lanes: Lanes) -> None:
    batch = [numbered(1), numbered(2), numbered(3, state=State.SUPPRESSED, due_at=None)]
    bodies = {f"e{number}": b"body" for number in (1, 2, 3)}
    await deliveries.queue(batch, bodies, NOW)
    sent = ended(batch[0], State.DELIVERED, NOW)
    await deliveries.note(batch[0], sent)

    await deliveries.queue(batch, bodies, LATER)

    assert await deliveries.waiting_in("s1|a") == [batch[1]]
    assert [await deliveries.get(f"msg_{number}") for number in (1, 3)] == [sent, batch[2]]
    assert await deliveries.body_of("e1") == b"body"
    assert await names(lanes) == ["s1|a"]
    assert await deliveries.count_waiting() == (1, 0)


async def test_a_replay_queues_once_what_is_missing_and_what_failed_and_if_asked_what_was_delivered(
    deliveries: Deliveries,
) -> None:
    states = [State.DELIVERED, State.FAILED, State.WAITING, State.SUPPRESSED, State.SET_ASIDE]
    known = [numbered(number, state=state) for number, state in enumerate(states)]
    await deliveries.queue(known, {}, NOW)
    found = [replace(one, state=State.WAITING, replay_id="r1") for one in (*known, numbered(9))]
    all_again = [replace(one, replay_id="r2") for one in found]

    counts = [
        await deliveries.queue_again(found, {"e9": b"body"}, LATER, delivered=False),
        await deliveries.queue_again(found, {"e9": b"body"}, LATER, delivered=False),
        await deliveries.queue_again(all_again, {"e9": b"body"}, LATER, delivered=True),
    ]

    assert counts == [3, 0, 1]
    assert await deliveries.set_aside("s1", LATER) == 5
    assert await deliveries.count_waiting() == (0, 0)


async def test_what_somebody_else_wrote_down_first_stands(deliveries: Deliveries) -> None:
    await deliveries.queue([DELIVERY], {}, NOW)
    await deliveries.note(DELIVERY, replace(DELIVERY, tries=1, due_at=LATER))

    await deliveries.note(DELIVERY, replace(DELIVERY, tries=1, due_at=NOW))

    assert await deliveries.get("msg_1") == replace(DELIVERY, tries=1, due_at=LATER)
