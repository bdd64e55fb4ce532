"""Whose a customer is: its owner, those who own it together with him, and who had it before."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from backbone.contract.customers import CustomerOwnerChanged, CustomerShared
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused
from services.customers.domain.customer import Customer, Decided, Ownership, whose

MOST_OWNERS_KEPT: Final = 100
"""Older ones stand on the log."""
MOST_SHARING: Final = 20


def change_owner(
    customer: Customer, at: datetime, now: datetime, *, owner_id: str, team_id: str | None, reason: str | None = None
) -> Decided:
    """Give a customer to another member; a co-owner who becomes the owner is a co-owner no more.

    Args:
        customer: as it stands.
        at: when it went over.
        now: the present instant.
        owner_id: who has it from now on.
        team_id: his team at that moment.
        reason: why, as a code.

    Raises:
        Refused: he has it already, or `at` does not lie between the last change and now.
    """
    check_happened(at, now)
    check_not_before(at, customer.owned_since, "it was given to its present owner")
    if owner_id == customer.owner_id:
        raise Refused("owned-before", f"Member {owner_id!r} has this customer already.", field="/owner_id")
    past = Ownership(
        owner_id=customer.owner_id, team_id=customer.team_id, from_at=customer.owned_since, to_at=at, reason=reason
    )
    given = replace(
        customer,
        owner_id=owner_id,
        team_id=team_id,
        owned_since=at,
        owned_before=(*customer.owned_before, past)[-MOST_OWNERS_KEPT:],
        co_owner_ids=tuple(member for member in customer.co_owner_ids if member != owner_id),
        group_ids=tuple(group for group in customer.group_ids if group != owner_id),
    )
    return given, [
        CustomerOwnerChanged(
            **whose(given), from_owner_id=customer.owner_id, from_team_id=customer.team_id, reason=reason
        )
    ]


def share(
    customer: Customer,
    at: datetime,
    now: datetime,
    *,
    co_owner_ids: Collection[str] | None = None,
    group_ids: Collection[str] | None = None,
    reason: str | None = None,
) -> Decided:
    """Say who sees and changes a customer beside its owner; None leaves the one or the other as it is.

    Raises:
        Refused: nothing is new, the owner is named as a co-owner, or there are too many.
    """
    check_happened(at, now)
    before = groups_of(customer)
    members = customer.co_owner_ids if co_owner_ids is None else tuple(sorted(set(co_owner_ids)))
    groups = before if group_ids is None else tuple(sorted(set(group_ids)))
    if customer.owner_id in members:
        raise Refused("owner-twice", "The owner needs no share of his own customer.", field="/co_owner_ids")
    if len(members) + len(groups) > MOST_SHARING:
        raise Refused("too-many-sharing", f"A customer is shared with {MOST_SHARING} at most.", field="/co_owner_ids")
    if (members, groups) == (customer.co_owner_ids, before):
        raise Refused("nothing-new", "It is shared this way already.")
    return replace(customer, co_owner_ids=members, group_ids=(*groups, *members)), [
        CustomerShared(
            **whose(customer),
            from_co_owner_ids=customer.co_owner_ids,
            co_owner_ids=members,
            from_group_ids=before,
            group_ids=groups,
            reason=reason,
        )
    ]


def groups_of(customer: Customer) -> tuple[str, ...]:
    """The work groups a customer is given to, without its co-owners."""
    return tuple(group for group in customer.group_ids if group not in customer.co_owner_ids)
