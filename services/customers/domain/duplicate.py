"""Customers that may be the same one: who is like whom, how sure it is, and what is refused because of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from backbone.matching import Match, compare
from backbone.problems import Refused
from services.customers.domain.customer import Customer
from services.customers.domain.finding import marks

Policy = Literal["refuse", "allow"]
"""What happens to a new customer that matches another one exactly: it is refused, or entered all the same."""

LEAST_SCORE: Final = 0.3
"""Less sure than this is not worth a look."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Another customer that may be the same one."""

    customer: Customer
    match: Match


def likenesses(customer: Customer, others: Iterable[Customer]) -> list[Likeness]:
    """Those of some customers that may be the same as one, the surest first."""
    known = marks(customer)
    found = [
        Likeness(other, match)
        for other in others
        if other.customer_id != customer.customer_id
        and other.merged_into is None
        and (match := compare(known, marks(other))) is not None
        and match.score >= LEAST_SCORE
    ]
    return sorted(found, key=lambda one: (-one.match.score, one.customer.customer_id))


def check_new(customer: Customer, policy: Policy | None, others: Iterable[Customer]) -> None:
    """Refuse a new customer that is there already.

    Args:
        customer: the new one.
        policy: None refuses the same tax id only, which no two firms have.
        others: candidates.

    Raises:
        Refused: it is there; the message tells who has it, so that two members do not work on one firm.
    """
    if policy == "allow":
        return
    for one in likenesses(customer, others):
        if (policy == "refuse" and one.match.exact) or "same-tax-id" in one.match.reasons:
            raise Refused(
                "duplicate",
                f"This customer is there already ({', '.join(one.match.reasons)}), owned by member "
                f"{one.customer.owner_id!r}; ask for it, or send duplicates: allow.",
            )
