"""What the API keeps in memory, fed by Kafka: boards, names, latest events, lag.

Each feed reads its topics from a fixed point and keeps on; none of them
commits anything, since every API process keeps a full copy.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from backbone.broker import BrokerError, Consumer, GroupWatch, Received
from backbone.clock import epoch_ms, utc_now
from backbone.contract.alerts import AlertCleared, AlertRaised
from backbone.contract.boards import BoardChanged, FunnelChanged
from backbone.contract.codec import Rejected, decode
from backbone.contract.envelope import Envelope
from backbone.mongo import Database, Document
from backbone.settings import Settings
from services.analytics.domain.boards import Shelf, Standing
from services.analytics.domain.credits import NOBODY
from services.analytics.domain.people import People

FOLDED_TOPICS: Final = ("leads", "customers", "deals", "activities", "complaints", "directory")
LATEST_KEPT: Final = 200
LATEST_TAIL: Final = 5
LAG_SECONDS: Final = 0.5

log = structlog.get_logger(__name__)
Changed = Callable[[str], None]
"""Told what changed: boards, funnel, sla, people, latest or lag."""


def read_envelope(record: Received) -> Envelope | None:
    """The event of a record; None for one that the worker has put among the dead letters."""
    if record.value is None:
        return None
    try:
        return decode(record.value, record.headers, unknown_fields="ignore")
    except Rejected:
        return None


@dataclass
class BoardFeed:
    """Standings in memory: loaded from the store, then kept up by the topic `boards`; tells of alerts too."""

    settings: Settings
    database: Database
    changed: Changed
    shelf: Shelf = field(default_factory=Shelf)

    def __post_init__(self) -> None:
        self._consumer = Consumer(self.settings, ["boards", "alerts"], None, start="latest")

    async def run(self) -> None:
        """Follow the topic."""
        await self._consumer.run(self._take)

    async def ready(self) -> None:
        """Return when everything the store held at the start is in memory.

        The topic's end is fixed before the store is read: the worker writes
        the store first, so what is missing in the one comes with the other.
        """
        await self._consumer.ready()
        async for document in self.database["standings"].find({}):
            self.shelf.put(read_standing(document))

    async def _take(self, records: Sequence[Received]) -> None:
        events = [envelope.data for record in records if (envelope := read_envelope(record))]
        boards = [self.shelf.put(_standing_told(event)) for event in events if isinstance(event, BoardChanged)]
        if any(boards):
            self.changed("boards")
        if any(isinstance(event, FunnelChanged) for event in events):
            self.changed("funnel")
        if any(isinstance(event, AlertRaised | AlertCleared) for event in events):
            self.changed("sla")


def read_standing(document: Document) -> Standing:
    """A standing as the store holds it: `{_id, m, t, ym: 201712, rev, c: {metric: {"05": {v, at}}}}`."""
    return Standing(
        id=document["_id"],
        member_id=document["m"],
        team_id=document["t"],
        year=document["ym"] // 100,
        month=document["ym"] % 100,
        revision=document["rev"],
        figures={
            metric: {int(day): (cell["v"], cell["at"]) for day, cell in days.items()}
            for metric, days in document.get("c", {}).items()
        },
    )


def _standing_told(event: BoardChanged) -> Standing:
    year, month = event.month.split("-")
    return Standing(
        id=event.board_id,
        member_id=event.member_id or NOBODY,
        team_id=event.team_id,
        year=int(year),
        month=int(month),
        revision=event.revision,
        figures={
            metric: {
                int(day): (figure.value, epoch_ms(figure.reached_at) if figure.reached_at else 0)
                for day, figure in days.items()
            }
            for metric, days in event.values.items()
        },
    )


@dataclass
class PeopleFeed:
    """Names and teams, folded from the whole topic `directory`."""

    settings: Settings
    changed: Changed
    people: People = field(default_factory=People)

    def __post_init__(self) -> None:
        self._consumer = Consumer(self.settings, ["directory"], None, start="earliest")

    async def run(self) -> None:
        """Follow the topic."""
        await self._consumer.run(self._take)

    async def ready(self) -> None:
        """Return when everything that was on the topic at the start is known."""
        await self._consumer.ready()

    async def _take(self, records: Sequence[Received]) -> None:
        events = [envelope.data for record in records if (envelope := read_envelope(record))]
        learnt = [self.people.learn(event) for event in events]
        if any(learnt):
            self.changed("people")


@dataclass(frozen=True, slots=True)
class Happened:
    """One of the latest events, as a list shows it."""

    envelope: Envelope
    topic: str
    partition: int
    offset: int


@dataclass
class LatestFeed:
    """The latest events of the owners' topics, newest first."""

    settings: Settings
    changed: Changed
    events: deque[Happened] = field(default_factory=lambda: deque(maxlen=LATEST_KEPT))

    def __post_init__(self) -> None:
        self._consumer = Consumer(self.settings, FOLDED_TOPICS[:-1], None, tail=LATEST_TAIL)

    async def run(self) -> None:
        """Follow the topics."""
        await self._consumer.run(self._take)

    async def _take(self, records: Sequence[Received]) -> None:
        # A bulk import brings thousands at once: the list shows the last ones
        # only, so the others are not even decoded.
        for record in sorted(records[-LATEST_KEPT:], key=lambda record: record.timestamp_ms):
            envelope = read_envelope(record)
            if envelope is not None:
                self.events.appendleft(Happened(envelope, record.topic, record.partition, record.offset))
        self.changed("latest")


@dataclass(frozen=True, slots=True)
class Lag:
    """How fresh the figures are.

    `events_behind` counts records not folded yet; `seconds` is how long the
    oldest of them has been waiting, as far as this process has seen; figures
    hold everything recorded until `as_of`.
    """

    as_of: datetime
    seconds: float
    events_behind: int


@dataclass
class LagFeed:
    """Compares the worker's committed offsets with the ends of the topics, twice a second."""

    settings: Settings
    changed: Changed
    lag: Lag = field(default_factory=lambda: Lag(utc_now(), 0.0, 0))

    def __post_init__(self) -> None:
        self._ends: dict[tuple[str, int], deque[tuple[float, int]]] = {}
        self._complaints: dict[tuple[str, int], int] = {}

    async def run(self) -> None:
        """Look again and again; a broker that is away leaves the last answer growing older."""
        watch = await asyncio.to_thread(GroupWatch, self.settings, "analytics", FOLDED_TOPICS)
        try:
            while True:
                with contextlib.suppress(BrokerError):
                    self._note(await asyncio.to_thread(watch.look), time.monotonic())
                    self.changed("lag")
                await asyncio.sleep(LAG_SECONDS)
        finally:
            await asyncio.to_thread(watch.close)

    def _note(self, found: dict[tuple[str, int], tuple[int, int]], now: float) -> None:
        # A complaint that was opened or answered raises no alert, but the worker has read past it.
        complaints = {place: committed for place, (committed, _) in found.items() if place[0] == "complaints"}
        if complaints != self._complaints:
            self._complaints = complaints
            self.changed("sla")
        behind = 0
        oldest = now
        for place, (committed, end) in found.items():
            seen = self._ends.setdefault(place, deque())
            if not seen or seen[-1][1] < end:
                seen.append((now, end))
            while seen and seen[0][1] <= committed:
                seen.popleft()
            if committed < end:
                behind += end - committed
                oldest = min(oldest, seen[0][0])
        waiting = now - oldest
        self.lag = Lag(utc_now() - timedelta(seconds=waiting), round(waiting, 3), behind)


def plain_event(happened: Happened) -> dict[str, Any]:
    """One of the latest events as JSON shows it."""
    envelope = happened.envelope
    data = envelope.data.model_dump(mode="json")
    return {
        "id": envelope.id,
        "type": envelope.type,
        "time": envelope.time.isoformat(),
        "recorded": envelope.recordedtime.isoformat() if envelope.recordedtime else None,
        "source": envelope.source,
        "topic": happened.topic,
        "partition": happened.partition,
        "offset": happened.offset,
        "member_id": data.get("member_id") or data.get("owner_id"),
        "team_id": data.get("team_id"),
        "data": data,
    }
