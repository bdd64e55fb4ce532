"""Objects a phone gave an id of its own: what it tells twice is one object."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import BaseModel

from backbone.contract.envelope import EventData
from backbone.idempotency import By
from backbone.outbox import Aggregates, Saved
from backbone.problems import Conflict, Refused


class Told(Protocol):
    """An object that remembers the print of the request that made it."""

    @property
    def owner_id(self) -> str:
        """Whose it is."""

    @property
    def told(self) -> str | None:
        """The print."""


T = TypeVar("T", bound=Told)

UNPRINTED = frozenset({"device_at"})
"""What differs each time a phone tells the same."""


def print_of(body: BaseModel) -> str:
    """SHA-256 of what was told, to tell a repetition from another object under the same id."""
    return hashlib.sha256(body.model_dump_json(exclude=set(UNPRINTED)).encode()).hexdigest()


async def create_once(
    rows: Aggregates[T], id_: str, state: T, events: Sequence[EventData], *, at: datetime, by: By
) -> Saved[T]:
    """Store a new object; the same told again under the same id gives what stands there.

    Raises:
        Refused: the id belongs to something else.
        KeyReused: the idempotency key came with another request before.
    """
    try:
        return await rows.create(id_, state, events, at=at, by=by)
    except Conflict as taken:
        found = await rows.get(id_)
        if state.told is None or (found.state.told, found.state.owner_id) != (state.told, state.owner_id):
            raise Refused("id-taken", f"The id {id_!r} belongs to something else; make a new one.") from taken
        return replace(found, replayed=True)
