"""Events for the folds, and the figures they give, held in memory."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from backbone.clock import epoch_ms
from backbone.contract.envelope import Envelope, EventData, seal
from services.analytics.domain.credits import Credit
from services.analytics.domain.days import Days
from services.analytics.domain.entries import Entry
from services.analytics.domain.sla import FIRST_REPLY
from services.analytics.folds import routing
from services.analytics.folds.routing import (
    ActivityRules,
    ComplaintRules,
    DealRules,
    Decided,
    Known,
    Rule,
    clock_id,
    credits_of,
    pipeline_name,
)
from services.analytics.readers import Reader

ZONE: Final = ZoneInfo("Asia/Shanghai")
DAYS: Final = Days(ZONE)
NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
READERS: Final = {topic: Reader(topic) for topic in ("activities", "deals", "complaints", "leads", "customers")}


class Memory:
    """What the store would hold, for rules that depend on it."""

    def __init__(self) -> None:
        self.counted: dict[str, tuple[str, int]] = {}
        self.known: dict[str, Known] = {}
        self.voids: set[str] = set()
        self.earlier: dict[str, list[Credit]] = {}
        self.decided: list[Decided] = []
        self.offset = 0
        self._voided: set[str] = set()

    def fold(self, envelopes: Sequence[Envelope]) -> list[Decided]:
        """Fold a batch of one topic."""
        topic = envelopes[0].data.topic
        reader = READERS[topic]
        entries = []
        for envelope in envelopes:
            self.offset += 1
            occurred = epoch_ms(envelope.time)
            entries.append(Entry(self.offset, reader.told(envelope), occurred, occurred))
        rules = self._rules(topic, entries)
        folded = routing.fold(entries, reader.types, rules, DAYS, {*self.counted})
        for one in folded.decided:
            self.counted[one.entry.event.id] = (f"{topic}-0", one.entry.offset)
            if topic == "activities":
                name = routing.voidable_name(one.entry.event)
                self.earlier.setdefault(name, []).extend(credits_of(one.decision, one.entry.occurred))
        self.voids |= self._voided
        self.decided.extend(folded.decided)
        return folded.decided

    def _rules(self, topic: str, entries: Iterable[Entry]) -> dict[str, Rule]:
        if topic == "leads":
            return routing.lead_rules()
        if topic == "customers":
            return routing.customer_rules()
        if topic == "activities":
            voiding = {routing.voidable_name(entry.event) for entry in entries}
            rules = ActivityRules("activities-0", self.counted, self.voids, self.earlier, voiding)
            self._voided = rules.voided
            return rules.rules
        for entry in entries:
            self.known.setdefault(entry.event.subject, Known(None, -1, 0))
            self.known.setdefault(clock_id(FIRST_REPLY, entry.event.subject), Known(None, -1, 0))
            self.known.setdefault(pipeline_name(entry.event.subject), Known(None, -1, 0))
        if topic == "deals":
            return DealRules("deals-0", self.counted, self.known, "CNY").rules
        return ComplaintRules("complaints-0", self.counted, self.known).rules

    def standings(self) -> Counter[tuple[str, str, str | None, date]]:
        """Every figure other than 0."""
        found: Counter[tuple[str, str, str | None, date]] = Counter()
        for one in self.decided:
            for credit in credits_of(one.decision, one.entry.occurred):
                if credit.on is not None:
                    day = date(credit.on // 10_000, credit.on // 100 % 100, credit.on % 100)
                    found[credit.metric, credit.member or "-", credit.team, day] += credit.amount
        return Counter({figure: value for figure, value in found.items() if value})

    def funnel(self) -> dict[str, int]:
        """Every counter other than 0, of all pipelines, teams and days."""
        found: Counter[str] = Counter()
        for one in self.decided:
            for step in one.decision.steps:
                found[step.path] += step.amount
        return {path: value for path, value in found.items() if value}


def said(data: EventData, at: datetime = NOON, **envelope: Any) -> Envelope:
    return seal(data, source="urn:test", time=at, event_id=str(uuid.uuid4()), **envelope)


def deal(kind: type[Any], *, amount: int = 1_000, **fields: Any) -> EventData:
    told = {"deal_id": "d1", "owner_id": "ann", "team_id": "north", "pipeline": "crm", "currency": "CNY"}
    made: EventData = kind(**told, amount=amount, **fields)
    return made
