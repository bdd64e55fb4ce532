"""What stands beside a lead in its document, so that it is found without a walk; made anew with every write.

| field | what for |
|---|---|
| `keys` | all a lead is recognised by (`identity.keys`): whoever shares one may be a duplicate; and the marks below |
| `claims` | those no other lead may have: the store keeps them unique, so two captures at once cannot both win |
| `held_as` | `held|<member>|<grade>` of an open lead with an owner: what a member works on |
| `idle_at` | when to look whether its owner left it alone |

Marks among the keys: the contacts' ids, `held_as`, `pool` while it lies in the public pool, `undecided` or `merging`
where a crash may have left something to be done. One index finds them all: each of its own would cost every write.
"""

from typing import Any, Final

from services.leads.domain.identity.keys import keys_of, of_kinds
from services.leads.domain.idle import next_step_at
from services.leads.domain.lead import Lead, LeadState
from services.leads.domain.merge import under_way
from services.leads.domain.policy import UNGRADED, House

IN_POOL: Final = "pool"
UNDECIDED: Final = "undecided"
MERGING: Final = "merging"


def filed(lead: Lead, house: House) -> dict[str, Any]:
    """The fields beside a lead."""
    keys = keys_of(lead.traits)
    held = held_as(lead.owner_id, lead.grade) if lead.is_open and lead.owner_id is not None else None
    marks = (
        held,
        IN_POOL if lead.in_pool else None,
        UNDECIDED if lead.undecided else MERGING if under_way(lead) is not None else None,
    )
    return {
        "keys": [
            *keys,
            *(contact_key(contact.contact_id) for contact in lead.contacts),
            *(mark for mark in marks if mark is not None),
        ],
        "claims": list(_claims(lead, keys)),
        "held_as": held,
        "idle_at": next_step_at(lead, None, house.pool),
    }


def held_as(owner_id: str, grade: str | None) -> str:
    """Under what an owner's open leads of a grade are found."""
    return f"held|{owner_id}|{grade or UNGRADED}"


def held_by(held: str) -> tuple[str, str]:
    """The owner and the grade that `held_as` told."""
    owner_id, _, grade = held.partition("|")[2].rpartition("|")
    return owner_id, grade


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
