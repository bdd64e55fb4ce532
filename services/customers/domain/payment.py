"""Money that comes in for a deal, and money nobody knows yet whose it is."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

from backbone.contract.papers import PaymentMatched, PaymentReceived
from backbone.problems import Refused
from services.customers.domain.deal import Deal, Decided, Payment, whose
from services.customers.domain.plan import watched

MOST_PAYMENTS: Final = 100

MatchedBy = Literal["contract-number", "hand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Money from outside that belonged to no deal; `reason` tells why none took it, as a code.

        unmatched --claim--> matching --it is laid to the deal--> matched
                             matching --the deal does not take it--> unmatched

    Who claims it for a deal has it alone, so money never goes to two deals.
    """

    payment_id: str
    owner_id: str | None = None
    team_id: str | None = None
    customer_id: str | None = None
    deal_id: str | None = None
    contract_id: str | None = None
    contract_number: str | None = None
    amount: int
    currency: str
    received_on: date
    due_on: date | None = None
    reason: str
    source: str
    recorded_at: datetime
    state: Literal["unmatched", "matching", "matched"] = "unmatched"
    matched_deal_id: str | None = None
    matched_contract_id: str | None = None
    matched_by: str | None = None

    @property
    def payment(self) -> Payment:
        """The money as a deal takes it."""
        return Payment(
            payment_id=self.payment_id,
            amount=self.amount,
            received_on=self.received_on,
            due_on=self.due_on,
            contract_id=self.matched_contract_id or self.contract_id or self.contract_number,
        )


def receive_payment(deal: Deal, payment: Payment, today: date) -> Decided:
    """Note money that came in for a deal that was won, or that has a signed contract.

    Args:
        deal: as it stands.
        payment: what came in.
        today: the organisation's day.

    Raises:
        Refused: the deal is not won and nothing is signed, the payment is known, it is booked for a
            day to come, or the deal has as many payments as it may have.
    """
    return taken(deal, payment, today), [
        PaymentReceived(
            **whose(deal),
            payment_id=payment.payment_id,
            contract_id=payment.contract_id,
            amount=payment.amount,
            currency=deal.currency,
            received_on=payment.received_on,
            due_on=payment.due_on,
        )
    ]


def match_payment(deal: Deal, payment: Payment, today: date, *, by: MatchedBy) -> Decided:
    """Lay money to a deal that the log has told of before, without the deal.

    Raises:
        Refused: what `receive_payment` refuses.
    """
    return taken(deal, payment, today), [
        PaymentMatched(
            **whose(deal),
            payment_id=payment.payment_id,
            contract_id=payment.contract_id,
            amount=payment.amount,
            currency=deal.currency,
            received_on=payment.received_on,
            matched_by=by,
        )
    ]


def taken(deal: Deal, payment: Payment, today: date) -> Deal:
    """The deal with the money laid to it; nothing is told.

    Raises:
        Refused: what `receive_payment` refuses.
    """
    if deal.state != "won" and all(contract.state != "signed" for contract in deal.contracts):
        raise Refused(
            "not-won", f"Money comes in for a deal that is won or has a signed contract; this one is {deal.state}."
        )
    if holds(deal, payment.payment_id):
        raise Refused("known-payment", f"Payment {payment.payment_id!r} was noted before.", field="/payment_id")
    if payment.received_on > today:
        raise Refused("future-day", "This day has not come yet; note the payment when it is in.", field="/received_on")
    if len(deal.payments) >= MOST_PAYMENTS:
        raise Refused("too-many-payments", f"A deal has {MOST_PAYMENTS} payments at most.")
    return watched(replace(deal, payments=(*deal.payments, payment)))


def holds(deal: Deal, payment_id: str) -> bool:
    """Whether the payment was laid to the deal."""
    return any(known.payment_id == payment_id for known in deal.payments)


def check_currency(deal: Deal, currency: str) -> None:
    """Refuse money in another currency than the deal's: nothing here knows a rate.

    Raises:
        Refused: it is.
    """
    if currency != deal.currency:
        raise Refused(
            "other-currency", f"This deal is in {deal.currency}, the money in {currency}; match it by hand elsewhere."
        )


def claim(money: Unmatched, deal: Deal, today: date, *, contract_id: str | None, by: str) -> Unmatched:
    """Take money for a deal, before it is laid to it.

    Args:
        money: as it stands.
        deal: whose it is.
        today: the organisation's day.
        contract_id: the contract's id or number; as the sender named it by default.
        by: who says so.

    Raises:
        Refused: it does not wait to be matched, it is in another currency, or what `receive_payment` refuses.
    """
    if money.state != "unmatched":
        raise Refused("matched-before", f"This payment was matched with deal {money.matched_deal_id!r} before.")
    check_currency(deal, money.currency)
    taken(deal, money.payment, today)
    return replace(
        money, state="matching", matched_deal_id=deal.deal_id, matched_contract_id=contract_id, matched_by=by
    )


def settle(money: Unmatched, deal: Deal) -> Unmatched:
    """The money once it is laid to the deal it was claimed for."""
    return replace(money, state="matched", customer_id=deal.customer_id, owner_id=deal.owner_id, team_id=deal.team_id)


def release(money: Unmatched, reason: str) -> Unmatched:
    """The money when the deal it was claimed for did not take it after all."""
    return replace(
        money, state="unmatched", matched_deal_id=None, matched_contract_id=None, matched_by=None, reason=reason
    )
