"""The notifier: wiring only."""

import contextlib
import random
from collections.abc import AsyncIterator
from datetime import timedelta

from fastapi import FastAPI

from backbone.clock import utc_now
from backbone.service import opened
from backbone.settings import Settings
from backbone.web import create_app, running, serve
from services.notifier.api import routers
from services.notifier.consumers.couriers import Couriers
from services.notifier.consumers.intake import Intake
from services.notifier.consumers.replayer import Replayer
from services.notifier.desk import Desk
from services.notifier.domain.channel import Kind
from services.notifier.feeds import Book, TeamFeed
from services.notifier.settings import NotifierSettings
from services.notifier.store import Store
from services.notifier.transport.resolver import Guard
from services.notifier.transport.webhook import Webhooks


def build(settings: Settings, options: NotifierSettings) -> FastAPI:
    """The application, not yet connected to anything."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened("notifier", settings) as backbone:
            store = Store(backbone, int(timedelta(days=options.keep_days).total_seconds()))
            await store.ensure_indexes()
            teams = TeamFeed(settings)
            desk = Desk(
                settings=settings,
                options=options,
                store=store,
                book=Book(store.subscriptions),
                teams=teams,
                keys=backbone.keys,
                channels={Kind.WEBHOOK: Webhooks(Guard(options.allow_networks), options.timeout_seconds)},
                now=utc_now,
                chance=random.random,
            )
            app.state.keys = backbone.keys
            app.state.checks = backbone.checks()
            app.state.books = backbone.relay.books
            app.state.desk = desk
            intake, couriers = Intake(desk), Couriers(desk)
            # Before the first subscription can be made: what comes after it must lie after the beginning.
            await intake.begin()
            async with running(teams.run):
                await teams.ready()
                async with running(intake.run, couriers.run, couriers.measure, Replayer(desk).run):
                    yield

    return create_app(
        "notifier",
        settings,
        title="Drumbeat notifier",
        description=(
            "Subscriptions to alerts and events, carried to webhooks: signed by Standard Webhooks 1.0, at least "
            "once under one id, in the order of each subject, with every attempt in a log and the past for replay."
        ),
        routers=routers,
        lifespan=lifespan,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current, NotifierSettings()), "notifier", current)
