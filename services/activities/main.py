"""The activities service: wiring only."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

from fastapi import FastAPI

from backbone.clock import utc_now
from backbone.imports import open_imports
from backbone.inbox import Adoption
from backbone.saga import open_sagas
from backbone.service import opened
from backbone.settings import Settings
from backbone.web import create_app, running, serve
from services.activities.api import routers
from services.activities.api.sheets import importers
from services.activities.consumers import TOPICS, routes
from services.activities.desk import Desk
from services.activities.field_consumers import following
from services.activities.field_store import FieldStore
from services.activities.handlers.complaint_timers import keep_time
from services.activities.handlers.watch import keep_watch
from services.activities.settings import ComplaintSettings, FieldSettings
from services.activities.sites import Sites
from services.activities.store import SOURCE, Store


def build(settings: Settings) -> FastAPI:
    """The application, not yet connected to anything."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened("activities", settings) as backbone:
            store, field = Store(backbone), FieldStore(backbone)
            await store.ensure_indexes()
            await field.ensure_indexes()
            await store.in_force.refresh()
            app.state.keys = backbone.keys
            app.state.checks = backbone.checks()
            app.state.books = backbone.relay.books
            desk = Desk(
                store=store,
                field=field,
                members=backbone.members,
                siblings=backbone.siblings,
                sites=Sites(backbone.siblings),
                now=utc_now,
                zone=settings.zone,
                complaint_settings=ComplaintSettings(),
                field_settings=FieldSettings(),
            )
            imports = await open_imports(backbone, SOURCE, importers(desk), utc_now)
            sagas = await open_sagas("activities", backbone, imports.plans)
            imports.work_by(sagas)
            app.state.desk = desk
            app.state.sagas = sagas
            app.state.imports = imports
            adoption = Adoption(settings, "activities", TOPICS, routes(desk), backbone.publisher)
            field_view = following(desk, settings)
            async with running(
                adoption.run,
                field_view.run,
                sagas.run,
                imports.recover,
                store.in_force.keep_fresh,
                partial(keep_time, desk),
                partial(keep_watch, desk),
            ):
                yield

    return create_app(
        "activities",
        settings,
        title="Drumbeat activities",
        description=(
            "Visits, plans and routes, follow-ups, attendance, reports, and complaints. Every change is an "
            "event on the log, so leaderboards and complaint alarms follow by themselves."
        ),
        routers=routers,
        lifespan=lifespan,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current), "activities", current)
