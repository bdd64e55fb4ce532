"""Which known lead a captured one is the same as."""

from collections.abc import Collection
from typing import Final

from backbone.outbox import Saved
from backbone.problems import Refused
from services.leads.desk import Desk
from services.leads.domain.identity.keys import FIELD_OF, WORDS_OF, keys_of, kind_of, of_kinds
from services.leads.domain.lead import Lead, LeadState

MOST_LOOKED_AT: Final = 50
DUPLICATE: Final = "duplicate-lead"
"""Code of the problem that a lead is known already."""


async def holder_of(desk: Desk, lead: Lead, kinds: Collection[str]) -> Saved[Lead] | None:
    """The lead that is the same as this one by one of these kinds of keys: the one that stays, where it was merged.

    Disqualified leads do not stand in the way: the firm may come in again.
    """
    keys = of_kinds(keys_of(lead.traits), kinds)
    for document in await desk.store.sharing(keys, MOST_LOOKED_AT):
        other = desk.store.leads.read(document)
        if other.id == lead.lead_id:
            continue
        while other.state.merged is not None:
            other = await desk.store.leads.get(other.state.merged.into_lead_id)
        if other.state.state is not LeadState.DISQUALIFIED and other.id != lead.lead_id:
            return other
    return None


def known_already(lead: Lead, other: Lead, *, tell: bool) -> Refused:
    """The refusal of a lead that is known; whoever may not see the other one learns only that there is one."""
    common = [key for key in keys_of(lead.traits) if key in set(keys_of(other.traits))]
    kind = kind_of(common[0]) if common else "company-name"
    what = WORDS_OF.get(kind, "company name")
    if not tell:
        detail = f"Somebody else has a lead with the same {what}; ask your manager."
    elif other.in_pool:
        detail = f"Lead {other.lead_id!r} in the public pool has the same {what}; claim that one."
    elif other.state is LeadState.CONVERTED:
        detail = f"Lead {other.lead_id!r} has the same {what} and became a customer; open a deal there."
    else:
        detail = f"Lead {other.lead_id!r} has the same {what}; go on with that one."
    return Refused(DUPLICATE, detail, field=FIELD_OF.get(kind))
