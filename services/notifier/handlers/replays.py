"""Sending the past again."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog

from backbone.broker import Received
from backbone.clock import epoch_ms
from backbone.contract.ids import new_event_id
from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict, NotFound
from backbone.web import Asks
from services.notifier.desk import Desk
from services.notifier.domain import replay as rules
from services.notifier.domain.replay import Replay, State
from services.notifier.handlers.intake import Hearer, hearing, sort_out
from services.notifier.handlers.subscriptions import SOURCE, check_may_steer
from services.notifier.readers import Again

READ_AT_ONCE = 200

log = structlog.get_logger(__name__)


async def ask(
    desk: Desk, asks: Asks, subscription_id: str, *, since: datetime, until: datetime | None, delivered: bool
) -> Saved[Replay]:
    """Ask for what came onto the log in a span of time; a process will read it there soon.

    Raises:
        NotFound: no such subscription in the caller's row scope.
        Forbidden: it hears in somebody else's name.
        Refused: the span is empty.
    """
    subscription = (await desk.store.subscriptions.get(subscription_id)).state
    check_may_steer(asks.caller, subscription)
    now = desk.now()
    state = rules.ask(
        Replay(
            replay_id=new_event_id(),
            subscription_id=subscription_id,
            owner_id=subscription.owner_id,
            team_id=subscription.team_id,
            since=since,
            until=min(until or now, now),
            delivered=delivered,
            asked_at=now,
        )
    )
    saved = await desk.store.replays.create(state.replay_id, state, [], at=now, by=asks.by)
    desk.asked.set()
    return saved


async def claim(desk: Desk) -> Saved[Replay] | None:
    """A replay nobody works at, for this process to work at; None when there is none."""
    open_states = [State.WAITING.value, State.RUNNING.value]
    rows = desk.store.replays.collection.find({"state.state": {"$in": open_states}})
    async for row in rows:
        found = desk.store.replays.read(row)
        now = desk.now()
        if rules.free(found.state, now):
            try:
                return await _keep(desk, found, rules.begin(found.state, desk.lease, now))
            except Conflict:
                continue  # another process was faster
    return None


async def run(desk: Desk, replay: Saved[Replay]) -> None:
    """Read the log and queue what is for the subscription, batch by batch.

    Raises:
        BrokerError, PyMongoError, Unavailable: something does not answer; the lease runs out and somebody
            begins again, without queueing anything twice.
    """
    try:
        subscription = (await desk.store.subscriptions.get(replay.state.subscription_id)).state
        hearers = await hearing(desk, [subscription])
        if not hearers:
            await _keep(desk, replay, rules.end(replay.state, State.STOPPED, desk.now()))
            return
        replay = await _read_again(desk, replay, hearers)
        await _keep(desk, replay, rules.end(replay.state, State.DONE, desk.now()))
    except NotFound:
        await _keep(desk, replay, rules.end(replay.state, State.STOPPED, desk.now()))
    except Conflict:
        log.warning("another process went on with a replay", replay_id=replay.id)


async def _read_again(desk: Desk, replay: Saved[Replay], hearers: Sequence[Hearer]) -> Saved[Replay]:
    asked = replay.state
    since, until = epoch_ms(asked.since), epoch_ms(asked.until)
    reader = Again(desk.settings, sorted(hearers[0].topics), None, max_records=READ_AT_ONCE, since=asked.since)

    async def take(records: Sequence[Received]) -> None:
        nonlocal replay
        within = [record for record in records if since <= record.timestamp_ms < until]
        found = sort_out(desk, within, hearers, asked.replay_id)
        now = desk.now()
        queued = await desk.store.deliveries.queue_again(found.deliveries, found.bodies, now, delivered=asked.delivered)
        desk.due.set()
        counted = rules.go_on(replay.state, len(found.deliveries), queued, desk.lease, now)
        replay = await _keep(desk, replay, counted)

    reading = asyncio.ensure_future(reader.run(take))
    ended = asyncio.ensure_future(reader.ready())
    try:
        await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended.cancel()
        reader.stop()
        await reading
    return replay


async def _keep(desk: Desk, found: Saved[Replay], state: Replay) -> Saved[Replay]:
    by = By(actor=SOURCE, request_id=new_event_id())
    return await desk.store.replays.change(found, state, [], at=desk.now(), by=by)
