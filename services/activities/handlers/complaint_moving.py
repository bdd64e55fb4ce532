"""One move of a complaint: within the row scope, on the version seen, for the team its owner is in now."""

from dataclasses import replace
from datetime import datetime

from backbone.moments import told_at
from backbone.outbox import Saved
from backbone.problems import Refused
from backbone.rows import Decide, Told, row_to_change
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
    found = await row_to_change(desk.store.complaints, asks, complaint_id, told.version)
    if found.replayed:
        return found
    now = desk.now()
    at = in_milliseconds(told_at(told.at, now))
    state, events = decide(await in_present_team(desk, found.state), at, now)
    return await desk.store.complaints.change(found, state, events, at=at, by=asks.by)


async def in_present_team(desk: Desk, complaint: Complaint) -> Complaint:
    """The complaint with its owner's present team; one that lies with a team's leader stays with that team."""
    if complaint.owner_id is None:
        return complaint
    try:
        return replace(complaint, team_id=await desk.members.team_of(complaint.owner_id))
    except Refused:
        return complaint  # an outside system's own name for somebody the directory does not know


def in_milliseconds(at: datetime) -> datetime:
    """A moment as the store keeps it, so that what is answered now is what is read later."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
