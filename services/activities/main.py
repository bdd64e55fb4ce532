"""The activities service: wiring only."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from backbone.clock import utc_now
from backbone.service import opened
from backbone.settings import Settings
from backbone.web import create_app, serve
from services.activities.api import router
from services.activities.desk import Desk
from services.activities.store import Store


def build(settings: Settings) -> FastAPI:
    """The application, not yet connected to anything."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened("activities", settings) as backbone:
            store = Store(backbone)
            await store.ensure_indexes()
            app.state.keys = backbone.keys
            app.state.checks = backbone.checks()
            app.state.books = backbone.relay.books
            app.state.desk = Desk(store, backbone.members, utc_now)
            yield

    return create_app(
        "activities",
        settings,
        title="Drumbeat activities",
        description=(
            "Visits, follow-ups and complaints. Every change is an event on the log, so "
            "leaderboards and complaint alarms follow by themselves."
        ),
        routers=[router],
        lifespan=lifespan,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current), "activities", current)
