"""What can be done with a subscription."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from backbone.broker import BrokerError
from backbone.callers import Caller, Role
from backbone.contract.ids import new_event_id
from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict, Forbidden, NotFound, Unavailable
from backbone.rows import row_to_change
from backbone.web import Asks
from services.notifier.desk import Desk
from services.notifier.domain import subscription as rules
from services.notifier.domain.channel import Destination, Message, Outcome
from services.notifier.domain.signature import new_secret
from services.notifier.domain.subscription import TOPICS, Creator, Disabling, Filters, Secret, Subscription
from services.notifier.readers import ends_of

Rule = Callable[[Subscription], Subscription]

SOURCE = "/services/notifier"
TEST_TYPE = "subscription-tested"
NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall hold of a subscription: the fields of `told`; the others stay."""

    told: frozenset[str]
    name: str | None = None
    events: tuple[str, ...] = ()
    alert_kinds: tuple[str, ...] = ()
    filters: Filters = NO_FILTERS
    channel: Destination | None = None


async def subscribe(desk: Desk, asks: Asks, key_hash: str, wish: Wish, channel: Destination) -> Saved[Subscription]:
    """Make a subscription. It hears in the name of the caller's key and gets what comes from now on.

    Raises:
        Refused: it wants nothing or unknown events, or its messages may not go where they should.
        Unavailable: the broker does not say where the log ends.
    """
    asks.caller.check_in_person("let events be sent to an address")
    await desk.channels[channel.kind].check(channel)
    try:
        ends = await ends_of(desk.settings, TOPICS)
    except BrokerError as away:
        raise Unavailable("broker-away", "Kafka does not answer; try again in a few seconds.") from away
    now = desk.now()
    owner_id, team_id = _row_of(asks.caller)
    state = rules.subscribe(
        Subscription(
            subscription_id=new_event_id(),
            name=wish.name or channel.url,
            owner_id=owner_id,
            team_id=team_id,
            creator=_creator(asks.caller, key_hash),
            events=wish.events,
            alert_kinds=wish.alert_kinds,
            filters=wish.filters,
            channel=channel,
            secrets=(Secret(new_secret()),),
            state_since=now,
            created_at=now,
            begins={f"{topic}-{partition}": end for (topic, partition), end in ends.items()},
        )
    )
    return await desk.store.subscriptions.create(state.subscription_id, state, [], at=now, by=asks.by)


async def change(desk: Desk, asks: Asks, subscription_id: str, wish: Wish, *, version: int) -> Saved[Subscription]:
    """Change what a subscription wants or where it sends; for messages not sent yet the new place holds.

    Raises:
        Refused: as for a new one.
        Forbidden: see `to_steer`.
    """
    found = await to_steer(desk, asks, subscription_id, version)
    if found.replayed:
        return found
    if wish.channel is not None:
        await desk.channels[wish.channel.kind].check(wish.channel)
    wished = {name: getattr(wish, name) for name in wish.told}
    return await _keep(desk, asks, found, lambda state: rules.subscribe(replace(state, **wished)))


async def pause(desk: Desk, asks: Asks, subscription_id: str, *, version: int) -> Saved[Subscription]:
    """Send nothing until it is resumed; what comes meanwhile waits. Whoever may change the row may do it."""
    found = await row_to_change(desk.store.subscriptions, asks, subscription_id, version)
    now = desk.now()
    return found if found.replayed else await _keep(desk, asks, found, lambda state: rules.pause(state, now))


async def resume(desk: Desk, asks: Asks, subscription_id: str, *, version: int, set_aside: bool) -> Saved[Subscription]:
    """Send again, beginning with what waits, or without it: what is set aside can be replayed.

    Raises:
        Forbidden: see `to_steer`.
        Refused: the key it hears by was withdrawn.
    """
    found = await to_steer(desk, asks, subscription_id, version)
    if found.replayed:
        return found
    now = desk.now()
    # Before it is active again, so that no courier sends what is to be left out.
    if set_aside:
        await desk.store.deliveries.set_aside(subscription_id, now)
    saved = await _keep(desk, asks, found, lambda state: rules.resume(state, now))
    await desk.store.lanes.unpark([subscription_id], now)
    desk.due.set()
    return saved


async def take_over(
    desk: Desk, asks: Asks, key_hash: str, subscription_id: str, *, version: int
) -> Saved[Subscription]:
    """Let a subscription hear in the name of the caller's key from now on, and belong to him."""
    found = await row_to_change(desk.store.subscriptions, asks, subscription_id, version)
    if found.replayed:
        return found
    now = desk.now()
    creator = _creator(asks.caller, key_hash)
    owner_id, team_id = _row_of(asks.caller)
    saved = await _keep(desk, asks, found, lambda state: rules.take_over(state, creator, owner_id, team_id, now))
    await desk.store.lanes.unpark([subscription_id] if saved.state.active else [], now)
    desk.due.set()
    return saved


async def rotate_secret(
    desk: Desk, asks: Asks, subscription_id: str, *, version: int, overlap: timedelta
) -> Saved[Subscription]:
    """Sign with a new secret, for a while also with the old ones.

    Raises:
        Forbidden: see `to_steer`.
        Refused: too many secrets are in use at once.
    """
    found = await to_steer(desk, asks, subscription_id, version)
    now = desk.now()
    secret = new_secret()
    return (
        found
        if found.replayed
        else await _keep(desk, asks, found, lambda state: rules.rotate(state, secret, overlap, now))
    )


async def unsubscribe(desk: Desk, asks: Asks, subscription_id: str, *, version: int) -> None:
    """Remove a subscription with what still waits for it; its log is kept for as long as any."""
    found = await row_to_change(desk.store.subscriptions, asks, subscription_id, version)
    gone = await desk.store.subscriptions.collection.delete_one({"_id": found.id, "version": found.version})
    if not gone.deleted_count:
        raise Conflict(desk.store.subscriptions.noun, found.id, (await desk.store.subscriptions.get(found.id)).version)
    await desk.store.lanes.forget(found.id)


async def send_test(desk: Desk, asks: Asks, subscription_id: str) -> Outcome:
    """Send a message that is no event, signed like any other, and give the receiver's answer.

    Raises:
        Forbidden: see `to_steer`.
    """
    found = await desk.store.subscriptions.get(subscription_id)
    check_may_steer(asks.caller, found.state)
    now = desk.now()
    id_ = new_event_id()
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": TEST_TYPE,
        "subject": subscription_id,
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "data": {"subscription_id": subscription_id, "name": found.state.name},
    }
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    channel = found.state.channel
    return await desk.channels[channel.kind].send(
        Message(f"msg_test_{id_}", channel, body, now, found.state.signing(now))
    )


async def disable(desk: Desk, subscription_id: str, reason: Disabling) -> None:
    """Disable a subscription because of something that happened, whoever else changes it meanwhile."""
    by = By(actor=SOURCE, request_id=new_event_id())
    while True:
        try:
            found = await desk.store.subscriptions.get(subscription_id)
            state = rules.disable(found.state, reason, desk.now())
            if state != found.state:
                await desk.store.subscriptions.change(found, state, [], at=state.state_since, by=by)
        except Conflict:
            continue
        except NotFound:
            pass  # removed meanwhile: nothing is sent for it either
        return


async def to_steer(desk: Desk, asks: Asks, subscription_id: str, version: int) -> Saved[Subscription]:
    """A subscription for a change that decides what is sent where.

    Raises:
        NotFound: there is none in the caller's row scope.
        Forbidden: it hears in somebody else's name: another address would leak what only he may see.
        Conflict: it has another version by now.
    """
    found = await row_to_change(desk.store.subscriptions, asks, subscription_id, version)
    check_may_steer(asks.caller, found.state)
    return found


def check_may_steer(caller: Caller, subscription: Subscription) -> None:
    """Refuse to decide what is sent where in somebody else's name.

    Raises:
        NotFound: the caller may not see it.
        Forbidden: he is neither an admin nor the one it hears for, or stands in for him only.
    """
    caller.check_in_person("let events be sent to an address")
    caller.check_may_change("subscription", subscription.subscription_id, subscription.owner_id, subscription.team_id)
    creator = subscription.creator
    own = caller.member_id is not None and caller.member_id == subscription.owner_id and caller.role == creator.role
    if not (caller.role is Role.ADMIN or caller.key_id == creator.key_id or own):
        raise Forbidden(
            "not-yours",
            "This subscription hears in somebody else's name; take it over first, then it hears what you may see.",
        )


def _row_of(caller: Caller) -> tuple[str | None, str | None]:
    # What an admin hears is not for the managers of the team he happens to be in.
    return caller.member_id, None if caller.sees_all else caller.team_id


def _creator(caller: Caller, key_hash: str) -> Creator:
    return Creator(caller.key_id, key_hash, caller.role.value)


async def _keep(desk: Desk, asks: Asks, found: Saved[Subscription], rule: Rule) -> Saved[Subscription]:
    return await desk.store.subscriptions.change(found, rule(found.state), [], at=desk.now(), by=asks.by)
