"""One move of a complaint: within the row scope, on the version seen, for the team its owner is in now."""

from datetime import datetime

from backbone.outbox import Saved
from backbone.rows import Decide, Told, move_row
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain.story import Complaint


async def move(desk: Desk, asks: Asks, complaint_id: str, told: Told, decide: Decide[Complaint]) -> Saved[Complaint]:
    """Change one complaint by a rule of its domain.

    Raises:
        NotFound: there is none in the caller's row scope.
        Forbidden: the caller may read it only.
        Conflict: it has another version by now.
        Refused: the rule says no.
    """
    complaints, now = desk.store.complaints, in_milliseconds(desk.now())
    then = Told(told.version, told.at and in_milliseconds(told.at))
    return await move_row(complaints, desk.members, asks, complaint_id, then, now, decide)


def in_milliseconds(at: datetime) -> datetime:
    """A moment as the store keeps it, so that what is answered now is what is read later."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
