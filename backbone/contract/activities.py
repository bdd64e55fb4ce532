"""Events of what members do in a day: visits, follow-ups, shifts and reports, keyed by the member who did it."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from backbone.contract.envelope import OwnedEvent
from backbone.contract.fields import (
    Code,
    CustomerId,
    Day,
    DealId,
    Id,
    MemberId,
    Metres,
    Moment,
    Reason,
    SalesLeadId,
    Seconds,
    Sha256,
)


class Place(BaseModel):
    """Where a phone was, by WGS 84."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    lat: float = Field(ge=-90, le=90, description="Latitude in degrees, north is positive.")
    lon: float = Field(ge=-180, le=180, description="Longitude in degrees, east is positive.")
    accuracy_m: Metres | None = Field(default=None, description="Radius of the phone's doubt in metres.")


class PlaceCheck(BaseModel):
    """Whether a phone was where the customer is."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    result: Literal["inside", "outside", "unknown"] = Field(
        description="Inside or outside the customer's circle; unknown when one place is missing."
    )
    distance_m: Metres | None = Field(default=None, description="Distance to the customer in metres.")
    why: Code | None = Field(
        default=None,
        description="What decided it: near, too-far, no-place, customer-not-located, customers-away, mock-location, "
        "clock-off, stale-fix or inaccurate.",
    )


class Photo(BaseModel):
    """A photo by reference: the picture itself stays with whoever stores it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    photo_id: Id = Field(description="Where it is stored, by its id there.")
    sha256: Sha256 = Field(description="SHA-256 of its bytes, hex, so that a swapped picture is noticed.")
    taken_at: Moment = Field(description="When it was taken.")


Photos = Annotated[tuple[Photo, ...], Field(strict=False, max_length=20, description="Photos taken, by reference.")]


class ActivityEvent(OwnedEvent):
    """What every event of a member's work carries; figures of activities count for `member_id`."""

    topic: ClassVar[str] = "activities"
    key_field: ClassVar[str] = "member_id"

    member_id: MemberId = Field(description="The member who did it, for whom it counts.")


class VisitPlanned(ActivityEvent):
    """A member planned to visit a customer or a lead."""

    type: ClassVar[str] = "visit-planned"
    rules: ClassVar[tuple[str, ...]] = ("At least one of customer_id and lead_id.", "ends_at not before starts_at.")
    subject_field: ClassVar[str] = "planned_visit_id"

    planned_visit_id: Id = Field(description="The planned visit.")
    customer_id: CustomerId | None = None
    lead_id: SalesLeadId | None = None
    starts_at: Moment = Field(description="When it is to begin.")
    ends_at: Moment | None = Field(default=None, description="When it is to end.")
    purpose: Code | None = Field(default=None, description="What for.")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        require_someone(self.customer_id, self.lead_id)
        require_order(self.starts_at, self.ends_at, "ends_at")
        return self


class VisitStarted(ActivityEvent):
    """A member checked in at a customer or a lead; the visit counts when it is logged."""

    type: ClassVar[str] = "visit-started"
    rules: ClassVar[tuple[str, ...]] = ("At least one of customer_id and lead_id.",)
    subject_field: ClassVar[str] = "visit_id"

    visit_id: Id = Field(description="The visit.")
    customer_id: CustomerId | None = None
    lead_id: SalesLeadId | None = None
    deal_id: DealId | None = Field(default=None, description="The deal it is about.")
    planned_visit_id: Id | None = Field(default=None, description="The plan it fulfils.")
    started_at: Moment = Field(description="When it began.")
    place: Place | None = Field(default=None, description="Where the phone was.")
    place_check: PlaceCheck | None = Field(default=None, description="Whether that is where the customer is.")
    purpose: Code | None = Field(default=None, description="What for.")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        require_someone(self.customer_id, self.lead_id)
        return self


class VisitLogged(ActivityEvent):
    """A member visited a customer or a lead."""

    type: ClassVar[str] = "visit-logged"
    rules: ClassVar[tuple[str, ...]] = (
        "At least one of customer_id, lead_id and deal_id.",
        "ended_at not before started_at.",
    )
    subject_field: ClassVar[str] = "visit_id"

    visit_id: Id = Field(description="The visit.")
    customer_id: CustomerId | None = None
    lead_id: SalesLeadId | None = None
    deal_id: DealId | None = Field(default=None, description="The deal it was about.")
    planned_visit_id: Id | None = Field(default=None, description="The plan it fulfils.")
    started_at: Moment = Field(description="When it began.")
    ended_at: Moment | None = Field(default=None, description="When it ended.")
    place: Place | None = Field(default=None, description="Where the phone was.")
    place_check: PlaceCheck | None = Field(default=None, description="Whether that is where the customer is.")
    left_place: Place | None = Field(default=None, description="Where the phone was on leaving.")
    left_place_check: PlaceCheck | None = Field(
        default=None, description="Whether the phone was where the customer is on leaving."
    )
    purpose: Code | None = Field(default=None, description="What for.")
    outcome: Code | None = Field(default=None, description="What came of it.")
    next_step: Code | None = Field(
        default=None, description="What is to be done next: visit, call, message, mail, meeting or demo."
    )
    next_step_on: Day | None = Field(default=None, description="The day of the next step agreed upon.")
    photos: Photos = ()

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        require_someone(self.customer_id, self.lead_id, self.deal_id)
        require_order(self.started_at, self.ended_at, "ended_at")
        return self


class VisitVoided(ActivityEvent):
    """A visit that had been logged did not count after all."""

    type: ClassVar[str] = "visit-voided"
    subject_field: ClassVar[str] = "visit_id"

    visit_id: Id = Field(description="The visit.")
    reason: Reason


class FollowUpLogged(ActivityEvent):
    """A member followed up with a customer or a lead by call, message, mail, meeting or demo."""

    type: ClassVar[str] = "follow-up-logged"
    rules: ClassVar[tuple[str, ...]] = ("At least one of customer_id, lead_id and deal_id.",)
    subject_field: ClassVar[str] = "follow_up_id"

    follow_up_id: Id = Field(description="The follow-up.")
    customer_id: CustomerId | None = None
    lead_id: SalesLeadId | None = None
    deal_id: DealId | None = Field(default=None, description="The deal it was about.")
    planned_follow_up_id: Id | None = Field(default=None, description="The plan it fulfils.")
    kind: Literal["call", "message", "mail", "meeting", "demo"] = Field(description="By what means.")
    direction: Literal["outbound", "inbound"] = Field(
        default="outbound", description="Outbound: the member began; inbound: the other side did."
    )
    reached: bool = Field(description="Whether the other side was reached.")
    duration_seconds: Seconds | None = Field(default=None, description="How long it took.")
    outcome: Code | None = Field(default=None, description="What came of it.")
    next_step: Code | None = Field(
        default=None, description="What is to be done next: visit, call, message, mail, meeting or demo."
    )
    next_step_on: Day | None = Field(default=None, description="The day of the next step agreed upon.")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        require_someone(self.customer_id, self.lead_id, self.deal_id)
        return self


class FollowUpVoided(ActivityEvent):
    """A follow-up that had been logged did not count after all."""

    type: ClassVar[str] = "follow-up-voided"
    subject_field: ClassVar[str] = "follow_up_id"

    follow_up_id: Id = Field(description="The follow-up.")
    reason: Reason


class ShiftStarted(ActivityEvent):
    """A member began to work."""

    type: ClassVar[str] = "shift-started"
    subject_field: ClassVar[str] = "shift_id"

    shift_id: Id = Field(description="The shift.")
    place: Place | None = Field(default=None, description="Where the phone was.")


class ShiftEnded(ActivityEvent):
    """A member stopped working."""

    type: ClassVar[str] = "shift-ended"
    subject_field: ClassVar[str] = "shift_id"

    shift_id: Id = Field(description="The shift.")
    place: Place | None = Field(default=None, description="Where the phone was.")
    worked_seconds: Seconds | None = Field(default=None, description="How long the shift was, breaks taken off.")


class ReportFiled(ActivityEvent):
    """A member handed in a report on a span of days."""

    type: ClassVar[str] = "report-filed"
    rules: ClassVar[tuple[str, ...]] = ("to_on not before from_on.",)
    subject_field: ClassVar[str] = "report_id"

    report_id: Id = Field(description="The report.")
    kind: Literal["daily", "weekly", "monthly", "other"] = Field(description="What span it is for.")
    from_on: Day = Field(description="The first day it covers.")
    to_on: Day = Field(description="The last day it covers.")
    due_at: Moment | None = Field(default=None, description="When it had to be in.")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.to_on < self.from_on:
            raise PydanticCustomError("bad_order", "to_on must not lie before from_on", {"field": "to_on"})
        return self


class ReportMissed(ActivityEvent):
    """A report was not in by the hour it was due."""

    type: ClassVar[str] = "report-missed"
    rules: ClassVar[tuple[str, ...]] = ("to_on not before from_on.",)
    subject_field: ClassVar[str] = "report_id"

    report_id: Id = Field(description="The report that is missing; it has this id when it is filed after all.")
    kind: Literal["daily", "weekly", "monthly", "other"] = Field(description="What span it is for.")
    from_on: Day = Field(description="The first day it covers.")
    to_on: Day = Field(description="The last day it covers.")
    due_at: Moment = Field(description="When it had to be in.")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.to_on < self.from_on:
            raise PydanticCustomError("bad_order", "to_on must not lie before from_on", {"field": "to_on"})
        return self


class ReportCommented(ActivityEvent):
    """Somebody above the member, such as his manager, wrote a comment on a report."""

    type: ClassVar[str] = "report-commented"
    subject_field: ClassVar[str] = "report_id"

    report_id: Id = Field(description="The report; the words stay with the activities service.")
    by_member_id: Id | None = Field(default=None, description="Who wrote it; null when a key of nobody's did.")


def require_someone(*ids: str | None) -> None:
    """Raise a pydantic error when nobody is named."""
    if not any(ids):
        raise PydanticCustomError(
            "no_counterpart", "Say with whom: give customer_id or lead_id", {"field": "customer_id"}
        )


def require_order(start: Moment | None, end: Moment | None, field: str) -> None:
    """Raise a pydantic error when the end lies before the start."""
    if start is not None and end is not None and end < start:
        raise PydanticCustomError("bad_order", "{field} must not lie before the start", {"field": field})
