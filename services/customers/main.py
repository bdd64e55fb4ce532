"""The customers service: wiring only."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from backbone.clock import utc_now
from backbone.service import opened
from backbone.settings import Settings
from backbone.web import create_app, serve
from services.customers.api import router
from services.customers.desk import Desk
from services.customers.handlers.pipelines import ensure_standard_pipeline
from services.customers.store import Store


def build(settings: Settings) -> FastAPI:
    """The application, not yet connected to anything."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened("customers", settings) as backbone:
            store = Store(backbone)
            await store.ensure_indexes()
            desk = Desk(store, backbone.members, utc_now, settings.currency, settings.zone)
            await ensure_standard_pipeline(desk)
            app.state.keys = backbone.keys
            app.state.checks = backbone.checks()
            app.state.books = backbone.relay.books
            app.state.desk = desk
            yield

    return create_app(
        "customers",
        settings,
        title="Drumbeat customers",
        description=(
            "Customers, the people we know there, and the deals with them. Every change is an "
            "event on the log, so boards and funnels follow by themselves."
        ),
        routers=[router],
        lifespan=lifespan,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current), "customers", current)
