"""The live stream: what a page shows, pushed as it changes (server-sent events).

Each open page has a view (period, team, pipeline, caller). When something
changes, the view is computed again with the same queries as the API and the
same row scope, at most `PUSHES_A_SECOND` times; a slow reader gets the newest
state, never a queue of old ones. Who may see what is asked anew each time: who
leaves, moves or loses his key sees nothing more on a page that is still open.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from backbone.calendar import Period
from backbone.callers import Caller
from backbone.contract.boards import METRICS
from backbone.problems import NotFound, Problem, Unavailable
from services.analytics.queries import boards, complaints
from services.analytics.queries.scope import Figures

log = structlog.get_logger(__name__)

PUSHES_A_SECOND: Final = 5
ASK_AGAIN_SECONDS: Final = 1.0
BOARD_ROWS: Final = 20
LATEST_ROWS: Final = 30
PARTS: Final = ("boards", "funnel", "sla", "latest", "lag")


@dataclass(frozen=True)
class View:
    """What one page shows; `period` is asked anew each time, since today moves on, and `caller`, for rights change.

    `caller` raises a Problem when the page may show nothing any more.
    """

    caller: Callable[[], Awaitable[Caller]]
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
                due = await page.due()
                try:
                    caller = await view.caller()
                    shown = [(part, await _shown(figures, view, caller, part)) for part in due]
                except Unavailable:
                    for part in due:
                        page.note(part)
                    await asyncio.sleep(ASK_AGAIN_SECONDS)
                    continue
                except Problem as refused:
                    log.info("a live page ends", why=refused.code)
                    return  # the page asks again and is told why
                for part, content in shown:
                    yield {"event": part, "data": json.dumps(content, ensure_ascii=False)}
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


async def _shown(figures: Figures, view: View, caller: Caller, part: str) -> Any:
    builders: dict[str, Callable[[], Awaitable[Any]]] = {
        "boards": lambda: _boards(figures, view, caller),
        "funnel": lambda: _funnel(figures, view, caller),
        "sla": lambda: _sla(figures, caller),
        "latest": lambda: _latest(figures, caller),
        "lag": lambda: _lag(figures),
    }
    return await builders[part]()


async def _boards(figures: Figures, view: View, caller: Caller) -> Any:
    period = view.period()
    return {metric: boards.board_of(figures, caller, metric, period, view.team, BOARD_ROWS) for metric in METRICS}


async def _funnel(figures: Figures, view: View, caller: Caller) -> Any:
    names = await boards.pipelines(figures)
    pipeline = view.pipeline or (names[0] if names else None)
    if pipeline is None:
        return {"pipelines": [], "funnel": None}
    try:
        return {"pipelines": names, "funnel": await boards.funnel_of(figures, caller, pipeline, view.team)}
    except NotFound:
        return {"pipelines": names, "funnel": None}


async def _sla(figures: Figures, caller: Caller) -> Any:
    summary = await complaints.sla_of(figures, caller)
    return {"summary": summary, **await complaints.open_clocks(figures, caller)}


async def _latest(figures: Figures, caller: Caller) -> Any:
    return boards.latest_of(figures, caller, LATEST_ROWS)


async def _lag(figures: Figures) -> Any:
    return {**figures.freshness(), "events_behind": figures.lag.lag.events_behind}
