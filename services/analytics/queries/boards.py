"""Boards, funnels and the latest events."""

from collections.abc import Iterable
from datetime import date
from itertools import zip_longest

from backbone.calendar import ALL_TIME, KINDS, Kind, Period, period_of
from backbone.callers import Caller
from backbone.contract.boards import METRICS, MONEY_METRICS
from backbone.mongo import Document
from backbone.problems import NotFound, Refused
from services.analytics.domain.boards import board
from services.analytics.domain.funnels import Funnel, funnel
from services.analytics.feeds import plain_event
from services.analytics.queries.scope import Figures, in_major_units, scope_of, shown


def board_of(figures: Figures, caller: Caller, metric: str, period: Period, team: str | None, top: int) -> Document:
    """One board: `{metric, period, scope, as_of, lag_seconds, currency, members, total, rows}`.

    `members` and `total` are over all rows, also those past `top`; `total` counts what nobody owns too. Money
    in major units of `currency`.

    Raises:
        NotFound: no such metric or team.
    """
    if metric not in METRICS:
        raise NotFound("metric", metric)
    scope, teams = scope_of(figures, caller, team)
    found = board(figures.boards.shelf, metric, period, teams)
    return {
        "metric": metric,
        "period": period.key,
        "scope": scope,
        **figures.freshness(),
        "currency": figures.settings.currency if metric in MONEY_METRICS else None,
        "members": len(found.rows),
        "total": shown(figures, metric, found.total),
        "rows": [
            {
                "rank": row.rank,
                "id": row.member_id,
                "name": figures.people.people.name_of(row.member_id),
                "value": shown(figures, metric, row.value),
            }
            for row in found.rows[:top]
        ],
    }


def all_periods(figures: Figures, caller: Caller, metric: str, kind: Kind, team: str | None) -> Document:
    """Every board of a metric and kind of period that has a figure, whole: for checks and exports."""
    if metric not in METRICS:
        raise NotFound("metric", metric)
    if kind not in KINDS:
        raise Refused("bad-kind", f"{kind!r} is none of {', '.join(KINDS)}.", field="kind")
    days = figures.boards.shelf.days_with_figures(metric)
    periods = sorted({_period_of(day, kind) for day in days})
    return {"boards": [board_of(figures, caller, metric, period, team, len(days) + 10**6) for period in periods]}


def _period_of(day: date, kind: Kind) -> Period:
    return ALL_TIME if kind == "all" else period_of(day, kind)


async def funnel_of(figures: Figures, caller: Caller, pipeline: str, team: str | None) -> Document:
    """`{pipeline, scope, as_of, lag_seconds, currency, stages, won, lost}`; money in major units.

    Stages stand in the pipeline's order, where it was told (`pipeline-changed`); those of the past, or of a pipeline
    nobody told of, follow, most entered first. Each tells `entered`, `standing`, `amount` and `conversion`: how many
    entered the next one for each that entered it (None for the last).

    Raises:
        NotFound: no deal has ever been in such a pipeline, and nobody told of it.
    """
    scope, teams = scope_of(figures, caller, team)
    wanted: Document = {"p": pipeline}
    if teams is not None:
        wanted["t"] = {"$in": sorted(teams)}
    days = await figures.database["funnels"].find(wanted).to_list(None)
    known = await figures.database["pipelines"].find_one({"_id": pipeline})
    if not days and known is None and pipeline not in await pipelines(figures):
        raise NotFound("pipeline", pipeline)
    summed = funnel(pipeline, days, known["pipeline"]["stages"] if known else ())
    return {
        "pipeline": pipeline,
        "scope": scope,
        **figures.freshness(),
        "currency": figures.settings.currency,
        "stages": list(_stages(figures, summed)),
        "won": {"count": summed.won.count, "amount": in_major_units(figures, summed.won.amount)},
        "lost": {"count": summed.lost.count, "amount": in_major_units(figures, summed.lost.amount)},
    }


def _stages(figures: Figures, summed: Funnel) -> Iterable[Document]:
    following = [stage.entered for stage in summed.stages[1:]]
    for stage, entered_next in zip_longest(summed.stages, following):
        yield {
            "stage": stage.stage,
            "entered": stage.entered,
            "standing": stage.standing,
            "amount": in_major_units(figures, stage.amount),
            "conversion": None if entered_next is None or not stage.entered else round(entered_next / stage.entered, 4),
        }


async def pipelines(figures: Figures) -> list[str]:
    """Names of the pipelines that ever held a deal."""
    return sorted(await figures.database["funnels"].distinct("p"))


def latest_of(figures: Figures, caller: Caller, limit: int) -> list[Document]:
    """The latest events in the caller's row scope, newest first."""
    people = figures.people.people
    found = []
    for happened in figures.latest.events:
        event = plain_event(happened)
        if caller.may_see(event["member_id"], event["team_id"]):
            event["member_name"] = people.name_of(event["member_id"]) if event["member_id"] else None
            found.append(event)
            if len(found) == limit:
                break
    return found
