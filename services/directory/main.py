"""The directory service: wiring only."""

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
from services.directory.api import routers
from services.directory.api.sheets import importers
from services.directory.consumers import TOPICS, routes
from services.directory.desk import Desk
from services.directory.handlers import leaving, upkeep
from services.directory.handlers.keys import ensure_admin_key
from services.directory.queries.keys import OwnKeys
from services.directory.store import SOURCE, Store


def build(settings: Settings) -> FastAPI:
    """The application, not yet connected to anything."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened("directory", settings) as backbone:
            store = Store(backbone)
            await store.ensure_indexes()
            desk = Desk(store, utc_now, backbone.siblings)
            imports = await open_imports(backbone, SOURCE, importers(desk), utc_now)
            sagas = await open_sagas("directory", backbone, {**leaving.plans(desk), **imports.plans})
            imports.work_by(sagas)
            await ensure_admin_key(desk, settings.admin_key_hash)
            app.state.keys = backbone.platform_keys(OwnKeys(store))
            app.state.checks = backbone.checks()
            app.state.books = backbone.relay.books
            app.state.desk = desk
            app.state.sagas = sagas
            app.state.imports = imports
            adoption = Adoption(settings, "directory", TOPICS, routes(desk), backbone.publisher)
            async with running(adoption.run, sagas.run, imports.recover, partial(upkeep.keep_up, desk)):
                yield

    return create_app(
        "directory",
        settings,
        title="Drumbeat directory",
        description=(
            "Members, teams in a tree, work groups, territories, who stands in for whom, shifts and days off, "
            "targets, API keys. Outside systems may fill it too: what they publish on the topic `directory` of "
            "members and teams is adopted."
        ),
        routers=routers,
        lifespan=lifespan,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current), "directory", current)
