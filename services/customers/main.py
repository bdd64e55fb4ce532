"""The customers service: wiring only."""

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
from services.customers.api import routers
from services.customers.api.sheets import importers
from services.customers.consumers import TOPICS, routes
from services.customers.consumers.customers import following
from services.customers.desk import Desk
from services.customers.handlers.grading import grade_on_schedule
from services.customers.handlers.keeping import keep
from services.customers.handlers.merging import plans
from services.customers.handlers.pipelines import ensure_standard_pipeline
from services.customers.queries.overview import Passing
from services.customers.store import SOURCE, Store


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
            app.state.passing = Passing(settings, backbone.http)
            imports = await open_imports(backbone, SOURCE, importers(desk), utc_now)
            runner = await open_sagas("customers", backbone, {**plans(desk), **imports.plans})
            imports.work_by(runner)
            app.state.imports = imports
            app.state.sagas = runner
            adoption = Adoption(settings, "customers", TOPICS, routes(desk, runner), backbone.publisher)
            facts = following(desk, settings)
            async with running(
                adoption.run,
                facts.run,
                runner.run,
                imports.recover,
                store.pipelines.at_hand.keep_fresh,
                partial(keep, desk),
                partial(grade_on_schedule, desk),
            ):
                yield

    return create_app(
        "customers",
        settings,
        title="Drumbeat customers",
        description=(
            "Customers, the people we know there, and the deals with them. Every change is an "
            "event on the log, so boards and funnels follow by themselves."
        ),
        routers=routers,
        lifespan=lifespan,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current), "customers", current)
