"""The leads service: wiring only."""

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
from services.leads.api import routers
from services.leads.api.sheets import importers
from services.leads.consumers import TOPICS, contacts, routes
from services.leads.desk import Desk
from services.leads.domain.conversion import CONVERSION
from services.leads.handlers import conversion, policies, timers
from services.leads.store import SOURCE, Store


def build(settings: Settings) -> FastAPI:
    """The application, not yet connected to anything."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened("leads", settings) as backbone:
            store = Store(backbone)
            await store.ensure_indexes()
            desk = Desk(store, backbone.members, utc_now, settings.currency, settings.zone, backbone.siblings)
            await policies.ensure_policies(desk)
            imports = await open_imports(backbone, SOURCE, importers(desk), utc_now)
            plans = {CONVERSION: conversion.plan(desk), **imports.plans}
            sagas = await open_sagas("leads", backbone, plans)
            imports.work_by(sagas)
            app.state.keys = backbone.keys
            app.state.checks = backbone.checks()
            app.state.books = backbone.relay.books
            app.state.desk = desk
            app.state.sagas = sagas
            app.state.imports = imports
            adoption = Adoption(settings, "leads", TOPICS, routes(desk), backbone.publisher)
            async with running(
                adoption.run,
                contacts(desk, settings).run,
                sagas.run,
                imports.recover,
                store.at_hand.keep_fresh,
                partial(timers.keep_looking, desk),
            ):
                yield

    return create_app(
        "leads",
        settings,
        title="Drumbeat leads",
        description=(
            "Who may become a customer: taking leads in without duplicates, giving them to people by rules, the public "
            "pool, judging, merging, converting. Data to reach a person stay here; the log carries ids, codes, amounts "
            "and times. Leads that outside systems publish on the topic `leads` are adopted; visits and follow-ups on "
            "the topic `activities` count as contact."
        ),
        routers=routers,
        lifespan=lifespan,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current), "leads", current)
