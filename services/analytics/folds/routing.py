"""Which rule takes which event, and a partition's events through them.

Pure: the same events, the same documents known before them and the same
settings give the same decisions, whether live, in a replay or beside an oracle.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from services.analytics.domain.credits import Credit
from services.analytics.domain.days import Days
from services.analytics.domain.deals import Deal
from services.analytics.domain.entries import Entry, Event
from services.analytics.domain.sla import FIRST_REPLY, Clock, Policy
from services.analytics.folds import clocks, funnel, leaderboard, pipelines
from services.analytics.folds.decisions import Decision

Rule = Callable[[Entry, int | None], Decision | None]
"""Takes an event and its day; None = the event was counted from another place on the log."""

Counted = Mapping[str, tuple[str, int]]
"""By event id: the topic-partition and offset from which it was counted."""

METRIC_OF: Final[Mapping[str, str]] = {
    "visit-logged": leaderboard.VISITS,
    "visit-voided": leaderboard.VISITS,
    "follow-up-logged": leaderboard.FOLLOW_UPS,
    "follow-up-voided": leaderboard.FOLLOW_UPS,
    "lead-created": leaderboard.NEW_LEADS,
    "customer-created": leaderboard.NEW_CUSTOMERS,
    "deal-won": funnel.DEALS_WON,
    "complaint-replied": clocks.IN_TIME,
}
"""Under which figure an event that does not count is looked for."""


class Decided(msgspec.Struct, gc=False):
    """An event and what was decided about it."""

    entry: Entry
    kind: str
    decision: Decision


class Duplicate(msgspec.Struct):
    """An event that was counted from another place on the log; its day as yyyymmdd."""

    entry: Entry
    kind: str
    on: int | None


class Folded(msgspec.Struct):
    """What a batch says, in the order of the log."""

    decided: list[Decided] = msgspec.field(default_factory=list)
    duplicates: list[Duplicate] = msgspec.field(default_factory=list)


def fold(
    entries: Sequence[Entry], types: Mapping[type[Event], str], rules: Mapping[str, Rule], days: Days, seen: set[str]
) -> Folded:
    """Fold a partition's events.

    Args:
        entries: the events, in the order of the log.
        types: the wire type of each class of event.
        rules: what counts, by wire type; a type without a rule moves no figure.
        days: of the organisation.
        seen: ids of the round so far; those of these events are added.
    """
    folded = Folded()
    decided = folded.decided
    by_class = {event: (kind, rules[kind]) for event, kind in types.items() if kind in rules}
    number = days.number
    for entry in entries:
        event = entry.event
        found = by_class.get(type(event))
        if found is None:
            continue
        kind, rule = found
        on = None if event.undated else number(entry.occurred)
        decision = None if event.id in seen else rule(entry, on)
        if decision is None:
            folded.duplicates.append(Duplicate(entry, kind, on))
            continue
        seen.add(event.id)
        decided.append(Decided(entry, kind, decision))
    return folded


def lead_rules() -> dict[str, Rule]:
    """What counts on the topic `leads`."""
    return {"lead-created": _plain(leaderboard.credit_lead)}


def customer_rules() -> dict[str, Rule]:
    """What counts on the topic `customers`."""
    return {"customer-created": _plain(leaderboard.credit_customer)}


def _plain(credit: Callable[[Any, int | None], Decision]) -> Rule:
    def rule(entry: Entry, on: int | None) -> Decision:
        return credit(entry.event.data, on)

    return rule


class Known(msgspec.Struct):
    """A document that is set whole, as a batch goes on.

    Args:
        state: None = there is none yet.
        mark: the last offset it holds; -1 = none.
        version: grows with every write; 0 = there is none yet.
    """

    state: Any
    mark: int
    version: int


class _Knowing:
    """Rules that must know of an event before folding it whether it was counted before.

    Args:
        label: topic and partition, such as `deals-3`.
        counted: by event id: topic-partition and offset from which it was counted before.
    """

    def __init__(self, label: str, counted: Counted) -> None:
        self._label = label
        self._counted = counted

    def _is_duplicate(self, entry: Entry) -> bool:
        place = self._counted.get(entry.event.id)
        return place is not None and place != (self._label, entry.offset)


class ActivityRules(_Knowing):
    """What counts on the topic `activities`.

    Args:
        label: topic and partition, such as `activities-3`.
        counted: for what this batch voids: where its events were counted from before.
        voids: names (`visit|id`, `follow-up|id`) of what was voided before this batch.
        earlier: by name, for what this batch voids: the figures that facts before this batch moved for it.
        voiding: names of what this batch voids.
    """

    def __init__(
        self,
        label: str,
        counted: Counted,
        voids: Collection[str],
        earlier: Mapping[str, Sequence[Credit]],
        voiding: Collection[str],
    ) -> None:
        super().__init__(label, counted)
        self.voided: set[str] = set()
        """Names of what this batch voids."""
        self._voids = set(voids)
        self._earlier = {name: list(figures) for name, figures in earlier.items()}
        self._watched = {*voids, *voiding}
        self.rules: dict[str, Rule] = {
            "visit-logged": self._visit,
            "follow-up-logged": self._follow_up,
            "visit-voided": self._void,
            "follow-up-voided": self._void,
        }

    def _visit(self, entry: Entry, on: int | None) -> Decision | None:
        decision = leaderboard.credit_visit(entry.event.data, on)
        return self._unless_void(entry, decision) if self._watched else decision

    def _follow_up(self, entry: Entry, on: int | None) -> Decision | None:
        decision = leaderboard.credit_follow_up(entry.event.data, on)
        return self._unless_void(entry, decision) if self._watched else decision

    def _unless_void(self, entry: Entry, decision: Decision) -> Decision | None:
        name = voidable_name(entry.event)
        if name not in self._watched:
            return decision
        if self._is_duplicate(entry):
            return None
        if name in self._voids:
            return Decision(decision.member, decision.team, decision.on, left_out="voided")
        self._earlier.setdefault(name, []).extend(credits_of(decision, entry.occurred))
        return decision

    def _void(self, entry: Entry, on: int | None) -> Decision | None:
        if self._is_duplicate(entry):
            return None
        name = voidable_name(entry.event)
        self._voids.add(name)
        self.voided.add(name)
        return leaderboard.void(entry.event.data, self._earlier.pop(name, ()), on)


def voidable_name(event: Event) -> str:
    """`visit|id` or `follow-up|id` of what an event logs or voids."""
    return f"{'visit' if hasattr(event.data, 'visit_id') else 'follow-up'}|{event.subject}"


def credits_of(decision: Decision, occurred: int) -> list[Credit]:
    """Every figure a decision moves."""
    own = [
        Credit(metric, amount, decision.member, decision.team, decision.on, occurred if amount > 0 else 0)
        for metric, amount in decision.deltas
    ]
    return [*own, *decision.others]


class _WholeRules(_Knowing):
    """Rules whose outcome depends on a document that is set whole.

    Args:
        label: topic and partition, such as `deals-3`.
        counted: by event id: topic-partition and offset from which it was counted before.
        known: the documents by id; they are changed as the batch goes on.
    """

    def __init__(self, label: str, counted: Counted, known: Mapping[str, Known]) -> None:
        super().__init__(label, counted)
        self.changed: set[str] = set()
        """Ids of the documents this batch changes."""
        self._known = known

    def _keep(self, id_: str, entry: Entry, state: object) -> bool:
        """Note the document as it is after the event; False when it holds the event already."""
        known = self._known[id_]
        if entry.offset <= known.mark:
            return False
        known.state = state
        self.changed.add(id_)
        return True


class DealRules(_WholeRules):
    """What counts on the topic `deals`, and in which order stages stand; `currency` is the organisation's."""

    def __init__(self, label: str, counted: Counted, known: Mapping[str, Known], currency: str) -> None:
        super().__init__(label, counted, known)
        self._currency = currency
        self.pipelines: set[str] = set()
        """Names of the pipelines this batch changes."""
        self.rules: dict[str, Rule] = {kind: self._rule(kind) for kind in funnel.MOVES}
        self.rules[pipelines.KIND] = self._pipeline

    def _pipeline(self, entry: Entry, on: int | None) -> Decision | None:
        if self._is_duplicate(entry):
            return None
        name = pipeline_name(entry.event.subject)
        known = self._known[name]
        decision, after = pipelines.fold_pipeline(entry, known.state, on)
        if entry.offset > known.mark:
            known.state = after
            self.pipelines.add(name)
        return decision

    def _rule(self, kind: str) -> Rule:
        def rule(entry: Entry, on: int | None) -> Decision | None:
            if self._is_duplicate(entry):
                return None
            id_ = entry.event.subject
            deal: Deal | None = self._known[id_].state
            decision, after = funnel.fold_deal(kind, entry, deal, on, self._currency)
            self._keep(id_, entry, after)
            return decision

        return rule


class ComplaintRules(_WholeRules):
    """What counts on the topic `complaints`, and the alerts its clocks raise."""

    def __init__(
        self,
        label: str,
        counted: Counted,
        known: Mapping[str, Known],
        policy: Policy = FIRST_REPLY,
    ) -> None:
        super().__init__(label, counted, known)
        self._policy = policy
        self.alerts: dict[str, list[clocks.Alert]] = {}
        """By clock."""
        self.rules: dict[str, Rule] = {kind: self._rule(kind) for kind in clocks.KINDS}

    def _rule(self, kind: str) -> Rule:
        def rule(entry: Entry, on: int | None) -> Decision | None:
            if self._is_duplicate(entry):
                return None
            id_ = clock_id(self._policy, entry.event.subject)
            clock: Clock | None = self._known[id_].state
            decision, after, alerts = clocks.fold_complaint(kind, entry, clock, self._policy, on)
            if self._keep(id_, entry, after) and alerts:
                self.alerts.setdefault(id_, []).extend(alerts)
            return decision

        return rule


def pipeline_name(pipeline: str) -> str:
    """What a pipeline is remembered as beside the deals: no id of a deal holds a bar."""
    return f"pipeline|{pipeline}"


def clock_id(policy: Policy, subject: str) -> str:
    """Name of the clock of a subject."""
    return f"{policy.name}|{subject}"
