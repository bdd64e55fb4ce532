"""What a deal is worth, when it will be decided, what is in it, who shares it, who else wants it, whose it is.

The amount is stated, or it is the sum of the lines: whoever states one takes it out of the lines'
hands, whoever gives lines without an amount puts it back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from backbone.contract.deals import DealOwnerChanged, DealRevised
from backbone.moments import check_happened
from backbone.problems import Refused
from services.customers.domain.deal import (
    Competitor,
    Credit,
    Deal,
    Decided,
    Line,
    check_credits,
    check_open,
    check_order,
    told_credits,
    told_lines,
    whose,
    worth,
)

MOST_AMOUNT: Final = 10**15
"""The contract's bound: what every JSON reader keeps exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What is new of a deal; None leaves a value as it is."""

    name: str | None = None
    customer_id: str | None = None
    amount: int | None = None
    expected_close_on: date | None = None
    product_ids: tuple[str, ...] | None = None
    lines: tuple[Line, ...] | None = None
    credits: tuple[Credit, ...] | None = None
    competitors: tuple[Competitor, ...] | None = None
    group_ids: tuple[str, ...] | None = None


def sum_of(lines: Sequence[Line]) -> int:
    """What lines are worth together.

    Raises:
        Refused: more than an amount may be.
    """
    total = sum(line.amount for line in lines)
    if total > MOST_AMOUNT:
        raise Refused("too-much", f"The lines are worth more than {MOST_AMOUNT} minor units together.", field="/lines")
    return total


def revise(deal: Deal, at: datetime, now: datetime, *, new: Revision, reason: str | None = None) -> Decided:
    """Correct what a deal is worth, when it will be decided, what is in it, who shares it, who else wants it.

    Raises:
        Refused: the deal is not open, nothing is new, another customer is named than the one it has,
            the credits do not add up, or `at` does not lie between its latest change and now.
    """
    check_open(deal)
    check_order(deal, at, now)
    check_credits(new.credits or ())
    if deal.customer_id is not None and new.customer_id not in (None, deal.customer_id):
        raise Refused("other-customer", "A deal stays with its customer; open another one.", field="/customer_id")
    revised = _revised(deal, new)
    if revised == deal:
        raise Refused("nothing-new", "Give what is new: an amount, an expected_close_on, lines or another field.")
    return replace(revised, changed_at=at), [
        DealRevised(
            **whose(revised),
            **worth(revised),
            from_amount=deal.amount,
            from_expected_close_on=deal.expected_close_on,
            expected_close_on=revised.expected_close_on,
            lines=None if new.lines is None else told_lines(new.lines),
            credits=None if new.credits is None else told_credits(new.credits),
            competitors=None if new.competitors is None else tuple(one.competitor for one in new.competitors),
            group_ids=new.group_ids,
            reason=reason,
        )
    ]


def _revised(deal: Deal, new: Revision) -> Deal:
    lines = deal.lines if new.lines is None else new.lines
    stated = new.amount is not None or (deal.amount_stated and not new.lines)
    amount = deal.amount if new.amount is None else new.amount
    return replace(
        deal,
        name=new.name or deal.name,
        customer_id=new.customer_id or deal.customer_id,
        product_ids=deal.product_ids if new.product_ids is None else new.product_ids,
        amount=amount if stated or not lines else sum_of(lines),
        amount_stated=stated or not lines,
        expected_close_on=new.expected_close_on or deal.expected_close_on,
        lines=lines,
        credits=deal.credits if new.credits is None else new.credits,
        competitors=deal.competitors if new.competitors is None else new.competitors,
        group_ids=deal.group_ids if new.group_ids is None else new.group_ids,
    )


def change_owner(
    deal: Deal, at: datetime, now: datetime, *, owner_id: str, team_id: str | None, reason: str | None = None
) -> Decided:
    """Give a deal to another member, with its quotes, contracts and what is still owed.

    Args:
        deal: as it stands, also decided.
        at: when it went over.
        now: the present instant.
        owner_id: who has it from now on.
        team_id: his team.
        reason: why, as a code.

    Raises:
        Refused: he has it already, or `at` lies in the future.
    """
    check_happened(at, now)
    if owner_id == deal.owner_id:
        raise Refused("owned-before", f"Member {owner_id!r} has this deal already.", field="/owner_id")
    given = replace(deal, owner_id=owner_id, team_id=team_id)
    return given, [
        DealOwnerChanged(
            **whose(given),
            **worth(given),
            from_owner_id=deal.owner_id,
            from_team_id=deal.team_id,
            reason=reason,
        )
    ]
