"""A partition's batch through the folds: which rule takes which event, and the facts that come out.

`prepare` says what must be loaded, `fold` is pure: the same entries and the
same loaded documents give the same facts.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import msgspec

from backbone.mongo import Document
from services.analytics.books import Books
from services.analytics.domain.days import Days
from services.analytics.folds import leaderboard
from services.analytics.folds.decisions import Credit, Decision
from services.analytics.readers import Entry, Event

OLDEST_MS: Final = 400 * 86_400_000
"""An event that comes later than this is kept and does not count (docs/events.md)."""

Rule = Callable[[Entry, int | None], Decision | None]


class Batch(msgspec.Struct):
    """The events of one partition, read and not yet folded; `last` is the offset of the last record."""

    books: Books
    entries: list[Entry]
    last: int
    types: Mapping[type[Event], str]


class Folded(msgspec.Struct):
    """What a batch says: its facts, and the notes on events that do not count."""

    batch: Batch
    facts: list[Document] = msgspec.field(default_factory=list)
    left_out: list[Document] = msgspec.field(default_factory=list)


def fold(batch: Batch, rules: Mapping[str, Rule], days: Days, seen: set[str]) -> Folded:
    """Fold a batch.

    Args:
        batch: what to fold, in the order of the log.
        rules: what counts, by type of event; a type without a rule moves no figure.
        days: of the organisation.
        seen: ids of the round so far; those of this batch are added.
    """
    folded = Folded(batch)
    facts = folded.facts
    label = batch.books.label
    by_class = {event: (kind, rules[kind]) for event, kind in batch.types.items() if kind in rules}
    number = days.number
    for entry in batch.entries:
        event = entry.event
        found = by_class.get(type(event))
        if found is None:
            continue
        kind, rule = found
        on = None if event.undated else number(entry.occurred)
        decision = None if event.id in seen else rule(entry, on)
        if decision is None:
            folded.left_out.append(left_out_of(entry, kind, label, on, "duplicate"))
            continue
        seen.add(event.id)
        facts.append(fact_of(entry, kind, label, decision))
        if decision.left_out is not None:
            folded.left_out.append(left_out_of(entry, kind, label, on, decision.left_out))
    return folded


def fact_of(entry: Entry, kind: str, label: str, decision: Decision) -> Document:
    """The document of a decision, by which a replay knows it again."""
    event = entry.event
    fact: Document = {
        "_id": event.id,
        "ty": kind,
        "s": event.subject,
        "m": decision.member,
        "t": decision.team,
        "c": event.data.customer_id,
        "occ": entry.occurred,
        "rec": entry.recorded,
        "on": decision.on,
        "tp": label,
        "o": entry.offset,
        "d": decision.deltas,
    }
    if decision.others:
        fact["x"] = [msgspec.structs.astuple(one) for one in decision.others]
    if decision.steps:
        fact["f"] = [msgspec.structs.astuple(one) for one in decision.steps]
    if event.imported is not None:
        fact["imp"] = event.imported
    return fact


def left_out_of(entry: Entry, kind: str, label: str, on: int | None, reason: str) -> Document:
    """The note of an event that does not count, for whoever asks why."""
    data = entry.event.data
    return {
        "_id": f"{label}-{entry.offset}",
        "event_id": entry.event.id,
        "type": kind,
        "reason": reason,
        "metric": METRIC_OF.get(kind),
        "member": getattr(data, "member_id", None) or data.owner_id,
        "on": on,
    }


def duplicate_of(fact: Document) -> Document:
    """The note of a fact whose event was counted from another place on the log."""
    return {
        "_id": f"{fact['tp']}-{fact['o']}",
        "event_id": fact["_id"],
        "type": fact["ty"],
        "reason": "duplicate",
        "metric": METRIC_OF.get(fact["ty"]),
        "member": fact["m"],
        "on": fact["on"],
    }


METRIC_OF: Final[Mapping[str, str]] = {
    "visit-logged": leaderboard.VISITS,
    "visit-voided": leaderboard.VISITS,
    "follow-up-logged": leaderboard.FOLLOW_UPS,
    "follow-up-voided": leaderboard.FOLLOW_UPS,
    "lead-created": leaderboard.NEW_LEADS,
    "customer-created": leaderboard.NEW_CUSTOMERS,
}
"""Under which figure an event that does not count is looked for."""


def too_old(entry: Entry) -> bool:
    """Whether an event came so late that it no longer counts; an import may bring any past."""
    return entry.recorded - entry.occurred > OLDEST_MS and entry.event.imported is None


def lead_rules() -> dict[str, Rule]:
    """What counts on the topic `leads`."""
    return {"lead-created": _simple(leaderboard.credit_lead)}


def customer_rules() -> dict[str, Rule]:
    """What counts on the topic `customers`."""
    return {"customer-created": _simple(leaderboard.credit_customer)}


def _simple(credit: Callable[[Any, int | None], Decision]) -> Rule:
    def rule(entry: Entry, on: int | None) -> Decision:
        decision = credit(entry.event.data, on)
        return not_counted(decision, "too-old") if too_old(entry) else decision

    return rule


def not_counted(decision: Decision, reason: str) -> Decision:
    """The same place, nothing moved."""
    return Decision(decision.member, decision.team, decision.on, left_out=reason)


class ActivityRules:
    """What counts on the topic `activities`.

    Args:
        voids: `kind|id` of what was voided before it came.
        earlier: by `kind|id` of what this batch voids: the figures that earlier
            facts moved for it; a missing key = no such fact.
        voiding: `kind|id` of what this batch voids.
    """

    def __init__(self, voids: set[str], earlier: dict[str, list[Credit]], voiding: Collection[str]) -> None:
        self.voids = voids
        self.new_voids: set[str] = set()
        self._earlier = earlier
        self._watched = {*voids, *voiding}
        self.rules: dict[str, Rule] = {
            "visit-logged": self._visit,
            "follow-up-logged": self._follow_up,
            "visit-voided": self._void,
            "follow-up-voided": self._void,
        }

    def _visit(self, entry: Entry, on: int | None) -> Decision:
        decision = leaderboard.credit_visit(entry.event.data, on)
        return self._unless_void("visit", entry, decision)

    def _follow_up(self, entry: Entry, on: int | None) -> Decision:
        decision = leaderboard.credit_follow_up(entry.event.data, on)
        return self._unless_void("follow-up", entry, decision)

    def _unless_void(self, kind: str, entry: Entry, decision: Decision) -> Decision:
        if too_old(entry):
            decision = not_counted(decision, "too-old")
        if not self._watched or (name := f"{kind}|{entry.event.subject}") not in self._watched:
            return decision
        if name in self.voids:
            decision = not_counted(decision, "voided")
        self._earlier.setdefault(name, []).extend(credits_of(decision, entry.occurred))
        return decision

    def _void(self, entry: Entry, on: int | None) -> Decision:
        name = void_name(entry.event)
        decision = leaderboard.void(entry.event.data, self._earlier.get(name), on)
        if decision.left_out == leaderboard.VOIDED_EARLY:
            self.voids.add(name)
            self.new_voids.add(name)
            self._watched.add(name)
        else:
            self._earlier[name].extend(credits_of(decision, entry.occurred))
        return decision


def credits_of(decision: Decision, occurred: int) -> list[Credit]:
    """Every figure a decision moves."""
    own = [
        Credit(metric, amount, decision.member, decision.team, decision.on, occurred if amount > 0 else 0)
        for metric, amount in decision.deltas
    ]
    return [*own, *decision.others]


def void_name(event: Event) -> str:
    """`visit|id` or `follow-up|id` of what a void is about."""
    kind = "visit" if hasattr(event.data, "visit_id") else "follow-up"
    return f"{kind}|{event.subject}"
