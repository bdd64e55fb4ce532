"""Money that comes in for a deal."""

from dataclasses import replace
from datetime import date
from typing import Final

from backbone.contract.deals import PaymentReceived
from backbone.problems import Refused
from services.customers.domain.deal import Deal, Decided, Payment

MOST_PAYMENTS: Final = 100


def receive_payment(deal: Deal, payment: Payment, today: date) -> Decided:
    """Note money that came in for a deal that was won.

    Args:
        deal: as it stands.
        payment: what came in.
        today: the organisation's day.

    Raises:
        Refused: the deal is not won, the payment is known, it is booked for a
            day to come, or the deal has as many payments as it may have.
    """
    if deal.state != "won":
        raise Refused("not-won", f"Money comes in for a deal that is won; this one is {deal.state}.")
    if any(known.payment_id == payment.payment_id for known in deal.payments):
        raise Refused("known-payment", f"Payment {payment.payment_id!r} was noted before.", field="/payment_id")
    if payment.received_on > today:
        raise Refused("future-day", "This day has not come yet; note the payment when it is in.", field="/received_on")
    if len(deal.payments) >= MOST_PAYMENTS:
        raise Refused("too-many-payments", f"A deal has {MOST_PAYMENTS} payments at most.")
    return replace(deal, payments=(*deal.payments, payment)), [
        PaymentReceived(
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            owner_id=deal.owner_id,
            team_id=deal.team_id,
            payment_id=payment.payment_id,
            contract_id=payment.contract_id,
            amount=payment.amount,
            currency=deal.currency,
            received_on=payment.received_on,
            due_on=payment.due_on,
        )
    ]
