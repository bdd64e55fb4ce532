"""A customer: what is known of it, which group of companies it belongs to, its tags."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from backbone.audit import personal
from backbone.contract.customers import CustomerCreated, CustomerParentChanged, CustomerRevised, CustomerTagged
from backbone.contract.envelope import EventData
from backbone.moments import check_happened
from backbone.problems import Refused
from services.customers.domain.contact import Contact
from services.customers.domain.place import Interval, Place, check_place, weekly_hours

Grade = Literal["A", "B", "C"]
"""What we grade with; an outside system may tell of another code."""
GradedBy = Literal["hand", "rule"]

MOST_TAGS: Final = 50
MOST_GENERATIONS: Final = 20
"""How deep a group of companies may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Who owned a customer from when to when."""

    owner_id: str | None
    team_id: str | None
    from_at: datetime
    to_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a customer took over from one that went into it: the name of a field that was blank, or `tag:<tag>`."""

    name: str
    from_customer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer as it stands; `graded_since` and `owned_since` tell when its grade and its ownership began.

    `group_ids` holds whom it is shared with: work groups, and its co-owners, each a group of one.
    `owned_before` are its earlier owners, the first one first. A customer that is `merged_into`
    another one stands still: whatever is to change, changes there. `parents_before` are merged
    customers it was a subsidiary of, the last one last; `taken` is what goes back at an unmerge.
    """

    customer_id: str
    name: str
    owner_id: str | None
    team_id: str | None
    co_owner_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    grade: str | None = None
    graded_by: GradedBy | None = None
    grade_reason: str | None = None
    grade_holds_until_on: date | None = None
    channel: str | None = None
    territory: str | None = None
    industry: str | None = None
    lead_id: str | None = None
    parent_customer_id: str | None = None
    tags: tuple[str, ...] = ()
    tax_id: str | None = None
    phone: str | None = field(default=None, metadata=personal)
    mail: str | None = field(default=None, metadata=personal)
    place: Place | None = field(default=None, metadata=personal)
    opening_hours: tuple[Interval, ...] = ()
    founded_on: date | None = None
    created_at: datetime
    graded_since: datetime
    owned_since: datetime
    recorded_at: datetime
    owned_before: tuple[Ownership, ...] = ()
    contacts: tuple[Contact, ...] = field(default=(), metadata=personal)
    merged_into: str | None = None
    merged_at: datetime | None = None
    parents_before: tuple[str, ...] = ()
    taken: tuple[Taken, ...] = ()


Decided = tuple[Customer, list[EventData]]
Decide = Callable[[Customer, datetime, datetime], tuple[Customer, Sequence[EventData]]]

REVISABLE: Final = frozenset(
    ("name", "channel", "territory", "industry", "tax_id", "phone", "mail", "place", "opening_hours", "founded_on")
)


def whose(customer: Customer) -> dict[str, Any]:
    """What every event of a customer carries."""
    return {"customer_id": customer.customer_id, "owner_id": customer.owner_id, "team_id": customer.team_id}


def create_customer(customer: Customer, now: datetime) -> Decided:
    """Enter a customer.

    Raises:
        Refused: it lies in the future, its place or its hours make no sense, or it has too many tags.
    """
    check_happened(customer.created_at, now, field="/created_at")
    check_place(customer.place)
    _check_tags(customer.tags)
    entered = replace(customer, opening_hours=weekly_hours(customer.opening_hours))
    return entered, [
        CustomerCreated(
            **whose(customer),
            lead_id=customer.lead_id,
            parent_customer_id=customer.parent_customer_id,
            channel=customer.channel,
            grade=customer.grade,
            territory=customer.territory,
            industry=customer.industry,
        )
    ]


def standing(decide: Decide) -> Decide:
    """A rule for customers that are still there on their own.

    Raises:
        Refused: (the rule made so) the customer went into another one.
    """

    def decided(customer: Customer, at: datetime, now: datetime) -> tuple[Customer, Sequence[EventData]]:
        if customer.merged_into is not None:
            raise Refused(
                "merged", f"This customer went into {customer.merged_into!r}; change that one, or unmerge it."
            )
        return decide(customer, at, now)

    return decided


def revise(
    customer: Customer, at: datetime, now: datetime, *, values: Mapping[str, object], reason: str | None = None
) -> Decided:
    """Correct what is known of a customer; the event names the fields and tells codes only.

    Args:
        customer: as it stands.
        at: when it became known.
        now: the present instant.
        values: by name of a field of `REVISABLE`, what it is from now on; None takes a value off.
        reason: why, as a code.

    Raises:
        Refused: nothing is new, or what is told makes no sense.
    """
    check_happened(at, now)
    if strange := values.keys() - REVISABLE:
        raise Refused("not-revisable", f"{min(strange)} is not changed this way.", field=f"/{min(strange)}")
    if values.get("name", customer.name) is None:
        raise Refused("no-name", "A customer has a name.", field="/name")
    revised = replace(customer, **values)  # type: ignore[arg-type]  # the body has checked each value's type
    check_place(revised.place)
    revised = replace(revised, opening_hours=weekly_hours(revised.opening_hours))
    changed = tuple(name for name in sorted(values) if getattr(revised, name) != getattr(customer, name))
    if not changed:
        raise Refused("nothing-new", "Give a value that differs from the present one.")
    return revised, [
        CustomerRevised(
            **whose(customer),
            changed=changed,
            from_territory=customer.territory,
            territory=revised.territory,
            from_industry=customer.industry,
            industry=revised.industry,
            reason=reason,
        )
    ]


def tag(
    customer: Customer, at: datetime, now: datetime, *, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> Decided:
    """Put tags on a customer and take others off; one it has, or has not, is no mistake.

    Raises:
        Refused: nothing is new, or it would have more than `MOST_TAGS`.
    """
    check_happened(at, now)
    kept = tuple(sorted(set(customer.tags).difference(remove).union(add)))
    if kept == customer.tags:
        raise Refused("nothing-new", "It has these tags already, and none to take off.")
    _check_tags(kept)
    return replace(customer, tags=kept), [
        CustomerTagged(
            **whose(customer),
            added=tuple(sorted(set(kept).difference(customer.tags))),
            removed=tuple(sorted(set(customer.tags).difference(kept))),
        )
    ]


def place_in_group(
    customer: Customer,
    at: datetime,
    now: datetime,
    *,
    parent_customer_id: str | None,
    ancestors: Sequence[str] = (),
    reason: str | None = None,
) -> Decided:
    """Make a customer a subsidiary of another one, or nobody's.

    Args:
        customer: as it stands.
        at: when it was so.
        now: the present instant.
        parent_customer_id: the one above it from now on; None for none.
        ancestors: the new parent and all above it, nearest first.
        reason: why, as a code.

    Raises:
        Refused: it is there already, it would stand above itself, or the group would be too deep.
    """
    check_happened(at, now)
    if parent_customer_id == customer.parent_customer_id:
        raise Refused("nothing-new", "It has this place in its group already.", field="/parent_customer_id")
    check_above(customer.customer_id, ancestors)
    return replace(customer, parent_customer_id=parent_customer_id, parents_before=()), [
        CustomerParentChanged(
            **whose(customer),
            from_parent_customer_id=customer.parent_customer_id,
            parent_customer_id=parent_customer_id,
            reason=reason,
        )
    ]


def check_above(customer_id: str, ancestors: Sequence[str]) -> None:
    """Refuse a group in which a customer stands above itself, or one that is too deep.

    Raises:
        Refused: it would.
    """
    if customer_id in ancestors:
        raise Refused("cycle", "This customer would stand above itself.", field="/parent_customer_id")
    if len(ancestors) > MOST_GENERATIONS:
        raise Refused("too-deep", f"A group has {MOST_GENERATIONS} generations at most.", field="/parent_customer_id")


def _check_tags(tags: Sequence[str]) -> None:
    if len(tags) > MOST_TAGS:
        raise Refused("too-many-tags", f"A customer has {MOST_TAGS} tags at most.", field="/tags")
