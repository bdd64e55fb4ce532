"""The live stream: what a page shows, pushed as it changes (server-sent events).

Each open page has a view (period, team, pipeline, caller). When something
changes, the view is computed again with the same queries as the API and the
same row scope, at most `PUSHES_A_SECOND` times; a slow reader gets the newest
state, never a queue of old ones.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from backbone.calendar import Period
from backbone.callers import Caller
from backbone.problems import NotFound
from services.analytics import queries
from services.analytics.domain.boards import METRICS
from services.analytics.queries import Figures

PUSHES_A_SECOND: Final = 5
BOARD_ROWS: Final = 20
LATEST_ROWS: Final = 30
PARTS: Final = ("boards", "funnel", "sla", "latest", "lag")


@dataclass(frozen=True)
class View:
    """What one page shows; `period` is asked anew each time, since today moves on."""

    caller: Caller
    period: Callable[[], Period]
    team: str | None
    pipeline: str | None


@dataclass
class Live:
    """Hands changes on to the open pages."""

    _pages: set["_Page"] = field(default_factory=set)

    def changed(self, part: str) -> None:
        """Note that a part has new values; names on boards change with the people."""
        for page in self._pages:
            page.note("boards" if part == "people" else part)

    @property
    def pages(self) -> int:
        """How many pages are open."""
        return len(self._pages)

    async def follow(self, figures: Figures, view: View) -> AsyncIterator[dict[str, str]]:
        """The events of one page, first everything, then what changes."""
        page = _Page()
        self._pages.add(page)
        try:
            for part in PARTS:
                page.note(part)
            while True:
                for part in await page.due():
                    yield {"event": part, "data": json.dumps(await _shown(figures, view, part), ensure_ascii=False)}
                await asyncio.sleep(1 / PUSHES_A_SECOND)
        finally:
            self._pages.discard(page)


class _Page:
    """The parts that have changed since the page was last told."""

    def __init__(self) -> None:
        self._changed: dict[str, None] = {}
        self._some = asyncio.Event()

    def note(self, part: str) -> None:
        self._changed[part] = None
        self._some.set()

    async def due(self) -> list[str]:
        await self._some.wait()
        self._some.clear()
        due, self._changed = list(self._changed), {}
        return due


async def _shown(figures: Figures, view: View, part: str) -> Any:
    builders: dict[str, Callable[[], Awaitable[Any]]] = {
        "boards": lambda: _boards(figures, view),
        "funnel": lambda: _funnel(figures, view),
        "sla": lambda: _sla(figures, view),
        "latest": lambda: _latest(figures, view),
        "lag": lambda: _lag(figures),
    }
    return await builders[part]()


async def _boards(figures: Figures, view: View) -> Any:
    period = view.period()
    return {metric: queries.board_of(figures, view.caller, metric, period, view.team, BOARD_ROWS) for metric in METRICS}


async def _funnel(figures: Figures, view: View) -> Any:
    names = await queries.pipelines(figures)
    pipeline = view.pipeline or (names[0] if names else None)
    if pipeline is None:
        return {"pipelines": [], "funnel": None}
    try:
        return {"pipelines": names, "funnel": await queries.funnel_of(figures, view.caller, pipeline, view.team)}
    except NotFound:
        return {"pipelines": names, "funnel": None}


async def _sla(figures: Figures, view: View) -> Any:
    summary = await queries.sla_of(figures, view.caller)
    return {"summary": summary, **await queries.open_clocks(figures, view.caller)}


async def _latest(figures: Figures, view: View) -> Any:
    return queries.latest_of(figures, view.caller, LATEST_ROWS)


async def _lag(figures: Figures) -> Any:
    return {**figures.freshness(), "events_behind": figures.lag.lag.events_behind}
