"""Events of deals (opportunities): their way through a pipeline. Quotes, contracts and payments: `papers`.

`pipeline-changed` stands on the same topic: the customers service owns pipelines and writes no other topic that
readers of deals read, and whoever draws a funnel reads this one anyway. Its key is the pipeline, so the changes of one
pipeline keep their order; between a pipeline and its deals there is none, and a reader needs none.
"""

import math
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from backbone.contract.envelope import EventData, OwnedEvent
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
    Text,
)

Direction = Literal["forward", "skip", "back", "mapped"]


class DealEvent(OwnedEvent):
    """What every event of a deal carries."""

    topic: ClassVar[str] = "deals"
    key_field: ClassVar[str] = "deal_id"
    subject_field: ClassVar[str] = "deal_id"

    deal_id: DealId
    customer_id: CustomerId | None = Field(default=None, description="The customer; null while nobody knows it.")


class StageTold(BaseModel):
    """One stage of a pipeline."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    stage: Code = Field(description="Its code, as events of deals name it.")
    name: Text = Field(description="As people read it.")
    probability: Probability = Field(description="How likely a deal in it is to be won, 0 to 1.")
    optional: bool = Field(default=False, description="Whether deals may pass it by without a word.")


class PipelineChanged(EventData):
    """The stages of a pipeline, or their order, are new."""

    type: ClassVar[str] = "pipeline-changed"
    topic: ClassVar[str] = "deals"
    key_field: ClassVar[str] = "pipeline"
    subject_field: ClassVar[str] = "pipeline"

    pipeline: Pipeline
    revision: Count = Field(description="Which version of the pipeline, from 1.")
    stages: Annotated[tuple[StageTold, ...], Field(strict=False, min_length=1, max_length=50)] = Field(
        description="Every stage in its order; won and lost come after the last by themselves."
    )
    moved_stages: dict[Code, Code] = Field(
        default={},
        max_length=200,
        description="By stage that is gone: the stage in which its deals stand from now on.",
    )


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


GroupIds = Annotated[tuple[Id, ...], Field(strict=False, max_length=100)]
Competitors = Annotated[
    tuple[Code, ...], Field(strict=False, max_length=20, description="Who else wants the order, as codes.")
]


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
    direction: Direction | None = Field(
        default=None,
        description="Forward, skip (forward past a stage that is not optional), back, or mapped (its stage is gone).",
    )
    reason: Reason | None = None


class DealRevised(DealEvent):
    """What a deal is worth, when it is expected to close, what it is about or who shares it was revised."""

    type: ClassVar[str] = "deal-revised"

    pipeline: Pipeline
    stage: Code = Field(description="The stage it stands in.")
    from_amount: Amount = Field(description="Value before, in minor units of the currency.")
    amount: DealAmount
    currency: Currency
    from_expected_close_on: Day | None = Field(default=None, description="The day its decision was expected on before.")
    expected_close_on: Day | None = Field(default=None, description="The day its decision is expected on from now on.")
    lines: Lines | None = Field(default=None, description="The products from now on; null when they are as before.")
    credits: Credits | None = Field(
        default=None, description="Who shares the credit from now on; null when it is as before."
    )
    competitors: Competitors | None = Field(
        default=None, description="Who else wants the order from now on; null when it is as before."
    )
    group_ids: GroupIds | None = Field(
        default=None, description="Work groups that share it from now on; null when it is as before."
    )
    reason: Reason | None = None


class DealOwnerChanged(DealEvent):
    """A deal went over to another member."""

    type: ClassVar[str] = "deal-owner-changed"

    pipeline: Pipeline
    stage: Code = Field(description="The stage it stands in, or stood in when it was decided.")
    amount: DealAmount
    currency: Currency
    from_owner_id: Id | None = Field(description="Who had it before; null when nobody had.")
    from_team_id: Id | None = Field(default=None, description="The team it counted for before.")
    reason: Reason | None = None


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

    lost_to: Code | None = Field(default=None, description="The competitor who got the order, as a code.")


class DealReopened(DealEvent):
    """A deal that had been won or lost is open again."""

    type: ClassVar[str] = "deal-reopened"

    pipeline: Pipeline
    from_outcome: Literal["won", "lost"] = Field(description="How it had been decided.")
    stage: Code = Field(description="The stage it stands in again.")
    amount: DealAmount
    currency: Currency
    reason: Reason | None = None
