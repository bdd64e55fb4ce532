"""The analytics API: wiring only; the worker that folds events is `worker.py`."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from backbone.service import opened
from backbone.settings import Settings
from backbone.web import create_app, running, serve
from services.analytics import pages
from services.analytics.api import router
from services.analytics.feeds import BoardFeed, LagFeed, LatestFeed, PeopleFeed
from services.analytics.live import Live
from services.analytics.queries.scope import Figures


def build(settings: Settings) -> FastAPI:
    """The application, not yet connected to anything."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened("analytics", settings) as backbone:
            live = Live()
            boards = BoardFeed(settings, backbone.database, live.changed)
            people = PeopleFeed(settings, live.changed)
            latest = LatestFeed(settings, live.changed)
            lag = LagFeed(settings, live.changed)
            async with running(boards.run, people.run, latest.run, lag.run):
                await boards.ready()
                await people.ready()
                app.state.keys = backbone.keys
                app.state.checks = backbone.checks()
                app.state.books = backbone.relay.books
                app.state.live = live
                app.state.figures = Figures(settings, backbone.database, boards, people, latest, lag)
                yield

    return create_app(
        "analytics",
        settings,
        title="Drumbeat analytics",
        description="Leaderboards, funnels and complaint clocks, live and explained to the event.",
        routers=[router, pages.router],
        lifespan=lifespan,
    )


if __name__ == "__main__":
    current = Settings()
    serve(build(current), "analytics", current)
