"""`board`, `funnel`, `sla`, `explain`: the figures, for a person or as JSON for a script."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from drumbeat.client import Platform
from drumbeat.output import answer, print_json

Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
Period = Annotated[
    str, typer.Option(help="all, 2017, 2017-Q4, 2017-12, 2017-W49 or 2017-12-05; or day, week, month, quarter, year.")
]
Team = Annotated[str | None, typer.Option(help="A team's name or id; the whole company by default.")]
Metric = Annotated[
    str,
    typer.Argument(help="visits, follow-ups, new-leads, new-customers, deals-won, won-amount or complaints-in-time."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("board")(board)
    app.command("funnel")(funnel)
    app.command("sla")(sla)
    app.command("explain")(explain)


def board(
    metric: Metric,
    period: Period = "all",
    team: Team = None,
    top: Annotated[int, typer.Option(min=1, max=10_000, help="Most rows.")] = 20,
    as_json: Json = False,
) -> None:
    """Who stands where on a metric in a period."""
    with Platform.known() as platform:
        found = platform.get(f"/api/analytics/boards/{metric}", period=period, team=team, top=top)
    if as_json:
        print_json(found)
        return
    _table(
        f"{metric} · {found['period']} · {found['scope']}",
        ("rank", "name", "id", "value"),
        [(row["rank"], row["name"], row["id"], f"{row['value']:,}") for row in found["rows"]],
    )
    unit = f" {found['currency']}" if found["currency"] else ""
    _freshness(found, f"{found['members']} members, {found['total']:,}{unit} in all")


def funnel(
    pipeline: Annotated[str, typer.Argument(help="The pipeline, such as crm.")],
    team: Team = None,
    as_json: Json = False,
) -> None:
    """How many deals entered and now stand in each stage of a pipeline."""
    with Platform.known() as platform:
        found = platform.get(f"/api/analytics/funnels/{pipeline}", team=team)
    if as_json:
        print_json(found)
        return
    rows = [
        (stage["stage"], f"{stage['entered']:,}", f"{stage['standing']:,}", f"{stage['amount']:,}", _share(stage))
        for stage in found["stages"]
    ]
    _table(f"{pipeline} · {found['scope']}", ("stage", "entered", "standing", "amount", "on to the next"), rows)
    won, lost = found["won"], found["lost"]
    _freshness(
        found,
        f"won {won['count']:,} ({won['amount']:,} {found['currency']}), lost {lost['count']:,} ({lost['amount']:,})",
    )


def sla(as_json: Json = False) -> None:
    """How complaints are answered: open, warned, breached, replied late, median."""
    with Platform.known() as platform:
        found = platform.get("/api/analytics/sla")
    if as_json:
        print_json(found)
        return
    names = ("open", "warned", "breached", "replied", "replied_late", "median_hours_to_reply")
    rows = [(name.replace("_", " "), "-" if found[name] is None else f"{found[name]:,}") for name in names]
    _table(f"policy {found['policy']}", ("figure", "value"), rows)
    _freshness(found)


def explain(
    metric: Metric,
    member: Annotated[str, typer.Option(help="A member's name or id.")],
    period: Period = "all",
    as_json: Json = False,
) -> None:
    """The events behind one figure, and those left out with the reason."""
    with Platform.known() as platform:
        found = platform.get(f"/api/analytics/explain/{metric}", member=member, period=period)
    if as_json:
        print_json(found)
        return
    _table(
        f"{metric} of {member} · {found['period']}: {found['value']:,}",
        ("time", "type", "counts", "event", "topic-partition@offset"),
        [
            (_when(event["time"]), event["type"], event["value"], event["id"], _place(event))
            for event in found["events"]
        ],
    )
    if found["left_out"]:
        _table("left out", ("event", "reason"), [(row["id"], row["reason"]) for row in found["left_out"]])
    _freshness(found)


def _place(event: dict[str, Any]) -> str:
    return f"{event['topic']}-{event['partition']}@{event['offset']}"


def _when(moment: str) -> str:
    """A moment to the second, in UTC as the platform tells it; `--json` has it to the last digit."""
    return f"{moment[:19]}Z"


def _share(stage: dict[str, Any]) -> str:
    return "" if stage["conversion"] is None else f"{stage['conversion']:.1%}"


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        numeric = column in {"rank", "value", "entered", "standing", "amount", "on to the next", "counts"}
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(str, row))
    answer.print(table if rows else f"{title}: nothing counted yet")


def _freshness(found: dict[str, Any], *words: str) -> None:
    answer.print(" · ".join([*words, f"as of {_when(found['as_of'])}, {found['lag_seconds']} s behind"]))
