"""What can be done with a shift."""

from datetime import datetime

from backbone.mongo import DuplicateKeyError
from backbone.outbox import Saved
from backbone.problems import Refused
from backbone.rows import Told, move_row
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import shift as shifts
from services.activities.domain.place import Fix
from services.activities.domain.shift import Shift
from services.activities.handlers.once import create_once


async def start_shift(desk: Desk, asks: Asks, shift: Shift) -> Saved[Shift]:
    """Begin to work.

    Raises:
        Refused: the member's last shift is not ended, or see `domain.shift.start_shift`.
    """
    state, events = shifts.start_shift(shift, desk.now())
    try:
        return await create_once(desk.field.shifts, shift.shift_id, state, events, at=state.started_at, by=asks.by)
    except DuplicateKeyError as taken:
        raise Refused("shift-under-way", "This member's last shift is not ended; end it first.") from taken


async def end_shift(
    desk: Desk,
    asks: Asks,
    shift_id: str,
    *,
    version: int,
    ended_at: datetime | None,
    where: Fix | None,
    break_seconds: int,
) -> Saved[Shift]:
    """Stop working.

    Raises:
        NotFound: no such shift in the caller's row scope.
        Conflict: it has another version by now.
        Refused: see `domain.shift.end_shift`.
    """

    def decide(shift: Shift, at: datetime, now: datetime) -> shifts.Decided:
        return shifts.end_shift(shift, now, ended_at=at, where=where, break_seconds=break_seconds)

    told = Told(version, ended_at)
    return await move_row(desk.field.shifts, desk.members, asks, shift_id, told, desk.now(), decide)
