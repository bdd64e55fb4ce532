"""Changing a deal: who does it, what his step depends on, and which part of it a narrow role may touch."""

from typing import Final

from backbone.callers import Role
from backbone.outbox import Saved
from backbone.rows import Decide, Told, as_seen, groups_of, move_found
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain.deal import Deal, Hand

DECIDING: Final = frozenset({Role.ADMIN, Role.MANAGER, Role.PLATFORM})


async def hand_of(desk: Desk, asks: Asks, deal: Deal) -> Hand:
    """Who moves a deal, and whether we know a person at its customer's."""
    known = False
    if deal.customer_id is not None:
        wanted = {"_id": deal.customer_id, "state.contacts.contact_id": {"$exists": True}}
        known = await desk.store.customers.collection.find_one(wanted, {"_id": 1}) is not None
    return Hand(by=asks.by.actor, decides=asks.caller.role in DECIDING, contact_known=known)


async def move_deal(desk: Desk, asks: Asks, deal_id: str, told: Told, decide: Decide[Deal]) -> Saved[Deal]:
    """Change a deal itself by a rule of its domain.

    Raises:
        Problem: what `change_part` or the rule refuses.
    """
    return await change_part(desk, asks, deal_id, told, desk.store.deals.noun, decide)


async def change_part(desk: Desk, asks: Asks, deal_id: str, told: Told, noun: str, decide: Decide[Deal]) -> Saved[Deal]:
    """Change a part of a deal, which finance may do where it may not touch the deal itself.

    What happens counts for the team the owner is in at this moment, whichever he was in before.

    Args:
        desk: where deals are kept.
        asks: who wants to change it, in which attempt.
        deal_id: which deal.
        told: the version seen and when it happened.
        noun: the part: quote, contract or payment (`backbone.callers.NOUNS_OF`).
        decide: the rule.

    Raises:
        NotFound: there is no such deal the caller may see.
        Forbidden: his role does not write this part of it.
        Conflict: it has another version by now.
        Refused: the rule says no.
        Unavailable: the directory does not answer.
    """
    rows = desk.store.deals
    found = await rows.get(deal_id)
    state = found.state
    asks.caller.check_may_see(rows.noun, deal_id, state.owner_id, state.team_id, groups_of(state))
    asks.caller.check_may_change(noun, deal_id, state.owner_id, state.team_id, groups_of(state))
    seen = as_seen(rows, asks, found, told.version)
    return await move_found(rows, desk.members, asks, seen, told.at, desk.now(), decide)
