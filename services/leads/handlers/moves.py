"""What can be done with one lead.

Every change raises NotFound for a lead outside the caller's reach, Conflict when it has another version by
now, and Refused where `domain` says no.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from backbone.failpoints import reached
from backbone.outbox import Saved
from backbone.problems import Conflict, Unavailable
from backbone.rows import Told
from backbone.web import Asks
from services.leads.desk import Desk
from services.leads.domain import contacts as people
from services.leads.domain import moves
from services.leads.domain.identity.keys import Traits, keys_of, of_kinds
from services.leads.domain.lead import Contact, Lead, ways_to
from services.leads.handlers.reach import claiming, lead_to_change, move_lead, save

TRIES: Final = 10
MOST_LEADS: Final = 1_000
"""At which one person is known at most."""


async def qualify(
    desk: Desk, asks: Asks, lead_id: str, told: Told, score: int | None, reason: str | None
) -> Saved[Lead]:
    """Find a lead worth selling to."""
    return await move_lead(desk, asks, lead_id, told, partial(moves.qualify, score=score, reason=reason))


async def disqualify(desk: Desk, asks: Asks, lead_id: str, told: Told, reason: str) -> Saved[Lead]:
    """Find a lead not worth selling to."""
    return await move_lead(desk, asks, lead_id, told, partial(moves.disqualify, reason=reason))


async def reopen(desk: Desk, asks: Asks, lead_id: str, told: Told, reason: str | None) -> Saved[Lead]:
    """Look at a disqualified lead again; refused when the firm came in again meanwhile."""
    return await move_lead(desk, asks, lead_id, told, claiming(desk, partial(moves.reopen, reason=reason)))


async def revise(desk: Desk, asks: Asks, lead_id: str, told: Told, changes: Mapping[str, Any]) -> Saved[Lead]:
    """Correct what is known of a lead."""
    return await move_lead(desk, asks, lead_id, told, claiming(desk, partial(moves.revise, changes=changes)))


async def keep_contact(desk: Desk, asks: Asks, lead_id: str, told: Told, contact: Contact) -> Saved[Lead]:
    """Note a person at a lead, or correct what is known of him."""
    return await move_lead(desk, asks, lead_id, told, claiming(desk, partial(people.keep_contact, contact=contact)))


async def assign(desk: Desk, asks: Asks, lead_id: str, told: Told, owner_id: str, reason: str | None) -> Saved[Lead]:
    """Give a lead to a member the caller may act for."""
    member = await desk.members.acting(asks.caller, owner_id, field="/owner_id", kind="lead")
    decide = partial(moves.assign, owner_id=member.member_id, team_id=member.team_id, reason=reason or "by-hand")
    return await move_lead(desk, asks, lead_id, told, decide)


async def release(desk: Desk, asks: Asks, lead_id: str, told: Told, reason: str) -> Saved[Lead]:
    """Give a lead back to the public pool; when it is not the owner himself who does, it is taken from him."""
    decide = partial(moves.release, reason=reason, by_member_id=asks.caller.member_id, policy=desk.house.pool)
    return await move_lead(desk, asks, lead_id, told, decide)


async def erase_contact(
    desk: Desk, asks: Asks, lead_id: str, version: int, contact_id: str, reason: str | None
) -> Saved[Lead]:
    """Forget a person at a lead, and at those it was merged with; the log holds nothing of him."""
    found = await lead_to_change(desk, asks, lead_id, version)
    if not found.replayed:
        now = desk.now()
        state, events = people.erase_contact(found.state, contact_id=contact_id, reason=reason)
        found = await save(desk, found, state, events, at=now, by=asks.by)
        reached("erase:first-done")
    await _erase_everywhere(desk, asks, contact_id, reason)
    return found


async def erase_person(
    desk: Desk, asks: Asks, phone: str | None, mail: str | None, reason: str | None
) -> tuple[int, int]:
    """Forget whoever has this phone or mail, at every lead; called again after a crash it does the rest.

    Returns:
        How many contacts and leads it was.
    """
    keys = keys_of(Traits(phones=(phone,) if phone else (), mails=(mail,) if mail else ()))
    keys = of_kinds(keys, ("phone", "mail"))
    contacts: set[str] = set()
    leads: set[str] = set()
    for document in await desk.store.sharing(keys, MOST_LEADS):
        saved = desk.store.leads.read(document)
        for contact in saved.state.contacts:
            if not set(keys).isdisjoint(keys_of(ways_to(contact))):
                leads |= set(await _erase_everywhere(desk, asks, contact.contact_id, reason))
                contacts.add(contact.contact_id)
    return len(contacts), len(leads)


async def _erase_everywhere(desk: Desk, asks: Asks, contact_id: str, reason: str | None) -> list[str]:
    """Forget a contact wherever it is known; ids of those leads."""
    erased: list[str] = []
    for _ in range(TRIES):
        left = await desk.store.holding_contact(contact_id)
        if not left:
            return erased
        for saved in left:
            state, events = people.erase_contact(saved.state, contact_id=contact_id, reason=reason)
            by = desk.itself(asks.by.request_id)
            try:
                await desk.store.leads.change(saved, state, events, at=desk.now(), by=by)
            except Conflict:
                continue  # it changed meanwhile: it is met again
            erased.append(saved.id)
            reached("erase:one-more-done")
    raise Unavailable("busy", "A lead of this person is being changed; send the same request again in a moment.")
