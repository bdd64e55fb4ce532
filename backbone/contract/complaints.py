"""Events of complaints: from the first word to the customer's own mark."""

from typing import ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backbone.contract.envelope import OwnedEvent
from backbone.contract.fields import Code, Count, CustomerId, Id, MemberId, Moment, Reason, Seconds


class ComplaintEvent(OwnedEvent):
    """What every event of a complaint carries."""

    topic: ClassVar[str] = "complaints"
    key_field: ClassVar[str] = "complaint_id"
    subject_field: ClassVar[str] = "complaint_id"

    complaint_id: Id = Field(description="The complaint.")
    customer_id: CustomerId | None = Field(default=None, description="The customer who complains.")


class Measured(ComplaintEvent):
    """What tells by which service-level policy a complaint is measured, and how long things may take by it."""

    policy_id: Id | None = Field(
        default=None, description="The service-level policy that holds; null for the organisation's usual one."
    )
    policy_version: Count | None = Field(default=None, description="Which version of the policy that is.")
    first_reply_seconds: Seconds | None = Field(
        default=None, description="How long the first reply may take; null where the policy does not say."
    )
    resolution_seconds: Seconds | None = Field(
        default=None, description="How long the solution may take; null where the policy does not say."
    )


class ComplaintOpened(Measured):
    """A customer complained."""

    type: ClassVar[str] = "complaint-opened"

    product_id: Id | None = Field(default=None, description="The product it is about.")
    channel: Code = Field(description="How it came in: web, phone, visit, import or another code.")
    severity: Code | None = Field(default=None, description="How bad it is; null while nobody has judged.")
    summary_code: Code | None = Field(default=None, description="What it is about, as a code of the organisation.")
    customer_grade: Code | None = Field(
        default=None, description="The customer's grade by which the policy was chosen."
    )
    rule_id: Id | None = Field(
        default=None, description="The assignment rule that holds for it; null where none was asked."
    )
    assignment: Code | None = Field(
        default=None,
        description="Why it has its owner or none: named, own, round-robin, least-open, no-rule, nobody-on-duty "
        "(it lies with the team's leader).",
    )


class ComplaintJudged(Measured):
    """Somebody judged how bad a complaint is, or what it is about; another policy may hold from now on."""

    type: ClassVar[str] = "complaint-judged"

    member_id: MemberId | None = Field(default=None, description="The member who judged; null when a rule did.")
    severity: Code | None = Field(default=None, description="How bad it is from now on.")
    product_id: Id | None = Field(default=None, description="The product it is about.")


class ComplaintAssigned(ComplaintEvent):
    """A complaint was given to a member to answer."""

    type: ClassVar[str] = "complaint-assigned"

    owner_id: Id = Field(description="The member who has it from now on.")
    from_owner_id: Id | None = Field(default=None, description="The member who had it before.")
    from_team_id: Id | None = Field(default=None, description="The team it counted for before.")
    reason: Reason | None = None
    rule_id: Id | None = Field(default=None, description="The rule that chose him; null when somebody did.")


class ComplaintReplied(ComplaintEvent):
    """A member answered the customer who complains."""

    type: ClassVar[str] = "complaint-replied"

    member_id: MemberId
    channel: Code | None = Field(default=None, description="How the answer went out.")


class ComplaintPaused(ComplaintEvent):
    """Work on a complaint waits for something outside, such as the customer."""

    type: ClassVar[str] = "complaint-paused"

    member_id: MemberId
    reason: Reason
    until_at: Moment | None = Field(default=None, description="When it goes on by itself.")


class ComplaintResumed(ComplaintEvent):
    """Work on a complaint goes on after a pause."""

    type: ClassVar[str] = "complaint-resumed"

    member_id: MemberId | None = Field(
        default=None, description="The member who took it up; null when it went on by itself."
    )
    paused_seconds: Seconds | None = Field(default=None, description="How long the pause was.")


class ComplaintResolved(ComplaintEvent):
    """A member solved what a customer complained about."""

    type: ClassVar[str] = "complaint-resolved"

    member_id: MemberId
    resolution: Code | None = Field(default=None, description="What was done, as a code of the organisation.")


class ComplaintReopened(ComplaintEvent):
    """A complaint that had been resolved or closed is open again."""

    type: ClassVar[str] = "complaint-reopened"

    member_id: MemberId | None = Field(
        default=None, description="The member who reopened it; null when the customer did."
    )
    reason: Reason | None = None


class ComplaintClosed(ComplaintEvent):
    """A complaint was put away."""

    type: ClassVar[str] = "complaint-closed"

    member_id: MemberId | None = Field(default=None, description="The member who closed it; null when a rule did.")
    reason: Reason | None = None


class ComplaintMerged(ComplaintEvent):
    """A complaint turned out to be the same as another one and went into it."""

    type: ClassVar[str] = "complaint-merged"

    complaint_id: Id = Field(description="The complaint that is gone.")
    into_complaint_id: Id = Field(description="The complaint that stays.")
    member_id: MemberId | None = None


class SatisfactionRated(OwnedEvent):
    """A customer gave a mark for a complaint's handling or for a visit."""

    type: ClassVar[str] = "satisfaction-rated"
    rules: ClassVar[tuple[str, ...]] = ("Exactly one of complaint_id and visit_id.",)
    topic: ClassVar[str] = "complaints"
    key_field: ClassVar[str] = "complaint_id or visit_id"
    subject_field: ClassVar[str] = "survey_id"

    survey_id: Id = Field(description="The survey.")
    complaint_id: Id | None = Field(default=None, description="The complaint it is about.")
    visit_id: Id | None = Field(default=None, description="The visit it is about, when it is not about a complaint.")
    customer_id: CustomerId | None = Field(default=None, description="The customer who gave it.")
    score: int = Field(ge=1, le=5, description="The mark, 1 (worst) to 5 (best).")
    of_member_id: Id | None = Field(default=None, description="The member whose work it is about.")

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Self:
        if (self.complaint_id is None) == (self.visit_id is None):
            raise PydanticCustomError(
                "no_counterpart", "Give either complaint_id or visit_id", {"field": "complaint_id"}
            )
        return self

    def partition_key(self) -> str:
        """The complaint it is about, else the visit."""
        return self.complaint_id or self.visit_id or ""
