"""The Faust worker that turns the log into figures: wiring only.

Faust brings the consumer group, the assignment, the fetching and the process's
life; figures rest on none of its state (docs/decisions, "Faust without
tables"). `python -m services.analytics.worker` runs it; any failure ends the
process, and its supervisor starts it again.
"""

import asyncio
import contextlib
import gc
import os
import time
from collections.abc import AsyncIterator, Awaitable, Collection, Iterator, Mapping
from typing import Any, Final

import faust
import structlog
import uvicorn
import uvloop
from fastapi import FastAPI
from faust.types import TP

from backbone.broker import BrokerError, Publisher, ensure_topics, topic_ids
from backbone.mongo import PyMongoError, connect, database, ping
from backbone.settings import Settings
from backbone.sweep import Sweep
from backbone.telemetry import configure_logging
from backbone.web import create_app
from services.analytics.domain.days import Days
from services.analytics.handlers import measures
from services.analytics.handlers.intake import WAITING_BATCHES, Intake, merged
from services.analytics.handlers.rounds import Rounds
from services.analytics.handlers.sources import check_sources
from services.analytics.handlers.timers import Timers
from services.analytics.settings import WorkerSettings
from services.analytics.store import Store
from services.analytics.transport import Transport

TOPICS: Final = ("leads", "customers", "deals", "activities", "complaints", "directory")
CLOCKED: Final = "complaints"
GROUP: Final = "analytics"
LOOK_SECONDS: Final = 0.5
SOURCES_SECONDS: Final = 30.0

log = structlog.get_logger(__name__)


class Worker:
    """The wired worker; `app` is what Faust runs.

    Args:
        settings: of all processes.
        own: of this one.
    """

    def __init__(self, settings: Settings, own: WorkerSettings) -> None:
        self._settings = settings
        self._prefix = len(settings.topic("")) if settings.namespace else 0
        self.app = _faust(settings, own)
        self._client = connect(settings)
        self._store = Store(database(self._client, settings, GROUP))
        publisher = Publisher(settings)
        self._alerts = Sweep(publisher, self._store.clocks)
        days = Days(settings.zone)
        self._rounds = Rounds(self._store, publisher, days, settings.currency, TOPICS, self._alerts.wake)
        self._intake = Intake(self._rounds, own.round_records, lambda: self.app.consumer_generation_id)
        self._timers = Timers(self._store, self._rounds, self._ends, self._alerts.wake)
        self.app.transport = Transport(self.app.conf.broker_consumer, self.app, self._stored)
        self._wire()

    def _wire(self) -> None:
        app = self.app
        topics = map(self._settings.topic, TOPICS)
        app.agent(app.topic(*topics, key_serializer="raw", value_serializer="raw"), name="fold")(self._read)
        app.task(self._fold)
        app.task(self._send_alerts)
        app.task(self._serve_operations)
        app.timer(SOURCES_SECONDS)(self._know_topics)
        forget: Any = self._forget  # Faust's own type of a listener takes no named argument
        app.on_partitions_revoked.connect(forget)

    async def _read(self, batches: Any) -> None:
        # Faust acks what an `async for` body raises on, so nothing is left to it: the ack is given by `_fold`.
        with _deadly("reading"):
            async for event in batches.noack().events():
                await self._intake.take(self._label(event.message.tp), event)

    async def _fold(self) -> None:
        with _deadly("folding"):
            looked = time.monotonic()
            while not self.app.should_stop:
                batches = await self._intake.next_round(LOOK_SECONDS)
                if batches:
                    await self._rounds.fold(merged(batches))
                    self._intake.done(batches)
                # In turn with the rounds: a clock is not judged while an event of it is being folded.
                if time.monotonic() - looked >= LOOK_SECONDS and not self.app.rebalancing:
                    looked = time.monotonic()
                    self._measure()
                    await _unless_away(self._store.keep_positions(self._intake.moved()))
                    await _unless_away(self._timers.look(self._positions()))

    async def _send_alerts(self) -> None:
        with _deadly("sending alerts"):
            await self._alerts.run()

    async def _know_topics(self) -> None:
        with _deadly("checking the topics"):
            await _unless_away(_check_topics(self._settings, self._store))

    async def _forget(self, _: Any, revoked: Collection[TP], **__: Any) -> None:
        self._intake.forget([self._label(tp) for tp in revoked])

    async def _serve_operations(self) -> None:
        """Health and metrics on the worker's port."""
        page = create_app(
            "worker",
            self._settings,
            title="Drumbeat analytics worker",
            description="Folds the log into figures; here are only its health and its metrics.",
            routers=[],
            lifespan=_nothing_to_open,
        )
        page.state.checks = {"store": lambda: ping(self._client), "log": self._assigned}
        port = self._settings.port("worker")
        config = uvicorn.Config(
            page, self._settings.bind, port, log_config=None, log_level="warning", access_log=False, lifespan="off"
        )
        await _Guest(config).serve()

    async def _assigned(self) -> None:
        if self.app.rebalancing or not self.app.consumer.assignment():
            raise LookupError("no partition is assigned yet")

    def _label(self, tp: TP) -> str:
        """`activities-3`, whatever the namespace."""
        return f"{tp.topic[self._prefix :]}-{tp.partition}"

    def _positions(self) -> dict[str, int]:
        """By partition of CLOCKED that this worker has: the next offset to fold."""
        consumer: Any = self.app.consumer
        committed: Mapping[TP, int | None] = consumer._committed_offset  # noqa: SLF001 - Faust shows it nowhere else
        mine = [tp for tp in consumer.assignment() if tp.topic == self._settings.topic(CLOCKED)]
        return {self._label(tp): max(self._intake.folded.get(self._label(tp), 0), committed[tp] or 0) for tp in mine}

    async def _stored(self, tps: Collection[TP]) -> dict[TP, int]:
        """Up to where the store surely holds the log: it is the store that says where to read on."""
        found = await self._store.positions_of([self._label(tp) for tp in tps])
        return {tp: found[self._label(tp)] for tp in tps if self._label(tp) in found}

    async def _ends(self, labels: Collection[str]) -> dict[str, int]:
        partitions = [TP(self._settings.topic(CLOCKED), int(label.rpartition("-")[2])) for label in labels]
        found = await self.app.consumer.highwaters(*partitions)
        return {self._label(tp): end for tp, end in found.items()}

    def _measure(self) -> None:
        consumer: Any = self.app.consumer
        for tp in consumer.assignment():
            end = consumer.highwater(tp)
            folded = self._intake.folded.get(self._label(tp))
            if end is not None and folded is not None:
                measures.PARTITION_LAG.labels(tp.topic[self._prefix :], tp.partition).set(max(end - folded, 0))


@contextlib.asynccontextmanager
async def _nothing_to_open(_: FastAPI) -> AsyncIterator[None]:
    yield


class _Guest(uvicorn.Server):
    """A server that leaves the process's signals to Faust."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _faust(settings: Settings, own: WorkerSettings) -> faust.App:
    """Faust as it is used here: the group and its batches, without tables, page and topics of its own."""
    return faust.App(
        settings.group(GROUP),
        broker=[f"kafka://{server}" for server in settings.kafka_servers],
        consumer_group_instance_id=own.name,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=own.fetch_bytes,
        broker_session_timeout=own.session_seconds,
        broker_heartbeat_interval=own.session_seconds / 5,
        broker_commit_interval=0.5,
        # A partition that leaves need not wait for the round in hand: guards keep it exact.
        stream_wait_empty=False,
        stream_buffer_maxsize=WAITING_BATCHES,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        store="memory://",
        web_enabled=False,
    )


@contextlib.contextmanager
def _deadly(doing: str) -> Iterator[None]:
    """End the process on any exception, before Faust can ack or commit anything further."""
    try:
        yield
    except Exception:
        log.critical("the worker ends", doing=doing, exc_info=True)
        os._exit(1)


async def _unless_away(call: Awaitable[None]) -> None:
    """Await what can as well be done a moment later, when store and broker answer again."""
    try:
        await call
    except (PyMongoError, BrokerError) as trouble:
        log.warning("store or broker do not answer", trouble=str(trouble)[:300])


async def _check_topics(settings: Settings, store: Store) -> None:
    await check_sources(store, await asyncio.to_thread(topic_ids, settings, TOPICS))


async def prepare(settings: Settings) -> None:
    """Make topics and indexes, and see that the log is the one the figures were made from.

    Raises:
        BrokerError: Kafka does not answer.
        PyMongoError: the store does not answer.
        TopicRecreated: the log is another one.
    """
    client = connect(settings)
    try:
        await ping(client)
        await asyncio.to_thread(ensure_topics, settings)
        store = Store(database(client, settings, GROUP))
        await store.ensure_indexes()
        await _check_topics(settings, store)
    finally:
        client.close()


def main() -> None:
    """Run the worker until it is told to stop."""
    settings = Settings()
    configure_logging("analytics-worker", settings.log_level)
    uvloop.install()
    try:
        asyncio.run(prepare(settings))
    except Exception:
        log.critical("the worker cannot start", exc_info=True)
        raise SystemExit(1) from None
    worker = Worker(settings, WorkerSettings())
    # A round makes tens of thousands of small objects without cycles, all gone when it ends: looking through
    # them every 700 would cost more than decoding them.
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    faust.Worker(
        worker.app, loglevel=settings.log_level, override_logging=False, redirect_stdouts=False, quiet=True
    ).execute_from_commandline()


if __name__ == "__main__":
    main()
