"""Analytics workers as processes of their own, records for them on the log, and their figures read back."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from backbone.broker import Consumer, Publisher, Received, Record, ensure_topics
from backbone.contract.codec import decode, encode
from backbone.contract.envelope import Envelope
from backbone.mongo import Database, connect, database
from backbone.settings import HOST, Settings
from backbone.testing import eventually
from drumbeat.recount import Figure, Recount
from services.analytics.ledger.explaining import facts_behind
from services.analytics.store import Store
from tests.serving import Service, free_port_base

TOPICS = ("leads", "customers", "deals", "activities", "complaints", "directory")


@dataclass
class FoldingWorker(Service):
    """One worker of the group; `own` is its name there."""

    own: str = "one"
    more: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where its health and metrics are."""
        return f"http://{HOST}:{self.settings.port('worker')}"

    def launch(self) -> None:
        """Start it without waiting."""
        with self.log.open("ab") as log:
            # The child outlives this call and is waited for in `stop` and `kill`.
            self._child = subprocess.Popen(
                [sys.executable, "-m", "services.analytics.worker"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment(self.settings), "DRUMBEAT_WORKER_NAME": self.own, **self.more},
            )

    def ended(self) -> int | None:
        """The exit code, once it has ended by itself."""
        return None if self._child is None else self._child.poll()

    def freeze(self) -> None:
        """Stop it where it is, as a machine that swaps would."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, not knowing that time has passed."""
        os.kill(self.pid, signal.SIGCONT)


def environment(settings: Settings) -> dict[str, str]:
    """The variables that say these settings."""
    return {f"DRUMBEAT_{name.upper()}": str(value) for name, value in settings.model_dump(mode="json").items()}


@contextmanager
def folding(
    settings: Settings, folder: Path, names: Sequence[str] = ("one",), **more: str
) -> Iterator[dict[str, FoldingWorker]]:
    """Run workers until the block ends; `more` are further variables of theirs."""
    workers: dict[str, FoldingWorker] = {}
    try:
        for name in names:
            launched(workers, settings, folder, name, **more).wait()
        yield workers
    finally:
        for worker in workers.values():
            worker.stop()


def launched(
    workers: dict[str, FoldingWorker], settings: Settings, folder: Path, name: str, **more: str
) -> FoldingWorker:
    """Launch one more worker, beside those that run."""
    # The ones launched just now may not listen yet.
    base = free_port_base() + 100 * len(workers)
    own = settings.model_copy(update={"port_base": base, "home": folder})
    worker = FoldingWorker("worker", own, folder / f"worker-{name}.log", own=name, more=more)
    workers[name] = worker
    worker.launch()
    return worker


@dataclass
class Log:
    """Writes to the topics and reads them back."""

    settings: Settings
    _publisher: Publisher | None = field(default=None, init=False)

    async def write(self, *records: Record) -> None:
        """Write records and wait for them to stand."""
        if self._publisher is None:
            ensure_topics(self.settings)
            self._publisher = Publisher(self.settings)
        await self._publisher.publish_many(records)

    async def say(self, *envelopes: Envelope) -> None:
        """Write events under their own keys."""
        await self.write(*(record_of(envelope) for envelope in envelopes))

    async def aclose(self) -> None:
        """Close the publisher."""
        if self._publisher is not None:
            await self._publisher.close()

    async def read(self, *topics: str) -> list[Received]:
        """Everything on the topics, in the order of each partition."""
        found: list[Received] = []

        async def take(records: Sequence[Received]) -> None:
            found.extend(records)

        consumer = Consumer(self.settings, topics, None, max_records=5_000)
        reading = asyncio.ensure_future(consumer.run(take))
        await consumer.ready()
        consumer.stop()
        await reading
        return found

    async def events(self, *topics: str) -> list[Envelope]:
        """Every event on the topics."""
        return [decode(one.value or b"", one.headers) for one in await self.read(*topics)]

    async def ends(self) -> dict[str, int]:
        """By partition (`activities-3`): the offset after the last record, where there is any."""
        ends: dict[str, int] = {}
        for one in await self.read(*TOPICS):
            label = f"{one.topic}-{one.partition}"
            ends[label] = max(ends.get(label, 0), one.offset + 1)
        return ends

    async def recount(self) -> Recount:
        """The figures by the independent count of what is on the log."""
        recount = Recount(self.settings.zone, self.settings.currency)
        for envelope in await self.events(*TOPICS):
            recount.take(envelope)
        return recount


def record_of(envelope: Envelope) -> Record:
    """The record an event is written as."""
    return Record(envelope.data.topic, envelope.partitionkey.encode(), encode(envelope))


class Figures:
    """The worker's documents as a reader finds them."""

    def __init__(self, settings: Settings) -> None:
        self._client = connect(settings)
        self.documents: Database = database(self._client, settings, "analytics")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    async def caught_up(self, ends: dict[str, int]) -> bool:
        """Whether everything up to these offsets is stored."""
        found = {row["_id"]: row["next"] async for row in self.documents["positions"].find({})}
        return all(found.get(label, 0) >= end for label, end in ends.items())

    async def standings(self) -> Counter[Figure]:
        """Every figure other than 0: metric, member, team, day."""
        found: Counter[Figure] = Counter()
        async for standing in self.documents["standings"].find({}):
            year, month = divmod(standing["ym"], 100)
            for metric, days in standing["c"].items():
                for day, cell in days.items():
                    found[metric, standing["m"], standing["t"], date(year, month, int(day))] += cell["v"]
        return Counter({figure: value for figure, value in found.items() if value})

    async def funnel(self, pipeline: str) -> dict[str, Any]:
        """A pipeline's counters for the whole company, those other than 0."""
        sums: Counter[str] = Counter()
        async for counters in self.documents["funnels"].find({"p": pipeline}):
            for stage, counts in counters.get("stages", {}).items():
                for name, value in counts.items():
                    sums[f"{stage}.{name}"] += value
            for outcome in ("won", "lost"):
                for name, value in counters.get(outcome, {}).items():
                    sums[f"{outcome}.{name}"] += value
        return {name: value for name, value in sums.items() if value}

    async def explained(self, figures: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
        """What the facts behind figures (metric, member) add up to over all days."""
        store = Store(self.documents)
        found: Counter[tuple[str, str]] = Counter()
        for metric, member in figures:
            behind = await facts_behind(store, member, metric, None, None)
            found[metric, member] = sum(share for _, share in behind)
        return found


async def folded(log: Log, figures: Figures, seconds: float = 90) -> None:
    """Wait until everything on the log is stored.

    Raises:
        AssertionError: it is not after so many seconds.
    """
    ends = await log.ends()
    await eventually(lambda: figures.caught_up(ends), seconds=seconds)
