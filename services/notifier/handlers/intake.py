"""From the log into the lanes: which events are for whom."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from backbone.broker import Received, topic_ids
from backbone.callers import Caller
from backbone.contract.envelope import Envelope
from services.notifier.desk import Desk
from services.notifier.domain.delivery import Delivery, State, message_id
from services.notifier.domain.matching import Below, Match, match, row_of, topics_of
from services.notifier.domain.subscription import TOPICS, Disabling, Subscription
from services.notifier.handlers.subscriptions import disable
from services.notifier.readers import Starts, body_of, ends_of, read_event


@dataclass(frozen=True, slots=True)
class Hearer:
    """A subscription, who hears by it as the directory says now, and the topics that can hold something for it."""

    subscription: Subscription
    caller: Caller
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a batch of the log means: deliveries in the log's order, and what to send by event id."""

    deliveries: list[Delivery]
    bodies: dict[str, bytes]


async def beginning(desk: Desk) -> Starts:
    """Where the notifier begins on the log: at the end of each topic as it was when it first met the topic.

    Raises:
        BrokerError: the broker does not answer.
        LookupError: a topic does not exist.
    """
    ids = await asyncio.to_thread(topic_ids, desk.settings, TOPICS)
    unknown = await desk.store.beginnings.unknown(ids)
    if unknown:
        ends = await ends_of(desk.settings, unknown)
        await desk.store.beginnings.fix({name: ids[name] for name in unknown}, ends)
    return await desk.store.beginnings.read(ids)


async def take(desk: Desk, records: Sequence[Received]) -> None:
    """Queue what the records hold for every subscription there is; nothing is lost or queued twice by a repeat.

    Raises:
        Unavailable: the directory does not say what a key may see.
        PyMongoError: the store does not answer.
    """
    known = [saved.state for saved in await desk.book.all()] if records else []
    if not known:
        return
    found = sort_out(desk, records, await hearing(desk, known))
    await desk.store.deliveries.queue(found.deliveries, found.bodies, desk.now())
    desk.due.set()


async def hearing(desk: Desk, subscriptions: Sequence[Subscription]) -> list[Hearer]:
    """Who hears for each subscription now; one whose key opens nothing any more is disabled and left out.

    Raises:
        Unavailable: the directory does not say.
    """
    hashes = {subscription.creator.key_hash for subscription in subscriptions}
    callers = dict(zip(hashes, await asyncio.gather(*map(desk.keys.caller_of, hashes)), strict=True))
    hearers = []
    for subscription in subscriptions:
        caller = callers[subscription.creator.key_hash]
        if caller is not None:
            hearers.append(Hearer(subscription, caller, topics_of(subscription)))
        elif subscription.state_reason != Disabling.KEY_WITHDRAWN:
            await disable(desk, subscription.subscription_id, Disabling.KEY_WITHDRAWN)
    return hearers


def sort_out(
    desk: Desk, records: Sequence[Received], hearers: Sequence[Hearer], replay_id: str | None = None
) -> Sorted:
    """Match records with subscriptions, each within its row scope."""
    below = _remembered(desk.teams.below)
    wanted = frozenset[str]().union(*(hearer.topics for hearer in hearers))
    now = desk.now()
    found = Sorted([], {})
    for record in records:
        envelope = read_event(record) if record.topic in wanted else None
        if envelope is None:
            continue
        owner_id, team_id = row_of(envelope.data)
        for hearer in hearers:
            if record.topic not in hearer.topics or not hearer.caller.may_see(owner_id, team_id):
                continue
            subscription = hearer.subscription
            place = f"{record.topic}-{record.partition}"
            if replay_id is None and record.offset < subscription.begins.get(place, 0):
                continue
            verdict = match(subscription, envelope, below)
            if verdict is Match.NO:
                continue
            found.deliveries.append(
                Delivery(
                    delivery_id=message_id(subscription.subscription_id, envelope.id),
                    subscription_id=subscription.subscription_id,
                    event_id=envelope.id,
                    type=envelope.type,
                    subject=envelope.subject,
                    partition=place,
                    offset=record.offset,
                    owner_id=owner_id,
                    team_id=team_id,
                    state=State.WAITING if verdict is Match.SEND else State.SUPPRESSED,
                    queued_at=now,
                    due_at=now if verdict is Match.SEND else None,
                    ended_at=None if verdict is Match.SEND else now,
                    replay_id=replay_id,
                )
            )
            _keep_body(found, envelope)
    return found


def _keep_body(found: Sorted, envelope: Envelope) -> None:
    if envelope.id not in found.bodies:
        found.bodies[envelope.id] = body_of(envelope)


def _remembered(below: Below) -> Below:
    """The same answers, each worked out once."""
    answer = cache(below)
    return lambda teams: answer(tuple(teams))
