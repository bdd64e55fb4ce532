"""Events of alerts: something needs a person's eye, or needs it no longer."""

from typing import Annotated, ClassVar

from pydantic import Field

from backbone.contract.envelope import EventId, OwnedEvent
from backbone.contract.fields import Code, JoinedId, Moment, Reason, Text

FactValue = Annotated[int, Field(ge=-(2**53), le=2**53)] | float | bool | Text | None


class AlertEvent(OwnedEvent):
    """What every event of an alert carries."""

    topic: ClassVar[str] = "alerts"
    key_field: ClassVar[str] = "subject"
    subject_field: ClassVar[str] = "subject"

    alert_id: JoinedId = Field(description="The alert; the same subject, clock and level always make the same id.")
    kind: Code = Field(description="What rule or clock it comes from, such as first-reply.")
    level: Code = Field(description="How urgent: warning, breach or an escalation.")
    subject: JoinedId = Field(description="Id of what it is about, such as a complaint.")


class AlertRaised(AlertEvent):
    """Something needs a person's eye."""

    type: ClassVar[str] = "alert-raised"

    due_at: Moment | None = Field(default=None, description="When the clock behind it runs out.")
    effective_at: Moment = Field(description="The moment it holds from, however late it was noticed.")
    facts: dict[Code, FactValue] = Field(
        default_factory=dict, max_length=50, description="What a person needs to know, by name."
    )
    event_ids: Annotated[tuple[EventId, ...], Field(strict=False, max_length=100)] = Field(
        default=(), description="The events it rests on."
    )


class AlertCleared(AlertEvent):
    """Something that needed a person's eye needs it no longer."""

    type: ClassVar[str] = "alert-cleared"

    reason: Reason
