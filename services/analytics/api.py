"""The HTTP door of analytics: figures, explanations and the live stream."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sse_starlette import EventSourceResponse

from backbone.auth import authenticated
from backbone.calendar import Kind, Period, local_day, period_of
from backbone.clock import utc_now
from backbone.web import Calling
from services.analytics.live import Live, View
from services.analytics.queries import boards, complaints, explanations
from services.analytics.queries.scope import Figures, read_period, scope_of

router = APIRouter(tags=["figures"])

PING_SECONDS = 15
MOST_ROWS = 10_000


async def _figures(request: Request) -> Figures:
    figures: Figures = request.app.state.figures
    return figures


def _live(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


Reading = Annotated[Figures, Depends(_figures)]
PeriodText = Annotated[
    str,
    Query(
        max_length=12,
        description="`all`, `2017`, `2017-Q4`, `2017-12`, `2017-W49`, `2017-12-05`, or the present "
        "`year`, `quarter`, `month`, `week`, `day`.",
    ),
]
TeamText = Annotated[str | None, Query(max_length=200, description="A team's id or name; the company by default.")]


@router.get("/boards/{metric}", summary="One board")
async def read_board(
    metric: str,
    figures: Reading,
    caller: Calling,
    period: PeriodText = "all",
    team: TeamText = None,
    top: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
) -> dict[str, Any]:
    """Who stands where on a metric. Money is in major units of `currency`; a tie goes to who reached it first."""
    return boards.board_of(figures, caller, metric, _period(figures, period), team, top)


@router.get("/boards/{metric}/periods", summary="Every board of a metric, by kind of period")
async def read_periods(
    metric: str, figures: Reading, caller: Calling, kind: Kind = "month", team: TeamText = None
) -> dict[str, Any]:
    """All periods of a kind (`day`, `week`, `month`, `quarter`, `year`, `all`) that hold a figure, with all rows."""
    return boards.all_periods(figures, caller, metric, kind, team)


@router.get("/funnels", summary="Names of the pipelines")
async def list_funnels(figures: Reading, caller: Calling) -> dict[str, list[str]]:
    """Pipelines that ever held a deal."""
    scope_of(figures, caller, None)
    return {"pipelines": await boards.pipelines(figures)}


@router.get("/funnels/{pipeline}", summary="One funnel")
async def read_funnel(pipeline: str, figures: Reading, caller: Calling, team: TeamText = None) -> dict[str, Any]:
    """How many deals entered and now stand in each stage, conversion, value; won and lost."""
    return await boards.funnel_of(figures, caller, pipeline, team)


@router.get("/sla", summary="First replies to complaints")
async def read_sla(figures: Reading, caller: Calling) -> dict[str, Any]:
    """How the policy is kept: open, warned, breached, replied late, median hours to the first reply."""
    return await complaints.sla_of(figures, caller)


@router.get("/sla/clocks", summary="Complaints waiting for their first reply")
async def read_clocks(figures: Reading, caller: Calling) -> dict[str, Any]:
    """The open clocks, the most urgent first."""
    return await complaints.open_clocks(figures, caller)


@router.get("/explain/{metric}", summary="The events behind a figure")
async def explain(
    metric: str,
    figures: Reading,
    caller: Calling,
    member: Annotated[str, Query(min_length=1, max_length=200, description="A member's id or name.")],
    period: PeriodText = "all",
) -> dict[str, Any]:
    """Each event that counts for the member in the period and its place on the log; those left out with the reason."""
    return await explanations.explain(figures, caller, metric, member, _period(figures, period))


@router.get("/events/latest", summary="The latest events")
async def read_latest(
    figures: Reading, caller: Calling, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> dict[str, Any]:
    """What happened last, newest first, within the caller's row scope."""
    return {**figures.freshness(), "events": boards.latest_of(figures, caller, limit)}


@router.get("/lag", summary="How fresh the figures are")
async def read_lag(figures: Reading, caller: Calling) -> dict[str, Any]:
    """Seconds the oldest event not yet counted has been waiting, and how many wait."""
    return {**figures.freshness(), "events_behind": figures.lag.lag.events_behind}


@router.get("/teams", summary="The tree of teams")
async def read_teams(figures: Reading, caller: Calling) -> dict[str, Any]:
    """Teams the caller may choose as a scope."""
    teams = figures.people.people.teams.values()
    return {
        "teams": [
            {"team_id": team.team_id, "name": team.name, "parent_id": team.parent_id}
            for team in sorted(teams, key=lambda team: team.name)
            if caller.sees_all or team.team_id in caller.teams
        ]
    }


@router.get("/live", summary="What a page shows, pushed as it changes", response_class=EventSourceResponse)
async def follow(
    request: Request,
    figures: Reading,
    caller: Calling,
    period: PeriodText = "day",
    team: TeamText = None,
    pipeline: Annotated[str | None, Query(max_length=64)] = None,
) -> EventSourceResponse:
    """Server-sent events `boards`, `funnel`, `sla`, `latest`, `lag`: first all of them, then each when it changes."""
    live = _live(request)
    scope_of(figures, caller, team)
    _period(figures, period)
    view = View(lambda: authenticated(request), lambda: _period(figures, period), team, pipeline)
    return EventSourceResponse(live.follow(figures, view), ping=PING_SECONDS)


def _period(figures: Figures, text: str) -> Period:
    """The period of a request; the bare name of a kind means the present one."""
    if text in ("day", "week", "month", "quarter", "year"):
        kind: Kind = text  # type: ignore[assignment]  # narrowed by the line above
        return period_of(local_day(utc_now(), figures.settings.zone), kind)
    return read_period(text)
