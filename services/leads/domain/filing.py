"""What stands beside a lead in its document, so that it is found without a walk; made anew with every write.

| field | what for |
|---|---|
| `keys` | all a lead is recognised by (`identity.keys`): whoever shares one may be a duplicate; its contacts' ids |
| `claims` | those no other lead may have: the store keeps them unique, so two captures at once cannot both win |
| `held_as` | `<member>|<grade>` of an open lead with an owner: what a member works on |
| `pool` | `open` while it lies in the public pool |
| `idle_at` | when to look whether its owner left it alone |
| `left` | `undecided` or `merging`: what a crash may have left to be done |
"""

from typing import Any

from services.leads.domain.identity.keys import keys_of, of_kinds
from services.leads.domain.idle import next_step_at
from services.leads.domain.lead import Lead, LeadState
from services.leads.domain.merge import under_way
from services.leads.domain.policy import UNGRADED, House


def filed(lead: Lead, house: House) -> dict[str, Any]:
    """The fields beside a lead."""
    keys = keys_of(lead.traits)
    return {
        "keys": [*keys, *(contact_key(contact.contact_id) for contact in lead.contacts)],
        "claims": list(_claims(lead, keys)),
        "held_as": held_as(lead.owner_id, lead.grade) if lead.is_open and lead.owner_id is not None else None,
        "pool": "open" if lead.in_pool else None,
        "idle_at": next_step_at(lead, None, house.pool),
        "left": "undecided" if lead.undecided else "merging" if under_way(lead) is not None else None,
    }


def held_as(owner_id: str, grade: str | None) -> str:
    """Under what an owner's open leads of a grade are found."""
    return f"{owner_id}|{grade or UNGRADED}"


def contact_key(contact_id: str) -> str:
    """The key under which the leads are found at which a contact is known."""
    return f"contact|{contact_id}"


def _claims(lead: Lead, keys: tuple[str, ...]) -> tuple[str, ...]:
    # A merged lead keeps what it claimed, a disqualified one gives it up: the firm may come in again.
    state = lead.state if lead.merged is None else lead.merged.state
    if state is LeadState.DISQUALIFIED:
        return ()
    others = {key for memory in lead.absorbed for key in memory.keys}
    return tuple(key for key in of_kinds(keys, lead.claim_kinds) if key not in others)
