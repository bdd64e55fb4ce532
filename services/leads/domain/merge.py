"""Merging two leads of one firm, and taking a merge back.

Two documents change, one after the other, and each step can be done again:

1. the lead that stays takes what it lacks and remembers the merge (`Absorbed`, step `taking`);
2. the other one becomes `merged`: read-only, pointing to the first; `lead-merged`;
3. the first remembers that it is done (`taken`).

Unmerging goes the same way back: `giving` (what came with the merge goes, where nobody changed it since), then the
other lead is what it was before (`lead-unmerged`), then the memory goes. A merged lead keeps its claims, so nothing
has to be handed over between the two; whoever meets such a claim is led to the lead that stays.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from backbone.contract.leads import LeadMerged, LeadUnmerged
from backbone.problems import Refused
from services.leads.domain.identity.keys import keys_of
from services.leads.domain.inquiry import filled_from
from services.leads.domain.lead import MOST_CONTACTS, Absorbed, Decided, Lead, LeadState, Merged
from services.leads.domain.moves import given

FIXED: Final = frozenset({LeadState.CONVERTING, LeadState.CONVERTED, LeadState.MERGED})
"""States in which a lead goes into no other and takes none."""


def absorb(lead: Lead, other: Lead, *, merge_id: str, other_version: int, at: datetime, actor: str) -> Decided:
    """Step 1: let a lead take what it lacks from another one.

    Args:
        lead: the one that stays.
        other: the one that goes into it.
        merge_id: a new id.
        other_version: the other one's version.
        at: now.
        actor: who wants it.

    Raises:
        Refused: they are one, one of them is merged or converted, or a merge of one of them is under way.
    """
    if lead.lead_id == other.lead_id:
        raise Refused("same-lead", "Name another lead; one cannot go into itself.", field="/lead_id")
    for one, field in ((lead, None), (other, "/lead_id")):
        if one.state in FIXED:
            raise Refused("wrong-state", f"Lead {one.lead_id!r} is {one.state}; it cannot be merged.", field=field)
        if under_way(one) is not None:
            raise Refused(
                "merging", f"A merge of lead {one.lead_id!r} is under way; try again in a moment.", field=field
            )
    filled: dict[str, Any] = filled_from(lead, other)
    products = tuple(one for one in other.product_ids if one not in lead.product_ids)
    contacts = other.contacts[: MOST_CONTACTS - len(lead.contacts)]
    everybody = (*lead.contacts, *contacts)
    own_keys = set(keys_of(lead.traits))
    memory = Absorbed(
        merge_id=merge_id,
        lead_id=other.lead_id,
        version=other_version,
        filled=filled,
        product_ids=products,
        contact_ids=tuple(contact.contact_id for contact in contacts),
        keys=tuple(key for key in keys_of(other.traits) if key not in own_keys),
        since=at,
        actor=actor,
    )
    return replace(
        lead,
        **filled,
        product_ids=(*lead.product_ids, *products),
        contact=everybody[0] if everybody else None,
        more_contacts=everybody[1:],
        absorbed=(*lead.absorbed, memory),
    ), []


def go_into(other: Lead, memory: Absorbed, into_lead_id: str, at: datetime) -> Decided:
    """Step 2: the other lead is gone and points to the one that stays."""
    merged = Merged(merge_id=memory.merge_id, into_lead_id=into_lead_id, state=other.state, at=at)
    return replace(other, state=LeadState.MERGED, merged=merged, undecided=False), [
        LeadMerged(lead_id=other.lead_id, owner_id=other.owner_id, team_id=other.team_id, into_lead_id=into_lead_id)
    ]


def absorbed(lead: Lead, merge_id: str) -> Decided:
    """Step 3: the lead remembers that the other one is in it."""
    return _remembering(lead, merge_id, step="taken"), []


def start_giving(lead: Lead, merge_id: str, at: datetime, *, actor: str, reason: str | None) -> Decided:
    """Step 1 of unmerging: what came with the merge goes, where nobody changed it since.

    Raises:
        Refused: the lead went into another one itself or became a customer, or a merge of it is under way.
    """
    if lead.merged is not None:
        raise Refused(
            "merged", f"Lead {lead.lead_id!r} went into {lead.merged.into_lead_id!r}; unmerge that one first."
        )
    if lead.state in FIXED:
        raise Refused("converted", f"Lead {lead.lead_id!r} is {lead.state}; correct the customer it became.")
    if under_way(lead) is not None:
        raise Refused("merging", f"A merge of lead {lead.lead_id!r} is under way; try again in a moment.")
    without = take_out(lead, merge_id)
    return _remembering(without, merge_id, step="giving", since=at, actor=actor, reason=reason), []


def come_back(other: Lead, from_lead_id: str, at: datetime, reason: str | None) -> Decided:
    """Step 2 of unmerging: the other lead is what it was before, and its quiet time begins anew."""
    if other.merged is None:
        return other, []
    before = replace(other, state=other.merged.state, merged=None)
    if before.is_open:
        before = given(before, at) if before.owner_id is not None else replace(before, pooled_at=at)
    return before, [
        LeadUnmerged(
            lead_id=other.lead_id,
            owner_id=other.owner_id,
            team_id=other.team_id,
            from_lead_id=from_lead_id,
            reason=reason,
        )
    ]


def forget(lead: Lead, merge_id: str) -> Decided:
    """Step 3 of unmerging: the memory goes."""
    return replace(lead, absorbed=tuple(one for one in lead.absorbed if one.merge_id != merge_id)), []


def call_off(lead: Lead, merge_id: str) -> Decided:
    """Undo step 1 of a merge whose other lead has moved on meanwhile."""
    return forget(take_out(lead, merge_id), merge_id)


def take_out(lead: Lead, merge_id: str) -> Lead:
    """A lead without what came with a merge; a value somebody changed since stays as he left it."""
    memory = memory_of(lead, merge_id)
    emptied: dict[str, Any] = {name: None for name, value in memory.filled.items() if getattr(lead, name) == value}
    kept = tuple(contact for contact in lead.contacts if contact.contact_id not in memory.contact_ids)
    return replace(
        lead,
        **emptied,
        product_ids=tuple(one for one in lead.product_ids if one not in memory.product_ids),
        contact=kept[0] if kept else None,
        more_contacts=kept[1:],
    )


def memory_of(lead: Lead, merge_id: str) -> Absorbed:
    """What a lead remembers of a merge.

    Raises:
        Refused: nothing.
    """
    for memory in lead.absorbed:
        if memory.merge_id == merge_id:
            return memory
    raise Refused("not-merged", f"Lead {lead.lead_id!r} knows nothing of this merge; read both leads again.")


def under_way(lead: Lead) -> Absorbed | None:
    """The merge or unmerging of a lead that is not done yet."""
    return next((memory for memory in lead.absorbed if memory.step != "taken"), None)


def _remembering(lead: Lead, merge_id: str, **changes: Any) -> Lead:
    kept: Sequence[Absorbed] = [
        replace(memory, **changes) if memory.merge_id == merge_id else memory for memory in lead.absorbed
    ]
    return replace(lead, absorbed=tuple(kept))
