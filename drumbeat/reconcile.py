"""`drumbeat reconcile`: recount the log and compare every figure that is served.

Reads the topics from Kafka itself, counts with `drumbeat.recount`, and asks
the API for every board of every metric, period and scope, every funnel and the
complaint figures. Exit code 1 when one differs.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final

import typer

from backbone.broker import Consumer, Received
from backbone.calendar import ALL_TIME, KINDS, Period, period_of
from backbone.clock import from_epoch_ms
from backbone.contract.boards import METRICS
from backbone.contract.codec import Rejected, check_record, check_time, decode
from backbone.money import major_units
from backbone.settings import Settings
from drumbeat.client import Platform
from drumbeat.figures import Json
from drumbeat.output import ANSWER_IS_NO, Trouble, answer, print_json, progress
from drumbeat.recount import NOBODY, FunnelCount, Recount

TOPICS: Final = ("leads", "customers", "deals", "activities", "complaints")
MOST_SHOWN: Final = 50
MOST_DIGITS: Final = 3
"""Decimals of the smallest unit that any currency has."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reconcile")(reconcile)


@dataclass
class Comparison:
    """How many figures were compared, and those that differ."""

    compared: int = 0
    differences: list[dict[str, Any]] = field(default_factory=list)

    def see(self, figure: str, served: object, counted: object) -> None:
        """Compare one figure."""
        self.compared += 1
        if served != counted:
            self.differences.append({"figure": figure, "served": served, "counted": counted})


def reconcile(
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for the figures to catch up with the log.")
    ] = 60.0,
    as_json: Json = False,
) -> None:
    """Recount the events from the log, independently of the worker, and compare every figure that is served.

    Waits for a still moment: while events keep coming, log and figures never stand still together.

    Exit code 0: no figure differs. 1: some do, they are listed. 3: it could not be done, or there was no still moment.
    """
    settings = Settings()
    with Platform.known() as platform:
        found, recount = asyncio.run(_compared(settings, platform, wait))
    document = {
        "compared": found.compared,
        "events": recount.events,
        "duplicates": recount.duplicates,
        "differences": found.differences,
    }
    if as_json:
        print_json(document)
    else:
        answer.print(f"{recount.events:,} events recounted, {recount.duplicates:,} duplicates passed over")
        answer.print(f"{found.compared:,} figures compared, {len(found.differences):,} differ")
        for difference in found.differences[:MOST_SHOWN]:
            answer.print(f"  {difference['figure']}: served {difference['served']}, counted {difference['counted']}")
    if found.differences:
        raise typer.Exit(ANSWER_IS_NO)


async def _compared(settings: Settings, platform: Platform, wait: float) -> tuple[Comparison, Recount]:
    """Recount and compare; again when events arrived meanwhile."""
    log = _Log(settings)
    until = time.monotonic() + wait
    while True:
        _caught_up(platform, until)
        with progress.status("reading the log"):
            await log.read()
        with progress.status("comparing every figure"):
            found = compare(settings, platform, log.recount)
        with progress.status("looking whether the log moved meanwhile"):
            moved = await log.read()
        if not moved:
            return found, log.recount
        if time.monotonic() > until:
            raise Trouble(
                "events keep coming, so figures and log never stand still together; stop the load and try again"
            )


def _caught_up(platform: Platform, until: float) -> None:
    with progress.status("waiting for the figures to catch up with the log"):
        while (behind := platform.get("/api/analytics/lag")["events_behind"]) > 0:
            if time.monotonic() > until:
                raise Trouble(f"the figures are still {behind} events behind the log; is the worker up?")
            time.sleep(0.2)


class _Log:
    """The owners' topics, read as far as they go."""

    def __init__(self, settings: Settings) -> None:
        self.recount = Recount(settings.zone, settings.currency)
        self._settings = settings
        self._read_to: dict[tuple[str, int], int] = {}

    async def read(self) -> int:
        """Take in what is new since the last time; says how many records that was."""
        taken = 0
        consumer = Consumer(self._settings, TOPICS, None, begin=dict(self._read_to), max_records=5_000)

        async def take(records: Sequence[Received]) -> None:
            nonlocal taken
            for record in records:
                self._take(record)
            taken += len(records)

        reading = asyncio.ensure_future(consumer.run(take))
        ready = asyncio.ensure_future(consumer.ready())
        await asyncio.wait((reading, ready), return_when=asyncio.FIRST_COMPLETED)
        consumer.stop()
        ready.cancel()
        await reading
        self._read_to = dict(consumer.positions)
        return taken

    def _take(self, record: Received) -> None:
        at = from_epoch_ms(max(record.timestamp_ms, 0))
        try:
            envelope = decode(record.value or b"", record.headers, unknown_fields="ignore", received_at=at)
            check_record(envelope, topic=record.topic, key=record.key)
            check_time(envelope, at)
        except Rejected:
            return
        self.recount.take(envelope)


def compare(settings: Settings, platform: Platform, recount: Recount) -> Comparison:
    """Compare all that is served with what was counted."""
    found = Comparison()
    standings = recount.standings()
    tree = {team["team_id"]: team["parent_id"] for team in platform.get("/api/analytics/teams")["teams"]}
    for scope in (None, *tree):
        teams = None if scope is None else _under(scope, tree)
        for metric in METRICS:
            counted = _boards(settings, standings, metric, teams)
            for kind in KINDS:
                served = platform.get(f"/api/analytics/boards/{metric}/periods", kind=kind, team=scope)["boards"]
                _compare_boards(found, f"{metric} {scope or 'company'}", served, counted, kind)
    _compare_funnels(found, settings, platform, recount.funnels())
    counted_sla = recount.sla()
    served_sla = platform.get("/api/analytics/sla")
    for name in ("open", "replied", "replied_late", "median_hours_to_reply"):
        found.see(f"sla {name}", served_sla[name], getattr(counted_sla, name))
    return found


Boards = dict[str, dict[str, dict[str, int | float]]]
"""Kind -> period -> member -> value."""


def _boards(
    settings: Settings, standings: Counter[tuple[str, str, str | None, date]], metric: str, teams: set[str] | None
) -> Boards:
    sums: dict[str, dict[str, Counter[str]]] = {kind: defaultdict(Counter) for kind in KINDS}
    for (name, member, team, day), value in standings.items():
        if name == metric and (teams is None or team in teams):
            for period in _periods(day):
                sums[period.kind][period.key][member] += value
    money = metric == "won-amount"
    return {
        kind: {
            period: {
                member: major_units(value, settings.currency) if money else value
                for member, value in members.items()
                if value
            }
            for period, members in periods.items()
        }
        for kind, periods in sums.items()
    }


def _periods(day: date) -> Iterator[Period]:
    for kind in KINDS:
        yield ALL_TIME if kind == "all" else period_of(day, kind)


def _compare_boards(found: Comparison, what: str, served: list[dict[str, Any]], counted: Boards, kind: str) -> None:
    shown = {board["period"]: _served(board) for board in served}
    for period in sorted({*shown, *counted[kind]}):
        left, right = shown.get(period, {}), counted[kind].get(period, {})
        for member in sorted({*left, *right}):
            found.see(f"{what} {period} {member}", left.get(member, 0), right.get(member, 0))


def _served(board: dict[str, Any]) -> dict[str, int | float]:
    """The rows of a board, and what its total holds beyond them: the figures that nobody owns."""
    rows: dict[str, int | float] = {row["id"]: row["value"] for row in board["rows"]}
    unowned = round(board["total"] - sum(rows.values()), MOST_DIGITS)
    return {**rows, NOBODY: unowned} if unowned else rows


def _compare_funnels(
    found: Comparison, settings: Settings, platform: Platform, counted: dict[str, FunnelCount]
) -> None:
    served_names = platform.get("/api/analytics/funnels")["pipelines"]
    found.see("pipelines", sorted(served_names), sorted(counted))
    for pipeline in sorted({*served_names} & {*counted}):
        served = platform.get(f"/api/analytics/funnels/{pipeline}")
        count = counted[pipeline]
        stages = {stage["stage"]: stage for stage in served["stages"]}
        for name in sorted({*stages, *count.entered}):
            stage = stages.get(name, {"entered": 0, "standing": 0, "amount": 0})
            found.see(f"{pipeline} {name} entered", stage["entered"], count.entered[name])
            found.see(f"{pipeline} {name} standing", stage["standing"], count.standing[name])
            found.see(f"{pipeline} {name} amount", stage["amount"], major_units(count.amount[name], settings.currency))
        for outcome, (number, amount) in (("won", count.won), ("lost", count.lost)):
            found.see(f"{pipeline} {outcome} count", served[outcome]["count"], number)
            found.see(f"{pipeline} {outcome} amount", served[outcome]["amount"], major_units(amount, settings.currency))


def _under(team: str, parents: dict[str, str | None]) -> set[str]:
    found = {team}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more
