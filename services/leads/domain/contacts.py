"""The people at a lead: noted, corrected, forgotten."""

from dataclasses import replace
from datetime import datetime

from backbone.contract.leads import LeadContactErased
from backbone.problems import Refused
from services.leads.domain.identity.keys import keys_of
from services.leads.domain.lead import MOST_CONTACTS, Contact, Decided, Lead
from services.leads.domain.moves import check_may, check_order, revised_event


def keep_contact(lead: Lead, at: datetime, now: datetime, *, contact: Contact) -> Decided:
    """Note a person at a lead, or correct what is known of him; the one to talk to is the first ever noted.

    Raises:
        Refused: the lead is not open, or has as many contacts as it may have.
    """
    check_may(lead, "changed")
    check_order(lead, at, now)
    if lead.contact is None or lead.contact.contact_id == contact.contact_id:
        return replace(lead, contact=contact), [revised_event(lead)]
    if any(known.contact_id == contact.contact_id for known in lead.more_contacts):
        kept = tuple(contact if known.contact_id == contact.contact_id else known for known in lead.more_contacts)
        return replace(lead, more_contacts=kept), [revised_event(lead)]
    if len(lead.contacts) >= MOST_CONTACTS:
        raise Refused("too-many-contacts", f"A lead has {MOST_CONTACTS} contacts at most; erase one first.")
    return replace(lead, more_contacts=(*lead.more_contacts, contact)), [revised_event(lead)]


def erase_contact(lead: Lead, *, contact_id: str, reason: str | None = None) -> Decided:
    """Forget a person at a lead, in any state: name, phone, mail, the note, and what he was recognised by.

    Raises:
        Refused: the lead has no such contact.
    """
    erased = next((known for known in lead.contacts if known.contact_id == contact_id), None)
    if erased is None:
        raise Refused("unknown-contact", f"This lead has no contact {contact_id!r}; read the lead again.")
    kept = tuple(known for known in lead.contacts if known.contact_id != contact_id)
    without = replace(lead, contact=kept[0] if kept else None, more_contacts=kept[1:], note=None)
    known_by = frozenset(keys_of(without.traits))
    absorbed = tuple(
        replace(
            one,
            contact_ids=tuple(id_ for id_ in one.contact_ids if id_ != contact_id),
            keys=tuple(key for key in one.keys if not key.startswith(("phone|", "mail|")) or key in known_by),
        )
        for one in lead.absorbed
    )
    return replace(without, absorbed=absorbed), [
        LeadContactErased(
            lead_id=lead.lead_id, owner_id=lead.owner_id, team_id=lead.team_id, contact_id=contact_id, reason=reason
        )
    ]
