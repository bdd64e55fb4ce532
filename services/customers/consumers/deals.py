"""Deals, quotes, contracts and payments that outside systems tell of."""

from backbone.contract.deals import (
    DealLost,
    DealOpened,
    DealOwnerChanged,
    DealReopened,
    DealRevised,
    DealWon,
    StageChanged,
)
from backbone.contract.envelope import Envelope
from backbone.contract.papers import ContractSigned, PaymentReceived, QuoteAnswered, QuoteSent
from backbone.inbox import Routes, said_by
from services.customers.desk import Desk
from services.customers.domain.adopted import Told
from services.customers.handlers.adoption import adopt_deal
from services.customers.handlers.payments import adopt_payment

TOLD = (
    DealOpened,
    StageChanged,
    DealRevised,
    DealOwnerChanged,
    DealWon,
    DealLost,
    DealReopened,
    QuoteSent,
    QuoteAnswered,
    ContractSigned,
)


def routes(desk: Desk) -> Routes:
    """What to do with an event of each class."""

    async def on_deal_told(envelope: Envelope) -> None:
        if isinstance(said := envelope.data, Told):
            await adopt_deal(desk, envelope, said)

    async def on_payment_received(envelope: Envelope) -> None:
        if isinstance(said := envelope.data, PaymentReceived):
            await adopt_payment(desk, envelope, said, said_by(envelope))

    return {**dict.fromkeys(TOLD, on_deal_told), PaymentReceived: on_payment_received}
