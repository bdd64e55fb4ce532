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
from backbone.members import Members
from backbone.moments import told_at
from backbone.outbox import Aggregates, Saved
from backbone.problems import Conflict
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
    if again := rows.replay(found, asks.by):
        return again
    if version != found.version:
        raise Conflict(rows.noun, id_, found.version)
    return found


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
    if found.replayed:
        return found
    at = told_at(told.at, now)
    present = replace(found.state, team_id=await members.team_of(found.state.owner_id))
    state, events = decide(present, at, now)
    return await rows.change(found, state, events, at=at, by=asks.by)
