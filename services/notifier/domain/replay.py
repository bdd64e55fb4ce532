"""A replay: events of the past, read from the log again and sent to one subscription."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from backbone.problems import Refused


class State(StrEnum):
    """Where a replay stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One replay: what came onto the log from `since` until before `until`.

    `delivered` sends also what was delivered before. `leased_until` tells that a process works at it.
    """

    replay_id: str
    subscription_id: str
    owner_id: str | None
    team_id: str | None
    since: datetime
    until: datetime
    delivered: bool
    state: State = State.WAITING
    matched: int = 0
    queued: int = 0
    asked_at: datetime
    ended_at: datetime | None = None
    leased_until: datetime | None = None


def ask(replay: Replay) -> Replay:
    """Check a new replay.

    Raises:
        Refused: it begins in the future or ends before it begins.
    """
    if replay.until <= replay.since:
        raise Refused("empty-range", "`since` must lie before `until` and before now.", field="/since")
    return replay


def free(replay: Replay, now: datetime) -> bool:
    """Whether it waits for a process, or the one that had it is gone."""
    if replay.state is State.WAITING:
        return True
    return replay.state is State.RUNNING and (replay.leased_until is None or replay.leased_until <= now)


def begin(replay: Replay, lease: timedelta, now: datetime) -> Replay:
    """Start it, or start it again from the beginning: what was queued already is not queued twice."""
    return replace(replay, state=State.RUNNING, matched=0, queued=0, leased_until=now + lease)


def go_on(replay: Replay, matched: int, queued: int, lease: timedelta, now: datetime) -> Replay:
    """Count a batch and keep the lease."""
    return replace(replay, matched=replay.matched + matched, queued=replay.queued + queued, leased_until=now + lease)


def end(replay: Replay, state: State, now: datetime) -> Replay:
    """It is over."""
    return replace(replay, state=state, ended_at=now, leased_until=None)
