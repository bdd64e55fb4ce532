"""Events of the papers behind a deal: quotes, contracts and payments. They stand on the topic of deals."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from backbone.contract.deals import DealEvent
from backbone.contract.envelope import OwnedEvent
from backbone.contract.fields import (
    Amount,
    Count,
    Currency,
    CustomerId,
    Day,
    DealId,
    Id,
    Reason,
)
from backbone.contract.upcast import upcaster

ContractState = Literal["drafted", "submitted", "approved", "signed", "cancelled"]


class QuoteSent(DealEvent):
    """A quote went out to the customer."""

    type: ClassVar[str] = "quote-sent"

    quote_id: Id = Field(description="The quote.")
    revision: Count = Field(default=1, description="Which version of the quote, from 1.")
    amount: Amount = Field(description="Total in minor units of the currency.")
    currency: Currency
    valid_until_on: Day | None = Field(default=None, description="The last day it binds us.")


class QuoteAnswered(DealEvent):
    """The customer answered a quote, or let it expire."""

    type: ClassVar[str] = "quote-answered"

    quote_id: Id = Field(description="The quote.")
    revision: Count = Field(default=1, description="Which version of the quote, from 1.")
    outcome: Literal["accepted", "refused", "expired"] = Field(description="What became of it.")
    amount: Amount = Field(description="Total in minor units of the currency.")
    currency: Currency
    reason: Reason | None = None


class ContractAdvanced(DealEvent):
    """A contract went a step on its way to the signature, or back."""

    type: ClassVar[str] = "contract-advanced"

    contract_id: Id = Field(description="The contract.")
    contract_number: Id | None = Field(default=None, description="Its number, as people and the bank know it.")
    from_state: ContractState | None = Field(default=None, description="Where it stood; null for a new one.")
    to_state: ContractState = Field(description="Where it stands from now on; drafted again means returned.")
    amount: Amount = Field(description="Total in minor units of the currency.")
    currency: Currency
    member_id: Id | None = Field(default=None, description="The member who did it.")
    reason: Reason | None = None


class ContractSigned(DealEvent):
    """A contract was signed by both sides."""

    type: ClassVar[str] = "contract-signed"

    contract_id: Id = Field(description="The contract.")
    contract_number: Id | None = Field(default=None, description="Its number, as people and the bank know it.")
    amount: Amount = Field(description="Total in minor units of the currency.")
    currency: Currency
    signed_on: Day = Field(description="The day of the last signature.")
    starts_on: Day | None = Field(default=None, description="The first day it holds.")
    ends_on: Day | None = Field(default=None, description="The last day it holds.")


class PaymentDue(DealEvent):
    """A payment of a customer fell due."""

    type: ClassVar[str] = "payment-due"

    payment_id: Id = Field(description="The payment.")
    contract_id: Id | None = Field(default=None, description="The contract it is owed by.")
    amount: Amount = Field(description="What is owed, in minor units of the currency.")
    currency: Currency
    due_on: Day = Field(description="The last day to pay in time.")


class PaymentReceived(OwnedEvent):
    """Money of a customer came in."""

    type: ClassVar[str] = "payment-received"
    version: ClassVar[int] = 2
    topic: ClassVar[str] = "deals"
    key_field: ClassVar[str] = "deal_id, else contract_number, contract_id or payment_id"
    subject_field: ClassVar[str] = "deal_id or payment_id"

    payment_id: Id = Field(description="The payment.")
    deal_id: DealId | None = Field(
        default=None, description="The deal; null while nobody knows it: the contract's number may tell."
    )
    customer_id: CustomerId | None = Field(default=None, description="The customer; null while nobody knows it.")
    contract_id: Id | None = Field(default=None, description="The contract it was owed by.")
    contract_number: Id | None = Field(default=None, description="The contract's number, as the bank tells it.")
    amount: Amount = Field(description="What came in, in minor units of the currency.")
    currency: Currency
    received_on: Day = Field(description="The day it was booked.")
    due_on: Day | None = Field(default=None, description="The last day to pay in time.")

    def partition_key(self) -> str:
        """The deal, else what may tell it."""
        return self.deal_id or self.contract_number or self.contract_id or self.payment_id

    def subject_id(self) -> str:
        """The deal, else the payment itself."""
        return self.deal_id or self.payment_id


@upcaster("payment-received", 1)
def _payment_of_a_deal(data: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 always named the deal; nothing else differs."""
    return dict(data)


class PaymentMatched(DealEvent):
    """Money that had come in from outside was found to belong to a deal."""

    type: ClassVar[str] = "payment-matched"

    payment_id: Id = Field(description="The payment.")
    contract_id: Id | None = Field(default=None, description="The contract it was owed by.")
    amount: Amount = Field(description="What came in, in minor units of the currency.")
    currency: Currency
    received_on: Day = Field(description="The day it was booked.")
    matched_by: Literal["contract-number", "hand"] = Field(description="How it was found.")
