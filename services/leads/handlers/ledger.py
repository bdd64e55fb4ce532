"""Notes in members' ledgers: how the bounds of what a member may take hold under parallel requests."""

from collections.abc import Callable
from typing import Final

from backbone.calendar import local_day
from backbone.problems import Unavailable
from backbone.rows import find
from services.leads.desk import Desk
from services.leads.domain import pool
from services.leads.domain.lead import Lead
from services.leads.domain.pool import STALE, Holdings, Ledger

TRIES: Final = 200
"""How often a ledger is written again when other processes write it at the same time."""


async def note_claim(desk: Desk, member_id: str, lead: Lead) -> None:
    """Note that a member takes a lead out of the pool.

    Raises:
        Refused: a bound of his is reached.
        Unavailable: too many write his ledger at this moment.
    """
    policy = desk.house.pool

    def decide(ledger: Ledger, holdings: Holdings) -> Ledger:
        return pool.note_claim(ledger, lead.lead_id, lead.grade, desk.now(), holdings=holdings, policy=policy)

    await _write(desk, member_id, decide)


async def note_seat(desk: Desk, member_id: str, lead: Lead, capacity: int | None) -> bool:
    """Note that a rule gives a member a lead; False when he has as many as his seat allows."""

    def decide(ledger: Ledger, holdings: Holdings) -> Ledger | None:
        return pool.note_seat(ledger, lead.lead_id, lead.grade, desk.now(), holdings=holdings, capacity=capacity)

    return await _write(desk, member_id, decide)


async def settle(desk: Desk, member_id: str, lead_id: str) -> None:
    """Take a note off, when the lead is the member's or will not be."""
    got = await _has(desk, member_id, lead_id)

    def decide(ledger: Ledger, _: Holdings) -> Ledger | None:
        settled = pool.settle(ledger, lead_id, got=got)
        return None if settled is ledger else settled

    await _write(desk, member_id, decide, look=False)


async def _write(
    desk: Desk, member_id: str, decide: Callable[[Ledger, Holdings], Ledger | None], *, look: bool = True
) -> bool:
    async with desk.locks[f"ledger {member_id}"]:
        for _ in range(TRIES):
            today = local_day(desk.now(), desk.zone)
            ledger = pool.on_day(await desk.store.ledgers.read(member_id, today), today)
            # Read after the ledger: what arrived meanwhile is in both and counts once, nothing is in neither.
            holdings = Holdings()
            if look:
                ledger = await _without_stale(desk, ledger)
                holdings = await desk.store.holdings(member_id)
            written = decide(ledger, holdings)
            if written is None:
                return False
            if await desk.store.ledgers.write(written):
                return True
    raise Unavailable("busy", "Too many claims of this member at once; send the same request again.")


async def _without_stale(desk: Desk, ledger: Ledger) -> Ledger:
    """The ledger without what a process that died had begun."""
    for note in ledger.notes:
        if desk.now() - note.at > STALE:
            got = await _has(desk, ledger.member_id, note.lead_id)
            ledger = pool.settle(ledger, note.lead_id, got=got)
    return ledger


async def _has(desk: Desk, member_id: str, lead_id: str) -> bool:
    found = await find(desk.store.leads, lead_id)
    return found is not None and found.state.owner_id == member_id
