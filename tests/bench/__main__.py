"""`make bench`: our worker and its peers on the same events, in one run, each from the beginning of the log.

Counts visits by member. The peers keep one number a member; ours stores a fact
for each event and guarded totals in the document store, and tells the boards.
The contestants take turns, so that a noisy machine is noisy for all.
"""

import argparse
import asyncio
import importlib.util
import os
import platform
import statistics
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil
from rich.console import Console
from rich.table import Table

from backbone.settings import Settings
from deploy.local.infrastructure import Infrastructure
from tests.bench.measured import Run, run_program
from tests.bench.ours import run_ours
from tests.bench.visits import fill

OURS: Final = "Drumbeat worker (facts, guarded totals, boards told)"
FAUST: Final = "Faust agent and table (one number a member)"
QUIX: Final = "Quix Streams, RocksDB (one number a member)"
TIMES_FASTER: Final = 3
TIMES_CHEAPER: Final = 20

Contest = Callable[[int], Run]
console = Console(width=120)


def main() -> None:
    """Run all contestants and print the table; exit code 1 when ours is not as far ahead as promised."""
    words = argparse.ArgumentParser(prog="make bench", description=__doc__)
    words.add_argument("--events", type=int, default=200_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--partitions", type=int, default=12)
    words.add_argument("--only-ours", action="store_true", help="leave the peers out")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="drumbeat-bench-") as name, _engines(Path(name)) as engines:
        namespace = f"bench{uuid.uuid4().hex[:8]}"
        settings = engines.model_copy(update={"namespace": namespace, "partitions": asked.partitions})
        console.print(f"writing {asked.events:,} events ...")
        size = asyncio.run(fill(settings, asked.events))
        contests = _contests(settings, Path(name), asked.events)
        if asked.only_ours:
            contests = {OURS: contests[OURS]}
        runs: dict[str, list[Run]] = {contestant: [] for contestant in contests}
        for turn in range(asked.runs):
            for contestant, contest in contests.items():
                runs[contestant].append(contest(turn))
                run = runs[contestant][-1]
                console.print(f"{turn + 1}/{asked.runs} {contestant}: {run.rate:,.0f} events/s, {run.cpu_us:.1f} us")
    _print_table(runs, asked.events, size, asked.partitions)
    raise SystemExit(0 if _kept(runs) else 1)


@contextmanager
def _engines(folder: Path) -> Iterator[Settings]:
    """The engines named by the environment, else the local stack's in a temporary folder."""
    known = Settings()
    if known.kafka and known.mongo:
        yield known
        return
    with Infrastructure(folder) as engines:
        yield known.model_copy(update={"kafka": engines.kafka_servers, "mongo": engines.mongo_url})


def _contests(settings: Settings, folder: Path, events: int) -> dict[str, Contest]:
    def ours(turn: int) -> Run:
        # A store of its own for each turn; the topics and their offsets stay.
        place = folder / f"ours-{turn}"
        place.mkdir()
        return run_ours(settings, place, events)

    def peer(program: str) -> Contest:
        def run(turn: int) -> Run:
            place = folder / f"{program}-{turn}"
            place.mkdir()
            return run_program(
                program,
                {
                    "BENCH_EVENTS": str(events),
                    "BENCH_GROUP": f"{settings.namespace}-{program}-{turn}",
                    "BENCH_TOPIC": settings.topic("activities"),
                    "BENCH_KAFKA": settings.kafka_servers[0],
                    "BENCH_PARTITIONS": str(settings.partitions),
                    "BENCH_FOLDER": str(place),
                },
            )

        return run

    contests = {OURS: ours, FAUST: peer("plain_faust")}
    if importlib.util.find_spec("quixstreams"):
        contests[QUIX] = peer("quix")
    return contests


def _print_table(runs: Mapping[str, Sequence[Run]], events: int, size: int, partitions: int) -> None:
    table = Table(title=f"{events:,} visits of {size} bytes, {partitions} partitions", title_justify="left")
    table.add_column("who")
    for column in ("events/s, median", "least to most", "CPU us/event, median", "least to most"):
        table.add_column(column, justify="right")
    for contestant, its in runs.items():
        rates, costs = [run.rate for run in its], [run.cpu_us for run in its]
        table.add_row(
            contestant,
            f"{statistics.median(rates):,.0f}",
            f"{min(rates):,.0f} to {max(rates):,.0f}",
            f"{statistics.median(costs):.1f}",
            f"{min(costs):.1f} to {max(costs):.1f}",
        )
    console.print(table)
    memory = psutil.virtual_memory().total / 2**30
    console.print(
        f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, load {os.getloadavg()[0]:.1f}; "
        f"Python {platform.python_version()}, faust-streaming {version('faust-streaming')}"
    )


def _kept(runs: Mapping[str, Sequence[Run]]) -> bool:
    """Say how far ahead ours is; True when that is as far as promised.

    Compared turn by turn: what else the machine does in a turn slows both, so
    the ratio of one turn is steadier than the ratio of two medians.
    """
    if FAUST not in runs:
        return True
    turns = list(zip(runs[OURS], runs[FAUST], strict=True))
    faster = [ours.rate / faust.rate for ours, faust in turns]
    cheaper = [faust.cpu_us / ours.cpu_us for ours, faust in turns]
    console.print(
        f"Against plain Faust, median of the turns: {_spread(faster)} times the events/s (promised {TIMES_FASTER}), "
        f"{_spread(cheaper)} times less CPU an event (promised {TIMES_CHEAPER})."
    )
    return statistics.median(faster) >= TIMES_FASTER and statistics.median(cheaper) >= TIMES_CHEAPER


def _spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"


if __name__ == "__main__":
    main()
