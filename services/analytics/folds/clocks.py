"""Complaints: whose reply came in time, and which alerts their clocks raise or clear."""

from typing import Any, Final, Literal

import msgspec

from services.analytics.domain.credits import Credit
from services.analytics.domain.entries import Entry
from services.analytics.domain.sla import (
    Clock,
    Kind,
    Level,
    Moment,
    Policy,
    Reached,
    in_time,
    reached_by,
    state_of,
    with_moment,
)
from services.analytics.folds.decisions import Decision, filed, taken_back

IN_TIME: Final = "complaints-in-time"

KINDS: Final[dict[str, Kind]] = {
    "complaint-opened": "opened",
    "complaint-assigned": "assigned",
    "complaint-replied": "replied",
    "complaint-paused": "paused",
    "complaint-resumed": "resumed",
    "complaint-resolved": "resolved",
    "complaint-reopened": "reopened",
    "complaint-closed": "closed",
    "complaint-merged": "merged",
}


class Alert(msgspec.Struct, frozen=True):
    """An alert to raise or to clear; `at` is the moment it holds from."""

    do: Literal["raise", "clear"]
    level: Level
    at: int


def fold_complaint(
    kind: str, entry: Entry, clock: Clock | None, policy: Policy, on: int | None
) -> tuple[Decision, Clock, tuple[Alert, ...]]:
    """Fold one event of a complaint.

    Args:
        kind: the type of the event, one of KINDS.
        entry: the event.
        clock: the complaint's clock before it; None = never heard of.
        policy: which clock it is.
        on: the event's day; None = undated: the clock takes the moment it was recorded, and it counts in no period.

    Returns:
        What it counts, the clock after it, and its alerts.
    """
    event, data = entry.event, entry.event.data
    before = clock or Clock(subject=event.subject)
    member = getattr(data, "member_id", None) or data.owner_id
    moment = Moment(entry.occurred, KINDS[kind], event.id, member, data.team_id, on)
    after = _told(before, moment, entry)
    after, alerts = looked_at(after, policy, before.seen)
    figures = (*taken_back(_credits(before, policy)), *_credits(after, policy))
    if _credits(before, policy) == _credits(after, policy):
        figures = ()
    return filed(figures, occurred=entry.occurred, member=member, team=data.team_id, on=on), after, alerts


def looked_at(clock: Clock, policy: Policy, as_of: int) -> tuple[Clock, tuple[Alert, ...]]:
    """Look at a clock as of a moment: its reached levels, and the alerts that follow.

    A warning that is noticed only when all is over is kept and not raised: it
    would tell a person to hurry for nothing. A breach is raised even then. An
    alert that turns out wrong, because a reply that came in time was recorded
    late, is cleared.
    """
    seen = max(clock.seen, as_of)
    now = reached_by(clock, policy, seen)
    known = {one.level: one for one in clock.reached}
    over = state_of(clock) != "open"
    kept: list[Reached] = []
    alerts: list[Alert] = []
    for level, at in now.items():
        one = known.get(level)
        if one is None:
            raised = level == "breach" or not over
            if raised:
                alerts.append(Alert("raise", level, at))
            one = Reached(level, at, raised)
        kept.append(one)
    alerts.extend(Alert("clear", one.level, one.at) for one in clock.reached if one.level not in now and one.raised)
    return msgspec.structs.replace(clock, seen=seen, reached=tuple(kept)), tuple(alerts)


def _told(clock: Clock, moment: Moment, entry: Entry) -> Clock:
    data: Any = entry.event.data
    changes: dict[str, Any] = {"history": with_moment(clock.history, moment)}
    if data.customer_id is not None:
        changes["customer"] = data.customer_id
    sequence = entry.event.sequence
    if sequence is None or sequence >= clock.sequence:
        changes |= {
            "owner": data.owner_id,
            "team": data.team_id,
            "sequence": clock.sequence if sequence is None else sequence,
        }
    if moment.kind == "opened":
        changes |= {"severity": data.severity, "imported": entry.event.imported}
    return msgspec.structs.replace(clock, **changes)


def _credits(clock: Clock, policy: Policy) -> tuple[Credit, ...]:
    reply = in_time(clock, policy)
    return () if reply is None else (Credit(IN_TIME, 1, reply.member, reply.team, reply.on, reply.at),)
