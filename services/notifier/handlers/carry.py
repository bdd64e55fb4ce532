"""Sending what waits in a lane, one message after the other."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Counter, Histogram

from backbone.problems import Unavailable
from backbone.rows import find
from services.notifier.desk import Desk
from services.notifier.domain.channel import Message, Result
from services.notifier.domain.delivery import Delivery, Lane, State, attempted, ended, first_of_lane
from services.notifier.domain.subscription import Disabling, Subscription
from services.notifier.handlers.subscriptions import disable

MOST_IN_A_ROW: Final = 20
"""Then the lane goes back into the line, so that a long one does not keep others waiting."""
SAFE_SHARE: Final = 0.8
"""An attempt takes three quarters of a lease at most: with less left of it the lease is made longer first."""
DIRECTORY_PAUSE: Final = timedelta(seconds=5)

ATTEMPTS = Counter(
    "drumbeat_notifier_attempts_total",
    "Attempts to send a message: taken, failed (and to be tried again), given-up, gone.",
    ("channel", "result"),
)
SECONDS = Histogram(
    "drumbeat_notifier_attempt_seconds",
    "How long receivers take for their answer.",
    ("channel",),
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
WITHHELD = Counter("drumbeat_notifier_withheld_total", "Messages whose subscriber may not see them any more.")

log = structlog.get_logger(__name__)


async def due(desk: Desk, *, besides: Collection[str], limit: int) -> list[Lane]:
    """Lanes with a message due that nobody works at, but for those of some subscriptions."""
    return await desk.store.lanes.due(desk.now(), besides=besides, limit=limit)


async def measure(desk: Desk) -> tuple[float, tuple[int, int]]:
    """For how many seconds a message has been due, how many wait, and how many of them failed before.

    Lanes that were parked in the moment their subscription became active are brought back here.
    """
    active = [saved.id for saved in await desk.book.all() if saved.state.active]
    now = desk.now()
    if await desk.store.lanes.unpark(active, now):
        desk.due.set()
    oldest = await desk.store.lanes.oldest_due(now)
    seconds = 0.0 if oldest is None else (now - oldest).total_seconds()
    return seconds, await desk.store.deliveries.count_waiting()


async def claim(desk: Desk, lanes: Sequence[Lane], by: str) -> list[Lane]:
    """Take lanes for this process, under a name used once; gives those no other process took first."""
    now = desk.now()
    return await desk.store.lanes.claim(lanes, by, now, now + desk.lease)


async def carry(desk: Desk, lane: Lane, by: str) -> None:
    """Send what is due in a lane that was claimed.

    A crash at any point leaves the lease to run out; what had been sent but not noted is sent again then,
    under the same id.

    Args:
        desk: what to work with.
        lane: as it was claimed.
        by: the name it was claimed by.
    """
    for _ in range(MOST_IN_A_ROW):
        found = await _next(desk, lane, by)
        if found is None:
            return
        if lane.until - desk.now() < desk.lease * SAFE_SHARE:
            until = desk.now() + desk.lease
            if not await desk.store.lanes.hold(lane, by, until):
                return
            lane = replace(lane, until=until)
        try:
            again_at = await _send(desk, *found)
        except Unavailable:
            again_at = desk.now() + DIRECTORY_PAUSE
        if again_at is not None:
            await desk.store.lanes.let_go(lane, by, again_at)
            return
    await desk.store.lanes.let_go(lane, by, desk.now())


async def _next(desk: Desk, lane: Lane, by: str) -> tuple[Subscription, Delivery] | None:
    """What to send now; None when there is nothing, and then the lane is given back as it should be."""
    lanes, now = desk.store.lanes, desk.now()
    subscription = await _subscription_of(desk, lane)
    delivery = first_of_lane(await desk.store.deliveries.waiting_in(lane.id))
    if subscription is None:
        await lanes.forget(lane.subscription_id)
    elif not subscription.active:
        await lanes.park(lane, by)
    elif delivery is None:
        await lanes.take_away(lane, by, now)
    elif delivery.due_at is not None and delivery.due_at > now:
        await lanes.let_go(lane, by, delivery.due_at)
    else:
        return subscription, delivery
    return None


async def _subscription_of(desk: Desk, lane: Lane) -> Subscription | None:
    found = await find(desk.store.subscriptions, lane.subscription_id)
    return None if found is None else found.state


async def _send(desk: Desk, subscription: Subscription, delivery: Delivery) -> datetime | None:
    """Make one attempt; says when to come back, None when the lane may go on at once.

    Raises:
        Unavailable: the directory does not say whether the subscriber may still see it.
    """
    caller = await desk.keys.caller_of(subscription.creator.key_hash)
    if caller is None:
        await disable(desk, subscription.subscription_id, Disabling.KEY_WITHDRAWN)
        return None
    if not caller.may_see(delivery.owner_id, delivery.team_id):
        WITHHELD.inc()
        await desk.store.deliveries.note(delivery, ended(delivery, State.WITHHELD, desk.now()))
        return None
    body = await desk.store.deliveries.body_of(delivery.event_id)
    if body is None:
        log.warning("message expired before it could be sent", delivery_id=delivery.delivery_id)
        await desk.store.deliveries.note(delivery, ended(delivery, State.FAILED, desk.now()))
        return None
    return await _attempt(desk, subscription, delivery, body)


async def _attempt(desk: Desk, subscription: Subscription, delivery: Delivery, body: bytes) -> datetime | None:
    began = desk.now()
    channel = subscription.channel
    message = Message(delivery.delivery_id, channel, body, began, subscription.signing(began))
    outcome = await desk.channels[channel.kind].send(message)
    after = attempted(
        delivery,
        outcome,
        began=began,
        now=desk.now(),
        chance=desk.chance(),
        schedule=desk.options.retry_seconds,
    )
    await desk.store.deliveries.note(delivery, after)
    given_up = after.state is State.FAILED
    ATTEMPTS.labels(channel.kind, "given-up" if given_up else outcome.result).inc()
    SECONDS.labels(channel.kind).observe(outcome.milliseconds / 1000)
    if outcome.result is Result.GONE:
        await disable(desk, subscription.subscription_id, Disabling.GONE)
        return None
    return after.due_at
