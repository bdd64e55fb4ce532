"""What a contract plans to be paid, what of it was, what is still owed, and since when.

Payments are laid against the instalments of a contract in the order these are due. A payment that
names no contract belongs to the deal's only signed one; where there are several, it is laid against none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from backbone.money import split
from backbone.problems import Refused
from services.customers.domain.deal import Contract, Deal, Instalment

MOST_INSTALMENTS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One instalment as it is asked for: an amount in minor units, or a share of the contract's."""

    payment_id: str
    due_on: date
    amount: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An instalment, and what of it came in; minor units of the deal's currency."""

    contract: Contract
    instalment: Instalment
    paid: int

    @property
    def left(self) -> int:
        """What is still to come."""
        return self.instalment.amount - self.paid

    def days_overdue(self, today: date) -> int:
        """How many days after its last day to pay it is not paid; 0 before, and when it is."""
        return max(0, (today - self.instalment.due_on).days) if self.left else 0


def plan_of(amount: int, parts: Sequence[Part]) -> tuple[Instalment, ...]:
    """The instalments of a contract in the order they are due; their sum is its amount, exactly.

    Args:
        amount: the contract's, in minor units.
        parts: either all with an amount or all with a share; shares are split to the last unit
            (largest remainders, `backbone.money.split`).

    Raises:
        Refused: amounts and shares are mixed, or they do not add up.
    """
    ordered = sorted(parts, key=lambda part: (part.due_on, part.payment_id))
    if len({part.payment_id for part in ordered}) < len(ordered):
        raise Refused("instalment-twice", "Name every instalment once.", field="/plan")
    amounts = [part.amount for part in ordered if part.amount is not None]
    shares = [part.share for part in ordered if part.share is not None]
    if len(amounts) + len(shares) != len(ordered) or (amounts and shares):
        raise Refused("mixed-plan", "Give every instalment an amount, or every one a share.", field="/plan")
    if shares:
        if abs(sum(shares) - 1) > SHARE_TOLERANCE:
            raise Refused("bad-shares", "The shares of the instalments must add up to 1.", field="/plan")
        amounts = split(amount, shares)
    if ordered and sum(amounts) != amount:
        raise Refused(
            "bad-plan", f"The instalments add up to {sum(amounts)}, the contract's amount is {amount}.", field="/plan"
        )
    return tuple(
        Instalment(payment_id=part.payment_id, due_on=part.due_on, amount=own)
        for part, own in zip(ordered, amounts, strict=True)
    )


SHARE_TOLERANCE: Final = 1e-6


def owed(deal: Deal) -> list[Owed]:
    """Every instalment of the deal's signed contracts, by contract and due day, with what was paid of it."""
    signed = [contract for contract in deal.contracts if contract.state == "signed"]
    return [one for contract in signed for one in _laid(contract, _paid_for(deal, contract, len(signed)))]


def _paid_for(deal: Deal, contract: Contract, signed: int) -> int:
    """What came in for a contract; outside systems may name it by its number."""
    names = {contract.contract_id, contract.number}
    return sum(
        payment.amount
        for payment in deal.payments
        if payment.contract_id in names or (payment.contract_id is None and signed == 1)
    )


def _laid(contract: Contract, paid: int) -> list[Owed]:
    found = []
    for instalment in sorted(contract.plan, key=lambda one: (one.due_on, one.payment_id)):
        part = min(paid, instalment.amount)
        paid -= part
        found.append(Owed(contract=contract, instalment=instalment, paid=part))
    return found


def overdue(deal: Deal, today: date) -> list[Owed]:
    """The instalments that should have been paid before today and are not, the oldest first."""
    late = [one for one in owed(deal) if one.days_overdue(today)]
    return sorted(late, key=lambda one: (one.instalment.due_on, one.instalment.payment_id))


def watched(deal: Deal) -> Deal:
    """The deal with the days its quotes and instalments have to be looked at; called after every change of them."""
    expiring = [
        quote.valid_until_on + timedelta(days=1)
        for quote in deal.quotes
        if quote.state == "sent" and quote.valid_until_on is not None
    ]
    open_parts = [one for one in owed(deal) if one.left]
    falling = [one.instalment.due_on for one in open_parts if not one.instalment.told]
    return replace(
        deal,
        wake_on=min([*expiring, *falling], default=None),
        owed_since=min((one.instalment.due_on for one in open_parts), default=None),
    )
