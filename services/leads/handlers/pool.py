"""What can be done with the public pool."""

from typing import Final

from backbone.failpoints import reached
from backbone.members import Member
from backbone.outbox import Saved
from backbone.problems import Conflict, Refused
from backbone.web import Asks
from services.leads.desk import Desk
from services.leads.domain.lead import Lead
from services.leads.domain.pool import claim as claimed
from services.leads.handlers.ledger import note_claim, settle

TRIES: Final = 5
"""A lead may change while it lies in the pool, as when somebody asks again; then the claim is tried again."""


async def claim(desk: Desk, asks: Asks, lead_id: str, member_id: str | None) -> Saved[Lead]:
    """Take a lead out of the public pool for a member.

    Of many who want one lead at the same moment exactly one gets it, and nobody passes his bounds.

    Args:
        desk: where it lies.
        asks: who wants it.
        lead_id: which.
        member_id: for whom; the caller himself by default.

    Raises:
        NotFound: there is no such lead.
        Refused: somebody has it, it was taken from this member lately, or a bound of his is reached.
    """
    member = await desk.members.acting(asks.caller, member_id, kind="lead")
    # One after the other: a claim that is about to be lost must not stand in the way of his next one.
    async with desk.locks[f"claims of {member.member_id}"]:
        for _ in range(TRIES):
            found = await desk.store.leads.get(lead_id)
            if again := desk.store.leads.replay(found, asks.by):
                return again
            try:
                return await _take(desk, asks, found, member)
            except Conflict:
                continue
    raise Refused("not-in-pool", "Somebody has this lead already; take another one.")


async def _take(desk: Desk, asks: Asks, found: Saved[Lead], member: Member) -> Saved[Lead]:
    now = desk.now()
    state, events = claimed(found.state, now, member_id=member.member_id, team_id=member.team_id)
    await note_claim(desk, member.member_id, found.state)
    reached("claim:noted")
    try:
        return await desk.store.leads.change(found, state, events, at=now, by=asks.by)
    finally:
        reached("claim:taken")
        await settle(desk, member.member_id, found.id)
