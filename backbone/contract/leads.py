"""Events of leads: somebody who may become a customer, from first sight to conversion."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backbone.contract.envelope import OwnedEvent
from backbone.contract.fields import (
    Amount,
    Code,
    Currency,
    CustomerId,
    DealId,
    Id,
    Moment,
    ProductIds,
    Reason,
    SalesLeadId,
    Seconds,
)


class LeadEvent(OwnedEvent):
    """What every event of a lead carries."""

    topic: ClassVar[str] = "leads"
    key_field: ClassVar[str] = "lead_id"
    subject_field: ClassVar[str] = "lead_id"

    lead_id: SalesLeadId


class DescribedLead(LeadEvent):
    """What an event carries that tells what a lead is about."""

    rules: ClassVar[tuple[str, ...]] = ("value_estimate needs its currency.",)

    campaign: Code | None = Field(default=None, description="The campaign it answers to.")
    territory: Code | None = Field(default=None, description="The sales territory it lies in.")
    industry: Code | None = Field(default=None, description="The industry it works in.")
    product_ids: ProductIds = ()
    value_estimate: Amount | None = Field(
        default=None, description="What it may be worth, in minor units of the currency."
    )
    currency: Currency | None = None

    @model_validator(mode="after")
    def _money_has_a_currency(self) -> Self:
        if self.value_estimate is not None and self.currency is None:
            raise PydanticCustomError("no_currency", "Give the currency of value_estimate", {"field": "currency"})
        return self


class LeadCreated(DescribedLead):
    """A lead came in."""

    type: ClassVar[str] = "lead-created"

    channel: Code = Field(description="How it came in: web, phone, dealer, fair, referral, import or another code.")


class LeadAssigned(LeadEvent):
    """A lead was given to a member by a manager or a rule."""

    type: ClassVar[str] = "lead-assigned"

    owner_id: Id = Field(description="The member who owns it from now on.")
    from_owner_id: Id | None = Field(
        default=None, description="The member who owned it before; null when it had no owner."
    )
    from_team_id: Id | None = Field(default=None, description="The team it counted for before.")
    rule: Code | None = Field(
        default=None, description="The assignment rule that chose the member; null when a person did."
    )
    rules_version: int | None = Field(default=None, ge=1, le=1_000_000, description="Version of the rules it stood in.")
    reason: Reason | None = Field(
        default=None, description="How he was chosen: round-robin, least-open, capacity, by-hand or another code."
    )


class LeadClaimed(LeadEvent):
    """A member took a lead out of the public pool."""

    type: ClassVar[str] = "lead-claimed"

    owner_id: Id = Field(description="The member who took it.")
    pool: Code | None = Field(default=None, description="The pool it was taken from.")


class LeadReleased(LeadEvent):
    """A member gave a lead back to the public pool."""

    type: ClassVar[str] = "lead-released"

    from_owner_id: Id = Field(description="The member who gave it back.")
    from_team_id: Id | None = Field(default=None, description="The team it counted for before.")
    pool: Code | None = Field(default=None, description="The pool it went to.")
    reason: Reason | None = None


class LeadRecycled(LeadEvent):
    """A lead fell back to the public pool because its owner left it alone for too long."""

    type: ClassVar[str] = "lead-recycled"

    from_owner_id: Id | None = Field(description="The member who owned it before.")
    from_team_id: Id | None = Field(default=None, description="The team it counted for before.")
    pool: Code | None = Field(default=None, description="The pool it went to.")
    idle_seconds: Seconds | None = Field(default=None, description="How long nothing had happened to it.")
    reason: Reason | None = None


class LeadIdle(LeadEvent):
    """A lead was left alone for so long that somebody is reminded of it."""

    type: ClassVar[str] = "lead-idle"

    owner_id: Id = Field(description="The member who owns it.")
    level: Literal["owner", "manager"] = Field(description="Who is reminded: its owner, later his manager.")
    idle_seconds: Seconds = Field(description="How long nothing had happened to it.")
    recycles_at: Moment | None = Field(
        default=None, description="When it goes to the public pool unless somebody is in touch before."
    )


class LeadRevised(DescribedLead):
    """What is known of a lead changed; the event carries what holds from now on."""

    type: ClassVar[str] = "lead-revised"

    grade: Literal["A", "B", "C"] | None = Field(default=None, description="How important it is.")


class LeadInquired(LeadEvent):
    """A known lead came in again and went into itself: somebody asked once more."""

    type: ClassVar[str] = "lead-inquired"

    channel: Code = Field(description="How it came in this time.")
    campaign: Code | None = Field(default=None, description="The campaign it answers to this time.")


class LeadContactErased(LeadEvent):
    """What was known of a person at a lead was erased; whoever has a copy erases it too."""

    type: ClassVar[str] = "lead-contact-erased"

    contact_id: Id = Field(description="The person, by an id that names nobody.")
    reason: Reason | None = None


class LeadQualified(LeadEvent):
    """A lead was found worth selling to."""

    type: ClassVar[str] = "lead-qualified"

    score: int | None = Field(default=None, ge=0, le=100, description="How promising it is, 0 to 100.")
    reason: Reason | None = None


class LeadDisqualified(LeadEvent):
    """A lead was found not worth selling to."""

    type: ClassVar[str] = "lead-disqualified"

    reason: Reason


class LeadReopened(LeadEvent):
    """A lead that had been found not worth selling to is looked at again."""

    type: ClassVar[str] = "lead-reopened"

    reason: Reason | None = None


class LeadMerged(LeadEvent):
    """A lead turned out to be the same as another one and went into it."""

    type: ClassVar[str] = "lead-merged"

    lead_id: SalesLeadId = Field(description="The lead that is gone.")
    into_lead_id: Id = Field(description="The lead that stays.")


class LeadUnmerged(LeadEvent):
    """A merge was taken back: the lead is one of its own again, as it was before."""

    type: ClassVar[str] = "lead-unmerged"

    lead_id: SalesLeadId = Field(description="The lead that is back.")
    from_lead_id: Id = Field(description="The lead it had gone into.")
    reason: Reason | None = None


class LeadConverted(LeadEvent):
    """A lead became a customer."""

    type: ClassVar[str] = "lead-converted"

    customer_id: CustomerId
    deal_id: DealId | None = Field(default=None, description="The deal that was opened with it.")
    age_seconds: Seconds | None = Field(default=None, description="How long after its creation.")
