"""Events of deals (opportunities): their way through a pipeline, and the quotes, contracts and payments behind them."""

import math
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from backbone.contract.envelope import OwnedEvent
from backbone.contract.fields import (
    Amount,
    Code,
    Count,
    Currency,
    CustomerId,
    Day,
    DealAmount,
    DealId,
    Id,
    Pipeline,
    Probability,
    ProductIds,
    Reason,
    SalesLeadId,
    Seconds,
    Share,
)


class DealEvent(OwnedEvent):
    """What every event of a deal carries."""

    topic: ClassVar[str] = "deals"
    key_field: ClassVar[str] = "deal_id"
    subject_field: ClassVar[str] = "deal_id"

    deal_id: DealId
    customer_id: CustomerId | None = Field(default=None, description="The customer; null while nobody knows it.")


class DealOpened(DealEvent):
    """A deal entered a pipeline."""

    type: ClassVar[str] = "deal-opened"

    lead_id: SalesLeadId | None = Field(default=None, description="The lead it came from.")
    pipeline: Pipeline
    stage: Code = Field(description="The stage it begins in.")
    amount: DealAmount
    currency: Currency
    probability: Probability | None = Field(default=None, description="How likely it is to be won, 0 to 1.")
    expected_close_on: Day | None = Field(default=None, description="The day it is expected to be decided.")
    product_ids: ProductIds = ()


class StageChanged(DealEvent):
    """A deal moved from one stage of its pipeline to another."""

    type: ClassVar[str] = "stage-changed"

    pipeline: Pipeline
    from_stage: Code = Field(description="The stage it stood in before.")
    to_stage: Code = Field(description="The stage it stands in from now on.")
    amount: DealAmount
    currency: Currency
    probability: Probability | None = Field(default=None, description="How likely it is to be won, 0 to 1.")
    expected_close_on: Day | None = Field(default=None, description="The day it is expected to be decided.")
    seconds_in_from_stage: Seconds | None = Field(default=None, description="How long it stood in the stage before.")
    reason: Reason | None = None


class DealRevised(DealEvent):
    """The amount or the expected close of a deal was revised."""

    type: ClassVar[str] = "deal-revised"

    pipeline: Pipeline
    stage: Code = Field(description="The stage it stands in.")
    from_amount: Amount = Field(description="Value before, in minor units of the currency.")
    amount: DealAmount
    currency: Currency
    from_expected_close_on: Day | None = Field(default=None, description="The day its decision was expected on before.")
    expected_close_on: Day | None = Field(default=None, description="The day its decision is expected on from now on.")
    reason: Reason | None = None


class Line(BaseModel):
    """One product of a deal."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    product_id: Id = Field(description="The product.")
    quantity: Count = Field(description="How many.")
    amount: Amount = Field(description="Value of the whole line in minor units of the deal's currency.")


class Credit(BaseModel):
    """What part of a deal a member is credited with."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    member_id: Id = Field(description="The member.")
    share: Share = Field(description="The part, above 0 and at most 1.")


Lines = Annotated[
    tuple[Line, ...],
    Field(strict=False, max_length=200, description="The products; they need not add up to the amount."),
]
Credits = Annotated[
    tuple[Credit, ...],
    Field(
        strict=False,
        max_length=20,
        description="Who shares the credit; shares add up to 1, and none means the owner alone.",
    ),
]


class DealDecided(DealEvent):
    """What the end of a deal carries, won or lost."""

    rules: ClassVar[tuple[str, ...]] = ("The shares of credits add up to 1, each member stands there once.",)

    pipeline: Pipeline
    stage: Code = Field(description="The stage it stood in when it was decided.")
    amount: DealAmount
    currency: Currency
    lines: Lines = ()
    reason: Reason | None = None
    credits: Credits = ()

    @model_validator(mode="after")
    def _credits_add_up(self) -> Self:
        if not self.credits:
            return self
        if not math.isclose(math.fsum(credit.share for credit in self.credits), 1, abs_tol=1e-6):
            raise PydanticCustomError("bad_credits", "The shares must add up to 1", {"field": "credits"})
        if len({credit.member_id for credit in self.credits}) < len(self.credits):
            raise PydanticCustomError("bad_credits", "Name a member once", {"field": "credits"})
        return self


class DealWon(DealDecided):
    """The customer said yes to a deal."""

    type: ClassVar[str] = "deal-won"


class DealLost(DealDecided):
    """The customer said no to a deal, or it was given up."""

    type: ClassVar[str] = "deal-lost"


class DealReopened(DealEvent):
    """A deal that had been won or lost is open again."""

    type: ClassVar[str] = "deal-reopened"

    pipeline: Pipeline
    from_outcome: Literal["won", "lost"] = Field(description="How it had been decided.")
    stage: Code = Field(description="The stage it stands in again.")
    amount: DealAmount
    currency: Currency
    reason: Reason | None = None


class QuoteSent(DealEvent):
    """A quote went out to the customer."""

    type: ClassVar[str] = "quote-sent"

    quote_id: Id = Field(description="The quote.")
    revision: Count = Field(default=1, description="Which version of the quote, from 1.")
    amount: Amount = Field(description="Total in minor units of the currency.")
    currency: Currency
    valid_until_on: Day | None = Field(default=None, description="The last day it binds us.")


class ContractSigned(DealEvent):
    """A contract was signed by both sides."""

    type: ClassVar[str] = "contract-signed"

    contract_id: Id = Field(description="The contract.")
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


class PaymentReceived(DealEvent):
    """Money of a customer came in."""

    type: ClassVar[str] = "payment-received"

    payment_id: Id = Field(description="The payment.")
    contract_id: Id | None = Field(default=None, description="The contract it was owed by.")
    amount: Amount = Field(description="What came in, in minor units of the currency.")
    currency: Currency
    received_on: Day = Field(description="The day it was booked.")
    due_on: Day | None = Field(default=None, description="The last day to pay in time.")
