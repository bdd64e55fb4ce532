"""Couriers: they look which lanes are due and carry the messages out, many lanes at once, each in its order."""

import asyncio
import logging
import time
from collections import Counter, deque
from functools import partial
from typing import Final

from prometheus_client import Gauge

from backbone.contract.ids import new_event_id
from backbone.mongo import PyMongoError
from services.notifier.desk import Desk
from services.notifier.domain.delivery import Lane
from services.notifier.handlers import carry

LOOK_SECONDS: Final = 0.5
"""How late a retry may be noticed."""
LOOK_LIMIT: Final = 200
MEASURE_SECONDS: Final = 5.0
LAST_WORDS_SECONDS: Final = 3.0
TROUBLE_SECONDS: Final = 1.0

WAITING = Gauge("drumbeat_notifier_waiting", "Messages not delivered yet.")
RETRYING = Gauge("drumbeat_notifier_retrying", "Those of them with a failed attempt behind them.")
OLDEST_DUE = Gauge("drumbeat_notifier_oldest_due_seconds", "How long the message that is due longest has been due.")

log = logging.getLogger(__name__)


class Couriers:
    """Carries out what is due, at most so many messages at once, and of one subscription only some of them.

    So a receiver that takes 15 s for every answer does not keep the others waiting.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._name = new_event_id()
        self._claims = 0
        self._found: dict[str, deque[Lane]] = {}
        self._busy: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._back = asyncio.Event()
        self._looked = 0.0

    async def run(self) -> None:
        """Carry until cancelled; attempts under way may come to their end then."""
        try:
            while True:
                self._back.clear()
                try:
                    await self._look()
                    await self._send_out()
                except (PyMongoError, OSError) as trouble:
                    log.warning("couriers wait: %s", trouble)
                    await asyncio.sleep(TROUBLE_SECONDS)
                    continue
                await self._rest()
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=LAST_WORDS_SECONDS)
            for task in self._tasks:
                task.cancel()

    async def measure(self) -> None:
        """Keep the gauges up, and bring back lanes that were parked when their subscription became active."""
        while True:
            try:
                oldest, (waiting, retrying) = await carry.measure(self._desk)
                OLDEST_DUE.set(oldest)
                WAITING.set(waiting)
                RETRYING.set(retrying)
            except (PyMongoError, OSError) as trouble:
                log.warning("gauges stand still: %s", trouble)
            await asyncio.sleep(MEASURE_SECONDS)

    async def _look(self) -> None:
        """Find due lanes of subscriptions nothing is known of, when that can bring something."""
        now = time.monotonic()
        if not (self._desk.due.is_set() or not self._found or now - self._looked >= LOOK_SECONDS):
            return
        self._desk.due.clear()
        self._looked = now
        for lane in await carry.due(self._desk, besides=self._found.keys() | self._full(), limit=LOOK_LIMIT):
            self._found.setdefault(lane.subscription_id, deque()).append(lane)

    def _full(self) -> set[str]:
        return {id_ for id_, running in self._busy.items() if running >= self._desk.options.concurrency_each}

    async def _send_out(self) -> None:
        chosen = self._choose()
        if not chosen:
            return
        self._claims += 1
        by = f"{self._name}-{self._claims}"
        for lane in await carry.claim(self._desk, chosen, by):
            self._busy[lane.subscription_id] += 1
            task = asyncio.create_task(carry.carry(self._desk, lane, by))
            self._tasks.add(task)
            task.add_done_callback(partial(self._return, lane.subscription_id))

    def _choose(self) -> list[Lane]:
        """Of what was found as much as may go out now, in turn for each subscription."""
        options = self._desk.options
        chosen: list[Lane] = []
        going = Counter(self._busy)
        waiting = deque(self._found)
        while waiting and len(self._tasks) + len(chosen) < options.concurrency:
            subscription = waiting.popleft()
            if going[subscription] >= options.concurrency_each:
                continue
            going[subscription] += 1
            lanes = self._found[subscription]
            chosen.append(lanes.popleft())
            if lanes:
                waiting.append(subscription)
            else:
                del self._found[subscription]
        return chosen

    def _return(self, subscription: str, done: "asyncio.Task[None]") -> None:
        self._tasks.discard(done)
        self._busy[subscription] -= 1
        if not self._busy[subscription]:
            del self._busy[subscription]
        if not done.cancelled() and (trouble := done.exception()) is not None:
            # Its lease runs out, and the lane is due again then.
            log.warning("a lane was left: %s", trouble, exc_info=trouble)
        self._back.set()

    async def _rest(self) -> None:
        """Wait for something new, for a courier to come back, or for the next look."""
        new, back = (asyncio.ensure_future(event.wait()) for event in (self._desk.due, self._back))
        try:
            await asyncio.wait((new, back), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            new.cancel()
            back.cancel()
