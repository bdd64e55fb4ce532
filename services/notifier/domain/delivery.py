"""A delivery: one event on its way to one subscription, with every attempt made."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.notifier.domain.channel import Outcome, Result
from services.notifier.domain.retry import pause_after

ATTEMPTS_KEPT: Final = 20


class State(StrEnum):
    """Where a delivery stands.

    `failed` was given up after the last retry, `suppressed` is an alert about imported events, `withheld`
    is what the subscription's owner may not see any more, `set-aside` was left out at a resume.
    """

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    WITHHELD = "withheld"
    SET_ASIDE = "set-aside"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: when it began, how long it took, what came of it."""

    at: datetime
    milliseconds: int
    status: int | None
    answer: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one subscription.

    `tries` counts the failures since it was last queued, `due_at` is the next attempt's moment, `partition`
    (such as `alerts-3`) and `offset` say where the event stands on the log, `replay_id` which replay queued it.
    """

    delivery_id: str
    subscription_id: str
    event_id: str
    type: str
    subject: str
    partition: str
    offset: int
    owner_id: str | None
    team_id: str | None
    state: State
    queued_at: datetime
    due_at: datetime | None = None
    ended_at: datetime | None = None
    tries: int = 0
    attempts: tuple[Attempt, ...] = ()
    replay_id: str | None = None

    @property
    def lane(self) -> str:
        """What keeps its order: the messages of one subject for one subscription go out one after the other."""
        return lane_id(self.subscription_id, self.subject)


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane as it was found: when its first message is due, until when somebody has it, a count of what was put in."""

    id: str
    subscription_id: str
    due_at: datetime
    until: datetime
    n: int


def lane_id(subscription_id: str, subject: str) -> str:
    """The name of a lane."""
    return f"{subscription_id}|{subject}"


def message_id(subscription_id: str, event_id: str) -> str:
    """The id a receiver sees as `webhook-id`: the same for the same event and subscription, whenever it is sent.

    It begins with the first half of the event's id, which for a UUIDv7 is its time, so ids of one subscription
    sort like their events. It has no dot (Standard Webhooks 1.0: the dot parts what is signed).
    """
    digest = hashlib.sha256(f"{subscription_id}|{event_id}".encode()).hexdigest()
    return f"msg_{event_id.replace('-', '')[:16]}{digest[:16]}"


def first_of_lane(waiting: Sequence[Delivery]) -> Delivery | None:
    """The delivery a lane sends next, of those waiting in the order they were queued.

    A clock that went back may have queued a later event first: within a partition the log's order holds.
    """
    if not waiting:
        return None
    beside = [delivery for delivery in waiting if delivery.partition == waiting[0].partition]
    return min(beside, key=lambda delivery: delivery.offset)


def attempted(
    delivery: Delivery, outcome: Outcome, *, began: datetime, now: datetime, chance: float, schedule: Sequence[float]
) -> Delivery:
    """A delivery after an attempt.

    What is gone keeps waiting: the subscription is disabled then, and sends it when somebody resumes it.

    Args:
        delivery: as it stood.
        outcome: what the channel said.
        began: when the attempt began.
        now: the present instant.
        chance: for the jitter, see `retry.pause_after`.
        schedule: the same.
    """
    attempt = Attempt(began, outcome.milliseconds, outcome.status, outcome.answer, outcome.error)
    after = replace(delivery, attempts=(*delivery.attempts, attempt)[-ATTEMPTS_KEPT:])
    if outcome.result is Result.TAKEN:
        return ended(after, State.DELIVERED, now)
    if outcome.result is Result.GONE:
        return replace(after, due_at=now)
    tries = delivery.tries + 1
    pause = pause_after(tries, chance=chance, retry_after=outcome.retry_after, schedule=schedule)
    if pause is None:
        return ended(replace(after, tries=tries), State.FAILED, now)
    return replace(after, tries=tries, due_at=now + pause)


def ended(delivery: Delivery, state: State, now: datetime) -> Delivery:
    """A delivery that will not be tried again by itself."""
    return replace(delivery, state=state, due_at=None, ended_at=now)
