"""Customers that may be the same one: who is like whom, how sure it is, and what is refused because of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from backbone.matching import Match, compare, keys_of
from backbone.problems import Refused
from services.customers.domain.customer import Customer
from services.customers.domain.finding import legal_marks, marks

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
    if not (candidates := list(others)):
        return []
    known = marks(customer)
    found = [
        Likeness(other, match)
        for other in candidates
        if other.customer_id != customer.customer_id
        and other.merged_into is None
        and (match := compare(known, marks(other))) is not None
        and match.score >= LEAST_SCORE
    ]
    return sorted(found, key=lambda one: (-one.match.score, one.customer.customer_id))


def refused_by(customer: Customer, policy: Policy | None) -> Sequence[str]:
    """The marks for which a policy refuses a new customer when another one has them (see `check_new`)."""
    return keys_of(marks(customer)) if policy else legal_marks(customer)


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
