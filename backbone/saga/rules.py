"""How a saga moves on: pure, no await and no clock.

    running --each step--> running --last step--> done
    running --a step is refused--> undoing --undone--> refused

Nothing is locked while a saga waits. Whoever works at one holds a lease: `next_at` lies ahead as
long as he should be at it, and every write is guarded by the version, so a worker that lost the
lease cannot save. A step may therefore run twice and must change nothing the second time: what it
does carries the key of saga and step (`Saga.key`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from backbone.idempotency import Attempt, By

LEASE: Final = timedelta(seconds=30)
"""How long a step may take before another process may try it too: several calls of five seconds."""

FIRST_PAUSE: Final = timedelta(seconds=0.5)
LAST_PAUSE: Final = timedelta(minutes=5)

Result = Mapping[str, Any]
"""What a step made, as JSON: ids and counts. Never a person's data: a saga is kept for good."""


class SagaState(StrEnum):
    """How far a saga has come."""

    RUNNING = "running"
    UNDOING = "undoing"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asked for a saga, in which request; its events say so, however late they come."""

    actor: str
    request_id: str
    traceparent: str | None = None
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a saga was refused: the code, the sentence that says what to do, and the field of the request."""

    status: int
    code: str
    detail: str
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saga:
    """One saga as it stands.

    `subject` is what it is about, with `owner_id` and `team_id` for the row scope; `said` is what was
    asked, emptied at the end, for it may name somebody; `step` the one to do next (at the end, the last
    one that was tried); `results` what each step made. `tries` counts those of the present step,
    `trouble` says why the last one failed. Until `next_at` nobody but `holder` takes it up; None at
    the end.
    """

    saga_id: str
    kind: str
    subject: str
    owner_id: str | None
    team_id: str | None
    said: dict[str, Any]
    origin: Origin
    state: SagaState = SagaState.RUNNING
    step: str
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: int = 0
    trouble: str | None = None
    reason: Reason | None = None
    holder: str | None = None
    next_at: datetime | None
    started_at: datetime
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in (SagaState.DONE, SagaState.REFUSED)

    def key(self, part: str = "") -> str:
        """The idempotency key of what the present step does; `part` tells apart what one step does several times."""
        return f"saga:{self.saga_id}:{self.step}{part and f':{part}'}"

    def by(self, part: str = "") -> By:
        """Who a change of the present step is by: the one who asked, once."""
        return By(
            actor=self.origin.actor,
            request_id=self.origin.request_id,
            attempt=Attempt(self.key(part), "saga"),
            traceparent=self.origin.traceparent,
            on_behalf_of=self.origin.on_behalf_of,
        )


@dataclass(frozen=True, slots=True)
class More:
    """What a step answers that is not through: what it has made so far. It is done again, from there."""

    result: Result


Outcome = Result | More
Step = Callable[[Saga], Awaitable[Outcome]]
"""One step. Raises a Problem to refuse the saga; Unavailable and Conflict let it be tried again."""

Undo = Callable[[Saga], Awaitable[None]]
"""Takes back what holds others up after a refusal; must change nothing the second time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of one kind of saga by name, in order, and what is done after one is refused."""

    steps: Mapping[str, Step]
    undo: Undo | None = None


def begin(
    saga_id: str,
    kind: str,
    first_step: str,
    *,
    subject: str,
    owner_id: str | None,
    team_id: str | None,
    said: Mapping[str, Any],
    by: By,
    now: datetime,
) -> Saga:
    """A saga that was just asked for, due at once."""
    return Saga(
        saga_id=saga_id,
        kind=kind,
        subject=subject,
        owner_id=owner_id,
        team_id=team_id,
        said=dict(said),
        origin=Origin(
            actor=by.actor,
            request_id=by.request_id,
            traceparent=by.traceparent,
            on_behalf_of=by.on_behalf_of,
        ),
        step=first_step,
        next_at=now,
        started_at=now,
    )


def may_take(saga: Saga, holder: str, now: datetime) -> bool:
    """Whether this worker may take a saga up: it is due, or what he himself left when he was cut off."""
    if saga.ended:
        return False
    return saga.holder == holder or (saga.next_at is not None and saga.next_at <= now)


def take(saga: Saga, holder: str, now: datetime) -> Saga:
    """The saga with this worker at it, for the length of a lease."""
    return replace(saga, holder=holder, next_at=now + LEASE)


def move_on(saga: Saga, steps: Sequence[str], outcome: Outcome, now: datetime) -> Saga:
    """The saga after its step: at the next one, at the same one again, or done. A lease runs on.

    Args:
        saga: as it stood, at a step of `steps`.
        steps: the names of all, in order.
        outcome: what the step answered.
        now: the present instant.
    """
    told = outcome.result if isinstance(outcome, More) else outcome
    went = replace(saga, results={**saga.results, saga.step: dict(told)}, tries=0, trouble=None, next_at=now + LEASE)
    if isinstance(outcome, More):
        return went
    place = steps.index(saga.step) + 1
    if place < len(steps):
        return replace(went, step=steps[place])
    return _end(went, SagaState.DONE, now)


def put_off(saga: Saga, trouble: str, now: datetime) -> Saga:
    """The saga after a try that failed for now: due again after a pause that doubles each time."""
    pause = min(FIRST_PAUSE * 2 ** min(saga.tries, 20), LAST_PAUSE)
    return replace(saga, tries=saga.tries + 1, trouble=trouble, holder=None, next_at=now + pause)


def refuse(saga: Saga, reason: Reason, now: datetime, *, undo: bool) -> Saga:
    """The saga after a step was refused for good: over, or to be undone first."""
    refused = replace(saga, reason=reason, tries=0, trouble=None)
    if undo:
        return replace(refused, state=SagaState.UNDOING, next_at=now + LEASE)
    return _end(refused, SagaState.REFUSED, now)


def undone(saga: Saga, now: datetime) -> Saga:
    """The saga after what held others up was taken back."""
    return _end(saga, SagaState.REFUSED, now)


def fail_points(kind: str, steps: Sequence[str]) -> list[str]:
    """Where a kill must be repaired on the way to the end: after each step, before and after that is noted.

    After a refusal there are two more: `<kind>:refused`, when that is noted, and `<kind>:undone`.
    """
    return [f"{kind}:begun", *(f"{kind}:{step}-{what}" for step in steps for what in ("done", "noted"))]


def _end(saga: Saga, state: SagaState, now: datetime) -> Saga:
    return replace(saga, state=state, said={}, tries=0, trouble=None, holder=None, next_at=None, ended_at=now)
