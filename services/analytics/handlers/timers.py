"""Clocks that run out while nothing happens.

A deadline is judged only when everything that was on the log at that moment,
or later, is folded: the reply that would stop the clock may be in the backlog
of a worker that was down. So a look at the clocks first asks where the log
ends, waits until that is folded, and judges as of the moment it asked.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import msgspec
import structlog

from backbone.clock import epoch_ms, utc_now
from backbone.mongo import Document, UpdateOne
from services.analytics.domain.sla import FIRST_REPLY
from services.analytics.folds.clocks import Alert, looked_at
from services.analytics.folds.routing import Known
from services.analytics.handlers import measures, notices
from services.analytics.handlers.rounds import Rounds
from services.analytics.ledger.wholes import clock_write, read_clock
from services.analytics.store import Store

TOGETHER: Final = 500
"""Most clocks of one look; the others are due at the next one."""

log = structlog.get_logger(__name__)

Ends = Callable[[Collection[str]], Awaitable[Mapping[str, int]]]
"""By partition (`complaints-3`): the offset its next record will get."""


class Asked(msgspec.Struct, frozen=True):
    """Where a partition's log ended at a moment (ms)."""

    at: int
    end: int


class Timers:
    """Raises what became due on the clocks of the partitions this worker has.

    Args:
        store: the worker's collections.
        rounds: whose memory of clocks must not stay behind.
        ends: asks the broker.
        wake_alerts: called when an alert stands in an outbox.
    """

    def __init__(self, store: Store, rounds: Rounds, ends: Ends, wake_alerts: Callable[[], None]) -> None:
        self._store = store
        self._rounds = rounds
        self._ends = ends
        self._wake_alerts = wake_alerts
        self._asked: dict[str, Asked] = {}

    async def look(self, positions: Mapping[str, int]) -> None:
        """Judge the clocks that are due. Not to be called while a round is under way.

        Args:
            positions: by partition of `complaints` that this worker has: the next offset to fold.

        Raises:
            PyMongoError: the store did not answer.
        """
        now = epoch_ms(utc_now())
        self._asked = {label: asked for label, asked in self._asked.items() if label in positions}
        wanted = {"next_at": {"$lte": now}, "tp": {"$in": sorted(positions)}}
        due = await self._store.clocks.find(wanted).limit(TOGETHER).to_list(TOGETHER)
        if not due:
            return
        await self._ask({clock["tp"]: clock["next_at"] for clock in due}, now)
        ready = [clock for clock in due if self._may_judge(clock, positions)]
        await self._judge(ready)

    async def _ask(self, deadlines: Mapping[str, int], now: int) -> None:
        stale = [label for label, at in deadlines.items() if label not in self._asked or self._asked[label].at < at]
        if stale:
            for label, end in (await self._ends(stale)).items():
                self._asked[label] = Asked(now, end)

    def _may_judge(self, clock: Document, positions: Mapping[str, int]) -> bool:
        asked = self._asked.get(clock["tp"])
        return asked is not None and clock["next_at"] <= asked.at and positions[clock["tp"]] >= asked.end

    async def _judge(self, due: Collection[Document]) -> None:
        now = utc_now()
        writes: list[UpdateOne | Document] = []
        raised: list[Alert] = []
        for document in due:
            known = read_clock(document)
            clock, alerts = looked_at(known.state, FIRST_REPLY, self._asked[document["tp"]].at)
            rows = [notices.alert_row(alert, clock, FIRST_REPLY, now) for alert in alerts]
            after = Known(clock, known.mark, known.version)
            writes.append(clock_write(document["_id"], after, FIRST_REPLY, document["tp"], known.mark, rows))
            raised.extend(alerts)
            # The next event of this complaint must be folded into what stands there now.
            self._rounds.books(document["tp"]).whole.pop(document["_id"], None)
        missed = await self._store.write_guarded(self._store.clocks, writes)
        if missed:
            log.info("clocks were moved by another worker", count=len(missed))
        for alert in raised:
            measures.ALERTS.labels(FIRST_REPLY.name, alert.level, alert.do).inc()
            measures.CLOCK_LATE_SECONDS.observe(max(epoch_ms(now) - alert.at, 0) / 1000)
        if raised:
            self._wake_alerts()
