"""The leads service: wiring only."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from backbone.clock import utc_now
from backbone.inbox import Adoption
from backbone.service import opened
from backbone.settings import Settings
from backbone.web import create_app, running, serve
from services.leads.api import router
from services.leads.consumers import TOPICS, routes
from services.leads.handlers import Desk
from services.leads.store import Store


def build(settings: Settings) -> FastAPI:
    """The application, not yet connected to anything."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened("leads", settings) as backbone:
            store = Store(backbone)
            await store.ensure_indexes()
            desk = Desk(store, backbone.members, utc_now, settings.currency)
            app.state.keys = backbone.keys
            app.state.checks = backbone.checks()
            app.state.books = backbone.relay.books
            app.state.desk = desk
            adoption = Adoption(settings, "leads", TOPICS, routes(desk), backbone.publisher)
            async with running(adoption.run):
                yield

    return create_app(
        "leads",
        settings,
        title="Drumbeat leads",
        description=(
            "Who may become a customer. Data to reach a person stay here; the log carries ids, "
            "codes, amounts and times. Leads that outside systems publish on the topic `leads` are adopted."
        ),
        routers=[router],
        lifespan=lifespan,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current), "leads", current)
