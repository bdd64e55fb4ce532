"""Clocks of complaints: how long the first reply may take, and how far the clock has come.

Everything here is a function of what is known of the complaint, the policy and
a moment `as_of`; nothing reads the wall clock, so live, replay and rebuild
agree. Times are ms since 1970.

Rules of the policy `first-reply`:

- It runs round the clock from the moment the complaint was opened; a pause
  does not stop it, since waiting is no answer to the customer.
- The earliest reply ends it, by the time it was given, however late it was
  recorded. A reply at the very deadline is in time.
- A complaint that was resolved, closed or merged without a reply stands still;
  reopened, it runs on, with the deadline it had.
- Each level is reached once: a warning at 80 % of the time, a breach at 100 %.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

Level = Literal["warning", "breach"]
State = Literal["unopened", "open", "answered", "closed"]
Kind = Literal["opened", "replied", "paused", "resumed", "resolved", "closed", "merged", "reopened", "assigned"]

STOPPING: Final = frozenset({"resolved", "closed", "merged"})
MEANT_BY_NO_RULE: Final = frozenset({"paused", "resumed", "assigned"})
HISTORY_KEPT: Final = 200
"""Past this many moments, those that no rule asks for are left out of a history."""


class Policy(msgspec.Struct, frozen=True):
    """How long something may take, and at which parts of that time somebody is told; all in ms."""

    name: str
    allowed: int
    levels: tuple[tuple[Level, int], ...]


FIRST_REPLY: Final = Policy(
    "first-reply", 24 * 3_600_000, (("warning", 24 * 3_600_000 * 80 // 100), ("breach", 24 * 3_600_000))
)


class Moment(msgspec.Struct, frozen=True, array_like=True):
    """Something that happened to a complaint.

    Args:
        at: when.
        kind: what.
        event_id: the event that told it.
        member: who did it.
        team: for which team it counts.
        on: the day as yyyymmdd; None = nobody dated it.
    """

    at: int
    kind: Kind
    event_id: str
    member: str | None
    team: str | None
    on: int | None


class Reached(msgspec.Struct, frozen=True, array_like=True):
    """A level that was reached, and when; its alert was raised unless all was over when it was noticed."""

    level: Level
    at: int
    raised: bool


class Clock(msgspec.Struct, frozen=True):
    """A complaint's clock.

    Args:
        subject: the complaint.
        history: its moments, earliest first.
        customer: whose complaint it is.
        owner: who has to answer.
        team: the owner's team.
        severity: as the complaint says.
        imported: tag of the import that opened it; its alerts are not sent.
        seen: the latest moment up to which a timer has looked.
        reached: the levels that were reached.
        sequence: the highest version folded, where the sender gave any; tells whose owner is the newest.
    """

    subject: str
    history: tuple[Moment, ...] = ()
    customer: str | None = None
    owner: str | None = None
    team: str | None = None
    severity: str | None = None
    imported: str | None = None
    seen: int = 0
    reached: tuple[Reached, ...] = ()
    sequence: int = -1


def with_moment(history: tuple[Moment, ...], moment: Moment) -> tuple[Moment, ...]:
    """The history with one more moment in its place."""
    if len(history) >= HISTORY_KEPT and moment.kind in MEANT_BY_NO_RULE:
        return history
    return tuple(sorted((*history, moment), key=lambda one: (one.at, one.kind != "opened", one.event_id)))


def opened_at(clock: Clock) -> int | None:
    """When the complaint was opened; None = that was not told yet."""
    return next((moment.at for moment in clock.history if moment.kind == "opened"), None)


def first_reply(clock: Clock) -> Moment | None:
    """The earliest reply."""
    return next((moment for moment in clock.history if moment.kind == "replied"), None)


def due_at(clock: Clock, policy: Policy) -> int | None:
    """When the time is up."""
    opened = opened_at(clock)
    return None if opened is None else opened + policy.allowed


def in_time(clock: Clock, policy: Policy) -> Moment | None:
    """The first reply, when it came in time."""
    due, reply = due_at(clock, policy), first_reply(clock)
    return reply if due is not None and reply is not None and reply.at <= due else None


def running(clock: Clock) -> Iterator[tuple[int, int | None]]:
    """The spans in which it runs: from, to; None = still running."""
    opened, reply = opened_at(clock), first_reply(clock)
    if opened is None:
        return
    start: int | None = opened
    for moment in clock.history:
        if reply is not None and moment.at >= reply.at:
            break
        if moment.at < opened:
            continue
        if moment.kind in STOPPING and start is not None:
            yield start, moment.at
            start = None
        elif moment.kind == "reopened" and start is None:
            start = moment.at
    if start is not None:
        yield start, None if reply is None else max(reply.at, start)


def state_of(clock: Clock) -> State:
    """Where it stands after its whole history."""
    if opened_at(clock) is None:
        return "unopened"
    if first_reply(clock) is not None:
        return "answered"
    return "open" if any(end is None for _, end in running(clock)) else "closed"


def reached_by(clock: Clock, policy: Policy, as_of: int) -> dict[Level, int]:
    """The levels reached until `as_of`, and when each was.

    A level is reached at its instant if the clock runs past that instant; if
    it stood still then and went on later, at the moment it went on.
    """
    opened = opened_at(clock)
    reached: dict[Level, int] = {}
    if opened is None:
        return reached
    for level, after in policy.levels:
        instant = opened + after
        for start, end in running(clock):
            moment = max(instant, start)
            if moment <= as_of if end is None else moment < end:
                reached[level] = moment
                break
    return reached


def next_look(clock: Clock, policy: Policy) -> int | None:
    """The next instant at which a level will be reached if nothing happens; None = none will."""
    opened = opened_at(clock)
    start = next((start for start, end in running(clock) if end is None), None)
    if opened is None or start is None:
        return None
    known = {one.level for one in clock.reached}
    waiting = [max(opened + after, start) for level, after in policy.levels if level not in known]
    return min(waiting, default=None)
