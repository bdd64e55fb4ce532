"""The gateway service: wiring only."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from fastapi import FastAPI

from backbone.clock import utc_now
from backbone.service import opened
from backbone.settings import Settings
from backbone.web import create_app, running, serve
from services.gateway.api import routers
from services.gateway.api.front import proxy_client
from services.gateway.consumers import DeadLetters
from services.gateway.domain.quota import Buckets
from services.gateway.handlers import Desk
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store
from services.gateway.teams import Teams

MAX_BODY_BYTES: Final = 64 * 1024 * 1024 + 64 * 1024
"""A batch of 1,000 events of 64 KiB, and the commas between them."""


def build(settings: Settings) -> FastAPI:
    """The application, not yet connected to anything."""
    own = GatewaySettings()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened("gateway", settings) as backbone, proxy_client() as front:
            store = Store(backbone.database)
            await store.ensure_indexes()
            app.state.keys = backbone.keys
            app.state.checks = backbone.checks()
            app.state.books = backbone.relay.books
            app.state.front = front
            desk = Desk(
                store,
                backbone.publisher,
                Teams(settings.url("directory"), backbone.http),
                Buckets(own.events_per_second, own.burst_events),
                utc_now,
            )
            app.state.desk = desk
            async with running(DeadLetters(settings, desk).run):
                yield

    return create_app(
        "gateway",
        settings,
        title="Drumbeat gateway",
        description=(
            "The door for outside systems: send events, see what was refused and why, and reach "
            "every service under one address (`/api/<service>/...`)."
        ),
        routers=routers,
        lifespan=lifespan,
        max_body_bytes=MAX_BODY_BYTES,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current), "gateway", current)
