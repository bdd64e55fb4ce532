"""A lead that comes in again: what another lead knows fills in what the known one lacks."""

from dataclasses import replace
from typing import Any, Final

from backbone.contract.leads import LeadInquired
from services.leads.domain.lead import MOST_CONTACTS, MOST_INQUIRIES, Contact, Decided, Inquiry, Lead

FILLED: Final = ("campaign", "territory", "industry", "value_estimate", "grade", "company_name", "tax_id")
"""What another lead can fill in where a lead knows nothing; a value comes with its currency."""


def inquire_again(known: Lead, again: Lead) -> Decided:
    """Let a lead that came in once more go into the one that is known.

    What the known one lacks is filled in, a new contact is kept beside the others, and how it came in is noted.

    Args:
        known: the lead as it stands, of any state but merged.
        again: the lead as it came in now.
    """
    inquiry = Inquiry(channel=again.channel, campaign=again.campaign, form_id=again.form_id, at=again.created_at)
    filled: dict[str, Any] = filled_from(known, again)
    richer = replace(
        known,
        **filled,
        note=known.note or again.note,
        product_ids=(*known.product_ids, *(one for one in again.product_ids if one not in known.product_ids)),
        inquiries=(*known.inquiries, inquiry)[-MOST_INQUIRIES:],
    )
    for contact in again.contacts:
        richer = _with_contact(richer, contact)
    return richer, [
        LeadInquired(
            lead_id=known.lead_id,
            owner_id=known.owner_id,
            team_id=known.team_id,
            channel=again.channel,
            campaign=again.campaign,
        )
    ]


def filled_from(known: Lead, other: Lead) -> dict[str, str | int]:
    """What one lead lacks and another one knows, by field."""
    filled = {name: value for name in FILLED if getattr(known, name) is None and (value := getattr(other, name))}
    if "value_estimate" in filled and other.currency is not None:
        filled["currency"] = other.currency
    return filled


def _with_contact(lead: Lead, contact: Contact) -> Lead:
    ways = {(known.name, known.phone, known.mail) for known in lead.contacts}
    if (contact.name, contact.phone, contact.mail) in ways or len(lead.contacts) >= MOST_CONTACTS:
        return lead
    if lead.contact is None:
        return replace(lead, contact=contact)
    return replace(lead, more_contacts=(*lead.more_contacts, contact))
