"""How a complaint is shown: as it stands, every step timed."""

from datetime import datetime, timedelta

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from backbone.bodies import view_of
from backbone.outbox import Saved
from services.activities.domain.story import Complaint, Kind, State, spent_until


class AssignmentView(BaseModel):
    """Why a complaint has its owner, or none."""

    model_config = ConfigDict(from_attributes=True)

    reason: str = Field(
        description="named, own, by-hand or another code when somebody chose; round-robin or least-open when a rule "
        "did; nobody-on-duty: it lies with the team's leader; no-rule; outside."
    )
    rule_id: str | None
    passed_over: list[str] = Field(description="Members the rule had to pass over: off duty, or gone.")


class ReporterView(BaseModel):
    """Who complains."""

    model_config = ConfigDict(from_attributes=True)

    name: str | None
    phone: str | None
    mail: str | None


class Timing(BaseModel):
    """How long everything took until `as_of`, in seconds; the states add up to the time since the opening."""

    as_of: datetime
    open_seconds: int = Field(description="It lay with us: pauses and what came after the solution are not in it.")
    paused_seconds: int
    resolved_seconds: int
    closed_seconds: int
    merged_seconds: int
    first_reply_after_seconds: int | None = Field(description="From the opening to the first reply; null before it.")
    resolved_after_seconds: int | None = Field(
        description="From the opening to the solution that stands, pauses and earlier solutions included; null without."
    )
    first_reply_due_at: datetime | None = Field(
        description="When its policy wants the first reply: round the clock from the opening, pauses do not stop it."
    )


class ComplaintView(BaseModel):
    """A complaint as it stands."""

    complaint_id: str
    version: int = Field(description="Name it when you change the complaint.")
    owner_id: str | None
    team_id: str | None = Field(description="Its owner's team; without an owner, the team whose leader has it.")
    assignment: AssignmentView | None
    customer_id: str | None
    customer_grade: str | None
    territory: str | None
    product_id: str | None
    channel: str | None = Field(description="Null while only later events of an outside complaint were heard.")
    severity: str | None
    summary_code: str | None
    reporter: ReporterView | None = Field(description="Null when nobody told, or when he was forgotten.")
    words: str | None = Field(description="What the customer wrote.")
    erased_at: datetime | None = Field(description="When the reporter was forgotten.")
    told_by: str | None = Field(description="The outside system it came from.")
    policy_id: str | None
    policy_version: int | None
    first_reply_seconds: int | None = Field(description="How long the first reply may take by its policy.")
    resolution_seconds: int | None = Field(description="How long the solution may take by its policy.")
    state: State
    since: datetime = Field(description="When the present state began.")
    opened_at: datetime
    recorded_at: datetime
    first_replied_at: datetime | None
    last_replied_at: datetime | None
    pause_reason: str | None
    resume_at: datetime | None = Field(description="When the pause ends by itself.")
    resolved_at: datetime | None
    resolution: str | None
    close_at: datetime | None = Field(description="When it closes by itself.")
    closed_at: datetime | None
    close_reason: str | None
    merged_into_id: str | None
    times_reopened: int
    article_ids: list[str] = Field(description="Articles of the knowledge base that were used.")
    helped_by_ids: list[str] = Field(description="Those of them that helped.")
    timing: Timing


class StepView(BaseModel):
    """One step of a complaint's story."""

    model_config = ConfigDict(from_attributes=True)

    kind: Kind
    at: datetime
    member_id: str | None
    reason: str | None
    owner_id: str | None = Field(description="Who had it after a step that says so.")
    into_id: str | None
    until_at: datetime | None
    event_id: str | None = Field(description="The outside event that told it; null when it was told here.")


class StoryView(BaseModel):
    """The story of a complaint, earliest step first."""

    complaint_id: str
    version: int
    steps: list[StepView]


def shown(saved: Saved[Complaint], now: datetime, response: Response | None = None) -> ComplaintView:
    """A complaint as the API shows it.

    Args:
        saved: the complaint.
        now: until when its time is counted.
        response: of a write; it is marked when an earlier attempt had made the change.
    """
    return view_of(ComplaintView, saved, response, timing=_timing(saved.state, now))


def story_of(saved: Saved[Complaint]) -> StoryView:
    """A complaint's steps as the API shows them."""
    steps = [
        StepView(
            kind=step.kind,
            at=step.at,
            member_id=step.member_id,
            reason=step.reason,
            owner_id=step.holder[0] if step.holder else None,
            into_id=step.into_id,
            until_at=step.until_at,
            event_id=step.event_id,
        )
        for step in saved.state.steps
    ]
    return StoryView(complaint_id=saved.id, version=saved.version, steps=steps)


def _timing(complaint: Complaint, now: datetime) -> Timing:
    spent = spent_until(complaint, now)
    allowed = complaint.first_reply_seconds
    return Timing(
        as_of=now,
        open_seconds=_seconds(spent["open"]),
        paused_seconds=_seconds(spent["paused"]),
        resolved_seconds=_seconds(spent["resolved"]),
        closed_seconds=_seconds(spent["closed"]),
        merged_seconds=_seconds(spent["merged"]),
        first_reply_after_seconds=_since_opening(complaint, complaint.first_replied_at),
        resolved_after_seconds=_since_opening(complaint, complaint.resolved_at),
        first_reply_due_at=None if allowed is None else complaint.opened_at + timedelta(seconds=allowed),
    )


def _since_opening(complaint: Complaint, at: datetime | None) -> int | None:
    # An outside reply may be told to lie before the opening: it took no time then.
    return None if at is None else _seconds(max(at - complaint.opened_at, timedelta()))


def _seconds(lasted: timedelta) -> int:
    return int(lasted.total_seconds())
