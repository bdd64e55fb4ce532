"""The Faust worker that folds events into figures."""

import asyncio
import os

import faust
import structlog
import uvloop
from mode import Worker

from backbone.mongo import connect, database
from backbone.settings import Settings
from backbone.telemetry import configure_logging
from services.analytics.domain.days import Days
from services.analytics.rounds import Fetched, Rounds
from services.analytics.store import Store
from services.analytics.transport import Transport

TOPICS = ("leads", "customers", "deals", "activities", "complaints", "directory")
log = structlog.get_logger(__name__)


def build(settings: Settings) -> faust.App:
    app = faust.App(
        settings.group("analytics"),
        broker=[f"kafka://{server}" for server in settings.kafka_servers],
        producer_linger=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        broker_commit_interval=0.5,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 * 1024 * 1024,
        stream_wait_empty=False,
        consumer_group_instance_id=f"worker-{os.environ.get('DRUMBEAT_WORKER', '1')}",
    )
    app.transport = Transport(app.conf.broker_consumer, app)
    topics = app.topic(*[settings.topic(t) for t in TOPICS], value_serializer="raw", key_serializer="raw")
    client = connect(settings)
    rounds = Rounds(Store(database(client, settings, "analytics")), Days(settings.zone), settings.currency, TOPICS)
    prefix = len(settings.topic("")) if settings.namespace else 0

    @app.agent(topics)
    async def fold(stream):
        async for event in stream.noack().events():
            batch = event.message.value
            await rounds.fold([Fetched(f"{batch.tp.topic[prefix:]}-{batch.tp.partition}", batch.records)])
            batch.folded = True
            event.ack()

    return app


if __name__ == "__main__":
    uvloop.install()
    settings = Settings()
    configure_logging("analytics-worker", settings.log_level)
    app = build(settings)
    worker = faust.Worker(app, loglevel="info", override_logging=False, redirect_stdouts=False, loop=asyncio.new_event_loop())
    worker.execute_from_commandline()
