"""Two customers that are one: what goes over, and what comes back when it was a mistake; pure, one rule a step.

`gone` is the customer that goes into the other one, `kept` the one that stays. What moves bears the
id it came from, the last one last, so that an unmerge finds exactly what came along, also after
several merges and whatever changed meanwhile. `gone` keeps its own values while it stands still.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from backbone.contract.customers import (
    ContactAdded,
    ContactRemoved,
    CustomerMerged,
    CustomerParentChanged,
    CustomerRevised,
    CustomerTagged,
    CustomerUnmerged,
)
from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.customers.domain.contact import Contact
from services.customers.domain.customer import Customer, Decided, Taken, whose

MERGE: Final = "customer-merge"
UNMERGE: Final = "customer-unmerge"
MERGE_TOLD: Final = "customer-merge-told"
UNMERGE_TOLD: Final = "customer-unmerge-told"
"""The rest of what an outside system told: the log has its event already."""

OVER_STEPS: Final = ("take-over", "clear", "deals", "children", "touches")
BACK_STEPS: Final = ("take-back", "hand-back", "deals", "children", "touches")
MERGE_STEPS: Final = ("freeze", "check", *OVER_STEPS)
UNMERGE_STEPS: Final = (*BACK_STEPS, "thaw")

REASON: Final = "merged"
BACK: Final = "unmerged"
FILLED: Final = ("channel", "territory", "industry", "tax_id", "phone", "mail", "place", "opening_hours", "founded_on")
"""What the customer that stays takes over where it knows nothing itself."""
_TAG: Final = "tag:"


def freeze(gone: Customer, kept: Customer, at: datetime, reason: str | None) -> Decided:
    """Let a customer go into another one; from here on it stands still.

    Raises:
        Refused: it is the same one, or one of them went into another one before.
    """
    if gone.customer_id == kept.customer_id:
        raise Refused("same-customer", "Name another customer to merge into.", field="/into_customer_id")
    if gone.merged_into is not None:
        raise Refused("merged", f"This customer went into {gone.merged_into!r} before.")
    check_kept(kept)
    return replace(gone, merged_into=kept.customer_id, merged_at=at), [
        CustomerMerged(**whose(gone), into_customer_id=kept.customer_id, reason=reason)
    ]


def check_kept(kept: Customer) -> None:
    """Refuse to merge into a customer that went into another one itself.

    Raises:
        Refused: it did.
    """
    if kept.merged_into is not None:
        raise Refused(
            "merged", f"That customer went into {kept.merged_into!r}; merge into that one.", field="/into_customer_id"
        )


def thaw(gone: Customer, reason: str | None) -> Decided:
    """Let a merged customer stand on its own again."""
    if gone.merged_into is None:
        return gone, []
    return replace(gone, merged_into=None, merged_at=None), [
        CustomerUnmerged(**whose(gone), from_customer_id=gone.merged_into, reason=reason)
    ]


def take_over(kept: Customer, gone: Customer) -> Decided:
    """Take the contacts of the other one, and what is blank here and known there; twice is as good as once."""
    known = {contact.contact_id for contact in kept.contacts}
    has_primary = any(contact.primary for contact in kept.contacts)
    came = tuple(
        replace(
            contact,
            came_from=(*contact.came_from, gone.customer_id),
            primary=contact.primary and not has_primary,
        )
        for contact in gone.contacts
        if contact.contact_id not in known
    )
    blank = {name: getattr(gone, name) for name in FILLED if not getattr(kept, name) and getattr(gone, name)}
    tags = tuple(sorted(set(gone.tags).difference(kept.tags)))
    names = (*blank, *(f"{_TAG}{tag}" for tag in tags))
    taken = tuple(Taken(name=name, from_customer_id=gone.customer_id) for name in names)
    state = replace(
        kept,
        **blank,
        tags=tuple(sorted({*kept.tags, *tags})),
        contacts=(*kept.contacts, *came),
        taken=(*kept.taken, *taken),
    )
    return state, [*_corrected(kept, state), *_added(kept, came)]


def hand_back(kept: Customer, gone: Customer) -> Decided:
    """Give the contacts back, and forget what was taken over and is still as it came."""
    leaving = coming_back(kept, gone)
    ours = tuple(one for one in kept.taken if one.from_customer_id == gone.customer_id)
    blank = {
        one.name: () if one.name == "opening_hours" else None
        for one in ours
        if one.name in FILLED and getattr(kept, one.name) == getattr(gone, one.name)
    }
    tags = {one.name.removeprefix(_TAG) for one in ours if one.name.startswith(_TAG)}
    gone_ids = {contact.contact_id for contact in leaving}
    state = replace(
        kept,
        **blank,  # type: ignore[arg-type]  # None or () fits every field of FILLED
        tags=tuple(tag for tag in kept.tags if tag not in tags),
        contacts=tuple(contact for contact in kept.contacts if contact.contact_id not in gone_ids),
        taken=tuple(one for one in kept.taken if one.from_customer_id != gone.customer_id),
    )
    return state, [*_corrected(kept, state), *_removed(kept, leaving, BACK)]


def coming_back(kept: Customer, gone: Customer) -> tuple[Contact, ...]:
    """The contacts that came along with a merged customer and are still there."""
    return tuple(contact for contact in kept.contacts if contact.came_from[-1:] == (gone.customer_id,))


def clear(gone: Customer) -> Decided:
    """Keep no second copy of people who went over: whoever is erased there is erased."""
    return replace(gone, contacts=()), _removed(gone, gone.contacts, REASON)


def take_back(gone: Customer, kept: Customer) -> Decided:
    """Take the contacts back that came along, as they are now."""
    known = {contact.contact_id for contact in gone.contacts}
    back = tuple(
        replace(contact, came_from=contact.came_from[:-1])
        for contact in coming_back(kept, gone)
        if contact.contact_id not in known
    )
    return replace(gone, contacts=(*gone.contacts, *back)), _added(gone, back)


def adopt_child(child: Customer, gone: Customer, kept: Customer) -> Decided:
    """Let a subsidiary of the merged customer be one of the other; the other itself rises to the merged one's place."""
    parent = gone.parent_customer_id if child.customer_id == kept.customer_id else kept.customer_id
    if parent == child.customer_id:
        parent = None
    state = replace(child, parent_customer_id=parent, parents_before=(*child.parents_before, gone.customer_id))
    return state, [_placed(child, state, REASON)]


def return_child(child: Customer, gone: Customer) -> Decided:
    """Let a subsidiary come back that came along, unless somebody has placed it elsewhere since."""
    if child.parents_before[-1:] != (gone.customer_id,):
        return child, []
    state = replace(child, parent_customer_id=gone.customer_id, parents_before=child.parents_before[:-1])
    return state, [_placed(child, state, BACK)]


def _placed(before: Customer, after: Customer, reason: str) -> EventData:
    return CustomerParentChanged(
        **whose(after),
        from_parent_customer_id=before.parent_customer_id,
        parent_customer_id=after.parent_customer_id,
        reason=reason,
    )


def _corrected(before: Customer, after: Customer) -> list[EventData]:
    told: list[EventData] = []
    changed = tuple(sorted(name for name in FILLED if getattr(before, name) != getattr(after, name)))
    if changed:
        told.append(
            CustomerRevised(
                **whose(after),
                changed=changed,
                from_territory=before.territory,
                territory=after.territory,
                from_industry=before.industry,
                industry=after.industry,
            )
        )
    added, removed = set(after.tags).difference(before.tags), set(before.tags).difference(after.tags)
    if added or removed:
        told.append(CustomerTagged(**whose(after), added=tuple(sorted(added)), removed=tuple(sorted(removed))))
    return told


def _added(customer: Customer, people: Sequence[Contact]) -> list[EventData]:
    return [ContactAdded(**whose(customer), contact_id=one.contact_id, role=one.role) for one in people]


def _removed(customer: Customer, people: Sequence[Contact], reason: str) -> list[EventData]:
    return [ContactRemoved(**whose(customer), contact_id=one.contact_id, reason=reason) for one in people]
