"""The figures as they are asked for: boards, funnels, complaint clocks, explanations.

Every answer says how fresh it is (`as_of`, `lag_seconds`) and stays within the
caller's row scope: a rep sees his team's boards, a manager his subtree, whoever has
the scope all the company's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any, Final

from backbone.calendar import ALL_TIME, KINDS, Kind, Period, parse_period, period_of
from backbone.callers import Caller, Role
from backbone.clock import from_epoch_ms
from backbone.contract.boards import METRICS, MONEY_METRICS
from backbone.money import major_units
from backbone.mongo import ASCENDING, Database, Document
from backbone.problems import Forbidden, NotFound, Refused
from backbone.settings import Settings
from services.analytics.domain.boards import board
from services.analytics.domain.funnels import Funnel, funnel
from services.analytics.feeds import BoardFeed, LagFeed, LatestFeed, PeopleFeed, plain_event
from services.analytics.ledger.explaining import facts_behind
from services.analytics.store import Store

POLICY: Final = "first-reply"
OPEN_CLOCKS_SHOWN: Final = 100


@dataclass(frozen=True)
class Figures:
    """What the queries read from."""

    settings: Settings
    database: Database
    boards: BoardFeed
    people: PeopleFeed
    latest: LatestFeed
    lag: LagFeed

    def freshness(self) -> dict[str, Any]:
        """`as_of` and `lag_seconds` as every answer carries them."""
        lag = self.lag.lag
        return {"as_of": lag.as_of.isoformat(), "lag_seconds": lag.seconds}


def scope_of(figures: Figures, caller: Caller, team: str | None) -> tuple[str, frozenset[str] | None]:
    """The scope's name and its teams (None = the whole company).

    Raises:
        NotFound: no such team.
        Refused: several teams share the name.
        Forbidden: the team is outside the caller's row scope.
    """
    if caller.role is Role.PUBLISHER:
        raise Forbidden("wrong-role", "A publisher key may post events and nothing else.")
    people = figures.people.people
    if team is None or team == "company":
        if caller.sees_all:
            return "company", None
        if caller.team_id is None:
            raise Forbidden("no-team", "You belong to no team, so there is no board you may see.")
        return caller.team_id, caller.teams
    try:
        team_id = people.team_called(team)
    except LookupError as doubt:
        raise Refused("ambiguous-name", f"{doubt}.", field="team") from doubt
    if team_id is None:
        raise NotFound("team", team)
    teams = people.subtree(team_id)
    if team_id == caller.team_id and not caller.sees_all:
        return team_id, teams & caller.teams
    if not caller.sees_all and not teams <= caller.teams:
        raise Forbidden("not-yours", f"Team {team!r} is outside the teams you may see.", field="team")
    return team_id, teams


def read_period(text: str) -> Period:
    """The period of a request.

    Raises:
        Refused: the text names none.
    """
    try:
        return parse_period(text)
    except ValueError as wrong:
        raise Refused("bad-period", f"{wrong}.", field="period") from wrong


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
        "total": _shown(figures, metric, found.total),
        "rows": [
            {
                "rank": row.rank,
                "id": row.member_id,
                "name": figures.people.people.name_of(row.member_id),
                "value": _shown(figures, metric, row.value),
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
        "won": {"count": summed.won.count, "amount": _money(figures, summed.won.amount)},
        "lost": {"count": summed.lost.count, "amount": _money(figures, summed.lost.amount)},
    }


def _stages(figures: Figures, summed: Funnel) -> Iterable[Document]:
    following = [stage.entered for stage in summed.stages[1:]]
    for stage, entered_next in zip_longest(summed.stages, following):
        yield {
            "stage": stage.stage,
            "entered": stage.entered,
            "standing": stage.standing,
            "amount": _money(figures, stage.amount),
            "conversion": None if entered_next is None or not stage.entered else round(entered_next / stage.entered, 4),
        }


async def pipelines(figures: Figures) -> list[str]:
    """Names of the pipelines that ever held a deal."""
    return sorted(await figures.database["funnels"].distinct("p"))


async def sla_of(figures: Figures, caller: Caller) -> Document:
    """`{policy, open, warned, breached, replied_late, replied, median_hours_to_reply}`.

    `open` complaints wait for their first reply; `warned` and `breached` count
    all clocks that reached the level, open or answered since; `replied_late`
    are replies after the deadline.
    """
    clocks = figures.database["clocks"]
    mine = {"policy": POLICY, **_clock_rows(caller)}
    replied = {**mine, "reply_seconds": {"$ne": None}}
    count = await clocks.count_documents(replied)
    return {
        "policy": POLICY,
        **figures.freshness(),
        "open": await clocks.count_documents({**mine, "state": "open"}),
        "warned": await clocks.count_documents({**mine, "warned": True}),
        "breached": await clocks.count_documents({**mine, "breached": True}),
        "replied_late": await clocks.count_documents({**mine, "replied_late": True}),
        "replied": count,
        "median_hours_to_reply": await _median_hours(figures, replied, count),
    }


async def _median_hours(figures: Figures, replied: Document, count: int) -> float | None:
    if not count:
        return None
    middle = (
        await figures.database["clocks"]
        .find(replied, {"reply_seconds": 1})
        .sort("reply_seconds", ASCENDING)
        .skip((count - 1) // 2)
        .limit(2 - count % 2)
        .to_list(2)
    )
    seconds: float = sum(clock["reply_seconds"] for clock in middle) / len(middle)
    return round(seconds / 3600, 2)


async def open_clocks(figures: Figures, caller: Caller) -> Document:
    """The complaints that wait for their first reply, the most urgent first."""
    found = (
        await figures.database["clocks"]
        .find({"policy": POLICY, "state": "open", **_clock_rows(caller)})
        .sort("due_at", ASCENDING)
        .limit(OPEN_CLOCKS_SHOWN)
        .to_list(OPEN_CLOCKS_SHOWN)
    )
    people = figures.people.people
    return {
        **figures.freshness(),
        "clocks": [
            {
                "complaint_id": clock["subject"],
                "customer_id": clock.get("customer_id"),
                "owner_id": clock.get("owner_id"),
                "owner_name": people.name_of(clock["owner_id"]) if clock.get("owner_id") else None,
                "severity": clock.get("severity"),
                "opened_at": from_epoch_ms(clock["opened_at"]).isoformat(),
                "due_at": from_epoch_ms(clock["due_at"]).isoformat(),
                "level": clock.get("level"),
            }
            for clock in found
        ],
    }


def _clock_rows(caller: Caller) -> Document:
    if caller.role is Role.PUBLISHER:
        raise Forbidden("wrong-role", "A publisher key may post events and nothing else.")
    return caller.rows(prefix="")


async def explain(figures: Figures, caller: Caller, metric: str, member: str, period: Period) -> Document:
    """The events behind one figure: `{value, events: [...], left_out: [...]}`.

    Raises:
        NotFound: no such metric or member, or the member is outside the row scope.
        Refused: several members share the name.
    """
    if metric not in METRICS:
        raise NotFound("metric", metric)
    try:
        member_id = figures.people.people.member_called(member)
    except LookupError as doubt:
        raise Refused("ambiguous-name", f"{doubt}.", field="member") from doubt
    caller.check_may_see("member", member, member_id, figures.people.people.team_of.get(member_id))
    whole = period.kind == "all"
    first, last = (None, None) if whole else (_number(period.first), _number(period.last))
    on: Document = {} if whole else {"on": {"$gte": first, "$lte": last}}
    behind = await facts_behind(Store(figures.database), member_id, metric, first, last)
    events = [_explained(figures, metric, fact, share) for fact, share in behind]
    left_out = await figures.database["left_out"].find({"member": member_id, "metric": metric, **on}).to_list(None)
    if not events and not left_out and not figures.people.people.knows(member_id):
        raise NotFound("member", member)
    return {
        "metric": metric,
        "member": member_id,
        "period": period.key,
        **figures.freshness(),
        "value": _shown(figures, metric, sum(share for _, share in behind)),
        "events": sorted(events, key=lambda event: (event["time"], event["id"])),
        "left_out": [{"id": row["event_id"], "reason": row["reason"], "place": row["_id"]} for row in left_out],
    }


def _explained(figures: Figures, metric: str, fact: Document, share: int) -> Document:
    topic, _, partition = fact["tp"].rpartition("-")
    return {
        "id": fact["_id"],
        "type": fact["ty"],
        "time": from_epoch_ms(fact["occ"]).isoformat(),
        "topic": topic,
        "partition": int(partition),
        "offset": fact["o"],
        "value": _shown(figures, metric, share),
    }


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


def _shown(figures: Figures, metric: str, value: int) -> int | float:
    return _money(figures, value) if metric in MONEY_METRICS else value


def _money(figures: Figures, amount: int) -> int | float:
    return major_units(amount, figures.settings.currency)


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
