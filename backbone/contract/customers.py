"""Events of customers: who they are to us, who owns them, whom we know there."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from backbone.contract.envelope import OwnedEvent
from backbone.contract.fields import Code, CustomerId, Day, Id, Reason, SalesLeadId

Codes = Annotated[tuple[Code, ...], Field(strict=False, max_length=100)]
Ids = Annotated[tuple[Id, ...], Field(strict=False, max_length=100)]


class CustomerEvent(OwnedEvent):
    """What every event of a customer carries."""

    topic: ClassVar[str] = "customers"
    key_field: ClassVar[str] = "customer_id"
    subject_field: ClassVar[str] = "customer_id"

    customer_id: CustomerId


class CustomerCreated(CustomerEvent):
    """A customer was entered."""

    type: ClassVar[str] = "customer-created"

    lead_id: SalesLeadId | None = Field(default=None, description="The lead it came from.")
    parent_customer_id: Id | None = Field(default=None, description="The customer it is a subsidiary of.")
    channel: Code | None = Field(
        default=None, description="How it came to us: web, phone, dealer, fair, referral, import or another code."
    )
    grade: Code | None = Field(default=None, description="How important it is, such as A, B or C.")
    territory: Code | None = Field(default=None, description="The sales territory it lies in.")
    industry: Code | None = Field(default=None, description="The industry it works in.")


class CustomerGraded(CustomerEvent):
    """A customer moved from one grade to another."""

    type: ClassVar[str] = "customer-graded"

    from_grade: Code | None = Field(description="The grade before; null when it had none.")
    to_grade: Code = Field(description="The grade from now on.")
    reason: Reason | None = None
    graded_by: Literal["hand", "rule"] | None = Field(default=None, description="Whether a person or a rule said so.")
    holds_until_on: Day | None = Field(
        default=None, description="The last day on which no rule changes a grade given by hand."
    )


class CustomerRevised(CustomerEvent):
    """What is known of a customer was corrected."""

    type: ClassVar[str] = "customer-revised"

    changed: Codes = Field(description="Names of the fields that changed; those of a person carry no values.")
    from_territory: Code | None = Field(default=None, description="The sales territory before.")
    territory: Code | None = Field(default=None, description="The sales territory from now on.")
    from_industry: Code | None = Field(default=None, description="The industry before.")
    industry: Code | None = Field(default=None, description="The industry from now on.")
    reason: Reason | None = None


class CustomerTagged(CustomerEvent):
    """Tags were put on a customer or taken off."""

    type: ClassVar[str] = "customer-tagged"

    added: Codes = Field(default=(), description="Tags it has from now on.")
    removed: Codes = Field(default=(), description="Tags it has no more.")


class CustomerParentChanged(CustomerEvent):
    """A customer went to another place in its group of companies."""

    type: ClassVar[str] = "customer-parent-changed"

    from_parent_customer_id: Id | None = Field(default=None, description="The customer it was a subsidiary of before.")
    parent_customer_id: Id | None = Field(default=None, description="The customer it is a subsidiary of from now on.")
    reason: Reason | None = None


class CustomerShared(CustomerEvent):
    """A customer got other co-owners, or was given to other work groups."""

    type: ClassVar[str] = "customer-shared"

    from_co_owner_ids: Ids = Field(default=(), description="Members who owned it together with the owner before.")
    co_owner_ids: Ids = Field(default=(), description="Members who own it together with the owner from now on.")
    from_group_ids: Ids = Field(default=(), description="Work groups it was given to before.")
    group_ids: Ids = Field(default=(), description="Work groups it is given to from now on.")
    reason: Reason | None = None


class CustomerOwnerChanged(CustomerEvent):
    """A customer went from one member to another, or to or from the pool."""

    type: ClassVar[str] = "customer-owner-changed"

    from_owner_id: Id | None = Field(description="The member who owned it before; null when nobody did.")
    from_team_id: Id | None = Field(default=None, description="The team it counted for before.")
    reason: Reason | None = None


class CustomerMerged(CustomerEvent):
    """A customer turned out to be the same as another one and went into it."""

    type: ClassVar[str] = "customer-merged"

    customer_id: CustomerId = Field(description="The customer that is gone.")
    into_customer_id: Id = Field(description="The customer that stays.")
    reason: Reason | None = None


class CustomerUnmerged(CustomerEvent):
    """A customer that had been merged by mistake stands on its own again."""

    type: ClassVar[str] = "customer-unmerged"

    customer_id: CustomerId = Field(description="The customer that is back.")
    from_customer_id: Id = Field(description="The customer it had gone into.")
    reason: Reason | None = None


class ContactAdded(CustomerEvent):
    """A contact person of a customer became known."""

    type: ClassVar[str] = "contact-added"

    contact_id: Id = Field(description="The contact; name, phone and mail stay with the customers service.")
    role: Code | None = Field(default=None, description="What the contact does there, such as buyer or decider.")


class ContactRevised(CustomerEvent):
    """What is known of a contact person was corrected."""

    type: ClassVar[str] = "contact-revised"

    contact_id: Id = Field(description="The contact.")
    changed: Codes = Field(description="Names of the fields that changed, without their values.")
    role: Code | None = Field(default=None, description="What the contact does there from now on.")


class ContactRemoved(CustomerEvent):
    """A contact person of a customer is one no longer."""

    type: ClassVar[str] = "contact-removed"

    contact_id: Id = Field(description="The contact.")
    reason: Reason | None = None
