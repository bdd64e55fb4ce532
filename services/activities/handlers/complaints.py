"""What can be done with a complaint.

Every move raises NotFound for a complaint outside the caller's row scope,
Conflict when it has another version by now, and Refused where
`domain.complaint` says no.
"""

from functools import partial

from backbone.callers import Role
from backbone.members import Member
from backbone.outbox import Saved
from backbone.rows import Decide, Told, move_row
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import complaint as complaints
from services.activities.domain.complaint import Complaint


async def first_owner(desk: Desk, asks: Asks, owner_id: str | None) -> Member | None:
    """Who is to answer a new complaint: the one named, else the key's own member; an admin may leave it to later."""
    if owner_id is None and asks.caller.member_id is None and asks.caller.role is Role.ADMIN:
        return None
    return await desk.members.acting(asks.caller, owner_id, field="/owner_id")


async def open_complaint(desk: Desk, asks: Asks, complaint: Complaint) -> Saved[Complaint]:
    """Take a complaint a customer has raised."""
    state, events = complaints.open_complaint(complaint, desk.now())
    return await desk.store.complaints.create(complaint.complaint_id, state, events, at=state.opened_at, by=asks.by)


async def assign(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, owner_id: str, reason: str | None
) -> Saved[Complaint]:
    """Give a complaint to a member to answer."""
    owner = await desk.members.acting(asks.caller, owner_id, field="/owner_id")
    decide = partial(complaints.assign, owner_id=owner.member_id, team_id=owner.team_id, reason=reason)
    return await _move(desk, asks, complaint_id, told, decide)


async def reply(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, channel: str | None
) -> Saved[Complaint]:
    """Note that a member answered the customer."""
    member = await desk.members.acting(asks.caller, member_id)
    decide = partial(complaints.reply, member_id=member.member_id, channel=channel)
    return await _move(desk, asks, complaint_id, told, decide)


async def pause(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, reason: str
) -> Saved[Complaint]:
    """Let a complaint wait for something outside."""
    member = await desk.members.acting(asks.caller, member_id)
    decide = partial(complaints.pause, member_id=member.member_id, reason=reason)
    return await _move(desk, asks, complaint_id, told, decide)


async def resume(desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None) -> Saved[Complaint]:
    """Go on after a pause."""
    member = await desk.members.acting(asks.caller, member_id)
    return await _move(desk, asks, complaint_id, told, partial(complaints.resume, member_id=member.member_id))


async def resolve(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, resolution: str | None
) -> Saved[Complaint]:
    """Note that a member solved what the customer complained about."""
    member = await desk.members.acting(asks.caller, member_id)
    decide = partial(complaints.resolve, member_id=member.member_id, resolution=resolution)
    return await _move(desk, asks, complaint_id, told, decide)


async def reopen(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, reason: str | None
) -> Saved[Complaint]:
    """Open a complaint again; when nobody is named by a key of nobody's own, the customer did it."""
    by = await _member_or_nobody(desk, asks, member_id)
    return await _move(desk, asks, complaint_id, told, partial(complaints.reopen, member_id=by, reason=reason))


async def close(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, reason: str | None
) -> Saved[Complaint]:
    """Put a complaint away; when nobody is named by a key of nobody's own, a rule did it."""
    by = await _member_or_nobody(desk, asks, member_id)
    return await _move(desk, asks, complaint_id, told, partial(complaints.close, member_id=by, reason=reason))


async def _member_or_nobody(desk: Desk, asks: Asks, member_id: str | None) -> str | None:
    if member_id is None and asks.caller.member_id is None:
        return None
    return (await desk.members.acting(asks.caller, member_id)).member_id


async def _move(desk: Desk, asks: Asks, complaint_id: str, told: Told, decide: Decide[Complaint]) -> Saved[Complaint]:
    return await move_row(desk.store.complaints, desk.members, asks, complaint_id, told, desk.now(), decide)
