"""Events of what members intend to do: planned visits and follow-ups, keyed by the member who is to do them."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from backbone.contract.activities import ActivityEvent, require_order, require_someone
from backbone.contract.fields import CustomerId, Day, DealId, Id, Moment, Reason, SalesLeadId


class VisitPlanEvent(ActivityEvent):
    """What every later event of a planned visit carries; its first one is `visit-planned`."""

    subject_field: ClassVar[str] = "planned_visit_id"

    planned_visit_id: Id = Field(description="The planned visit.")
    customer_id: CustomerId | None = None
    lead_id: SalesLeadId | None = None


class VisitReplanned(VisitPlanEvent):
    """A planned visit got another time or went to another member."""

    type: ClassVar[str] = "visit-replanned"
    rules: ClassVar[tuple[str, ...]] = ("ends_at not before starts_at.",)

    from_starts_at: Moment = Field(description="When it was to begin before.")
    starts_at: Moment = Field(description="When it is to begin now.")
    ends_at: Moment | None = Field(default=None, description="When it is to end now.")
    from_member_id: Id | None = Field(
        default=None, description="Who was to go before; null when it is the same member."
    )
    reason: Reason | None = None

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        require_order(self.starts_at, self.ends_at, "ends_at")
        return self


class VisitCancelled(VisitPlanEvent):
    """A planned visit will not take place."""

    type: ClassVar[str] = "visit-cancelled"

    reason: Reason


class VisitMissed(VisitPlanEvent):
    """The day of a planned visit ended without it; a phone may still tell of it later."""

    type: ClassVar[str] = "visit-missed"

    starts_at: Moment = Field(description="When it was to begin.")


class FollowUpPlanEvent(ActivityEvent):
    """What every event of a planned follow-up carries."""

    subject_field: ClassVar[str] = "planned_follow_up_id"

    planned_follow_up_id: Id = Field(description="The planned follow-up.")
    customer_id: CustomerId | None = None
    lead_id: SalesLeadId | None = None
    deal_id: DealId | None = Field(default=None, description="The deal it is about.")
    kind: Literal["call", "message", "mail", "meeting", "demo"] = Field(description="By what means.")


class FollowUpPlanned(FollowUpPlanEvent):
    """A member planned to follow up with a customer or a lead."""

    type: ClassVar[str] = "follow-up-planned"
    rules: ClassVar[tuple[str, ...]] = ("At least one of customer_id, lead_id and deal_id.",)

    due_on: Day = Field(description="The day by which it is to be done.")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        require_someone(self.customer_id, self.lead_id, self.deal_id)
        return self


class FollowUpReplanned(FollowUpPlanEvent):
    """A planned follow-up got another day or went to another member."""

    type: ClassVar[str] = "follow-up-replanned"

    from_due_on: Day = Field(description="The day by which it was to be done before.")
    due_on: Day = Field(description="The day by which it is to be done now.")
    from_member_id: Id | None = Field(
        default=None, description="Who was to do it before; null when it is the same member."
    )
    reason: Reason | None = None


class FollowUpCancelled(FollowUpPlanEvent):
    """A planned follow-up is not to be done any more."""

    type: ClassVar[str] = "follow-up-cancelled"

    reason: Reason


class FollowUpMissed(FollowUpPlanEvent):
    """The day of a planned follow-up ended without it."""

    type: ClassVar[str] = "follow-up-missed"

    due_on: Day = Field(description="The day by which it was to be done.")
