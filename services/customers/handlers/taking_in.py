"""How what an outside system tells of an object is taken in."""

from collections.abc import Callable
from typing import TypeVar

from backbone.contract.envelope import Envelope
from backbone.inbox import happened_at, said_by
from backbone.outbox import Aggregates, Saved
from backbone.problems import Conflict
from backbone.rows import find

T = TypeVar("T")


async def take_in(rows: Aggregates[T], id_: str, envelope: Envelope, decide: Callable[[Saved[T] | None], T]) -> None:
    """Store what an outside event says of an object, once by event id; nothing is emitted, for the log has it.

    Its version is no lower than the sequences told of it, so what is said of it here comes after.

    Args:
        rows: where it lives.
        id_: which.
        envelope: the event.
        decide: the object as it stands (None = nobody heard of it) to the object after the event.

    Raises:
        Refused: `decide` says no.
    """
    by, at, sequence = said_by(envelope), happened_at(envelope), envelope.sequence or 0
    while True:
        found = await find(rows, id_)
        if found is not None and rows.replay(found, by) is not None:
            return
        state = decide(found)
        try:
            if found is None:
                await rows.create(id_, state, [], at=at, by=by, at_least=sequence)
            elif state != found.state or sequence > found.version:
                await rows.change(found, state, [], at=at, by=by, at_least=sequence)
        except Conflict:
            continue  # somebody was faster: decide again on what he left
        return
