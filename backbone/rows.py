"""Objects as a caller may see and change them: every read and every change keeps to the row scope.

A row is a domain object with an owner and a team; one that can be shared also has `group_ids:
tuple[str, ...] = ()`, the work groups whose members see and change it too. What a caller may not see
does not exist for him; what he may see but not change is refused by name.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

from backbone.callers import Caller
from backbone.contract.envelope import EventData
from backbone.idempotency import By
from backbone.members import Members
from backbone.moments import told_at
from backbone.outbox import Aggregates, Saved
from backbone.problems import Conflict, NotFound, Refused
from backbone.web import Asks


class Row(Protocol):
    """What row scope is decided by: a frozen dataclass with an owner and a team."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def owner_id(self) -> str | None:
        """The member it belongs to."""

    @property
    def team_id(self) -> str | None:
        """The team it counts for."""


T = TypeVar("T")
R = TypeVar("R", bound=Row)

Decide = Callable[[R, datetime, datetime], tuple[R, Sequence[EventData]]]
"""A rule of the domain: the object, when it happened and the present instant to the new object and the events."""


@dataclass(frozen=True, slots=True)
class Told:
    """What everybody tells who changes an object: the version seen, and when it happened (None = now)."""

    version: int
    at: datetime | None = None


def groups_of(row: Row) -> tuple[str, ...]:
    """The work groups a row is given to; none for a kind that is never shared."""
    groups: tuple[str, ...] = getattr(row, "group_ids", ())
    return groups


async def read_row(rows: Aggregates[R], caller: Caller, id_: str) -> Saved[R]:
    """One object in the caller's row scope.

    Raises:
        NotFound: there is none the caller may see.
    """
    found = await rows.get(id_)
    caller.check_may_see(rows.noun, id_, found.state.owner_id, found.state.team_id, groups_of(found.state))
    return found


async def find(rows: Aggregates[T], id_: str) -> Saved[T] | None:
    """One object whoever asks, None where there is none."""
    try:
        return await rows.get(id_)
    except NotFound:
        return None


async def row_to_change(rows: Aggregates[R], asks: Asks, id_: str, version: int) -> Saved[R]:
    """One object for a change; `replayed` is set when this very request made the change before.

    Args:
        rows: where it lives.
        asks: who wants to change it, in which attempt.
        id_: which.
        version: the one the caller has seen.

    Raises:
        NotFound: there is none the caller may see.
        Forbidden: the caller may read it only.
        Conflict: it has another version by now.
        KeyReused: the idempotency key came with another request before.
    """
    found = await rows.get(id_)
    state = found.state
    asks.caller.check_may_change(rows.noun, id_, state.owner_id, state.team_id, groups_of(state))
    return as_seen(rows, asks, found, version)


async def to_change(rows: Aggregates[T], asks: Asks, id_: str, version: int) -> Saved[T]:
    """One object that is nobody's row for a change; `replayed` is set when this very request made the change before.

    Raises:
        NotFound: there is none.
        Conflict: it has another version by now.
        KeyReused: the idempotency key came with another request before.
    """
    return as_seen(rows, asks, await rows.get(id_), version)


def as_seen(rows: Aggregates[T], asks: Asks, found: Saved[T], version: int) -> Saved[T]:
    """An object that is still the one the caller has seen; `replayed` when this very request changed it before.

    Raises:
        Conflict: it has another version by now.
        KeyReused: the idempotency key came with another request before.
    """
    if again := rows.replay(found, asks.by):
        return again
    if version != found.version:
        raise Conflict(rows.noun, found.id, found.version)
    return found


async def put(
    rows: Aggregates[T], found: Saved[T], state: T, events: Sequence[EventData], *, at: datetime, by: By
) -> Saved[T]:
    """Store what an object has become; where nothing but its usual value was found (version 0), it is new.

    Raises:
        Conflict: somebody was faster.
    """
    if found.version == 0:
        return await rows.create(found.id, state, events, at=at, by=by)
    return await rows.change(found, state, events, at=at, by=by)


async def in_present_team(row: R, members: Members) -> R:
    """The row with the team its owner is in at this moment.

    Nobody's row keeps its team, and so does that of an owner the directory does not know: an outside
    system's own name for somebody.

    Raises:
        Unavailable: the directory does not answer.
    """
    if row.owner_id is None:
        return row
    try:
        return replace(row, team_id=(await members.known(row.owner_id)).team_id)
    except Refused:
        return row


async def move_row(
    rows: Aggregates[R], members: Members, asks: Asks, id_: str, told: Told, now: datetime, decide: Decide[R]
) -> Saved[R]:
    """Change one object by a rule of its domain.

    What happens counts for the team the owner is in at this moment, whichever he was in before.

    Args:
        rows: where it lives.
        members: tells the owner's team.
        asks: who wants to change it, in which attempt.
        id_: which.
        told: the version seen and when it happened.
        now: the present instant.
        decide: the rule.

    Raises:
        Problem: what `row_to_change` or the rule refuses.
    """
    found = await row_to_change(rows, asks, id_, told.version)
    return await move_found(rows, members, asks, found, told.at, now, decide)


async def move_found(
    rows: Aggregates[R],
    members: Members,
    asks: Asks,
    found: Saved[R],
    told: datetime | None,
    now: datetime,
    decide: Decide[R],
) -> Saved[R]:
    """The second half of `move_row`, for an object whose reader has rules of his own; one replayed stays as it is.

    Raises:
        Problem: what the rule refuses, or that somebody was faster.
    """
    if found.replayed:
        return found
    at = told_at(told, now)
    state, events = decide(await in_present_team(found.state, members), at, now)
    return await rows.change(found, state, events, at=at, by=asks.by)
