"""Complaints that outside systems tell of, in any order and twice; see `domain.story`."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from backbone.contract.complaints import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintEvent,
    ComplaintJudged,
    ComplaintMerged,
    ComplaintOpened,
    ComplaintPaused,
    ComplaintReopened,
    ComplaintReplied,
    ComplaintResolved,
    ComplaintResumed,
)
from services.activities.domain.story import Assignment, Complaint, Kind, Step, with_steps

KINDS: Final[dict[type[ComplaintEvent], Kind]] = {
    ComplaintOpened: "opened",
    ComplaintJudged: "judged",
    ComplaintAssigned: "assigned",
    ComplaintReplied: "replied",
    ComplaintPaused: "paused",
    ComplaintResumed: "resumed",
    ComplaintResolved: "resolved",
    ComplaintReopened: "reopened",
    ComplaintClosed: "closed",
    ComplaintMerged: "merged",
}
"""Which step an event tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an outside event says beside its data.

    Args:
        event_id: of the event.
        source: who says so.
        at: when it happened, UTC.
        sequence: its version of the complaint; 0 where it tells none.
        recorded_at: when the platform took it, UTC.
    """

    event_id: str
    source: str
    at: datetime
    sequence: int
    recorded_at: datetime


def adopt_step(known: Complaint | None, said: ComplaintEvent, heard: Heard) -> Complaint:
    """The complaint after an outside event, whenever it comes; an event that was heard before changes nothing.

    Args:
        known: the complaint as it stands; None = never heard of.
        said: the event's data.
        heard: what stands around them.

    Raises:
        Refused: the complaint has had too many steps.
    """
    complaint = known or _first_heard(said, heard)
    if any(step.event_id == heard.event_id for step in complaint.steps):
        return complaint
    step = _step(said, heard)
    if isinstance(said, ComplaintOpened):
        present = next((one for one in complaint.steps if one.kind == "opened"), None)
        if present is not None and not _tells_earlier(step, present):
            return complaint
        rest = tuple(one for one in complaint.steps if one.kind != "opened")
        complaint = replace(_introduced(complaint, said, heard), steps=rest)
    if complaint.customer_id is None:
        complaint = replace(complaint, customer_id=said.customer_id)
    told = with_steps(complaint, step)
    judged = [one for one in told.steps if one.kind == "judged"]
    return _measured(told, said) if isinstance(said, ComplaintJudged) and judged[-1] == step else told


def _first_heard(said: ComplaintEvent, heard: Heard) -> Complaint:
    return Complaint(
        complaint_id=said.complaint_id,
        owner_id=said.owner_id,
        team_id=said.team_id,
        customer_id=said.customer_id,
        told_by=heard.source,
        assignment=Assignment(reason="outside"),
        opened_at=heard.at,
        since=heard.at,
        owned_since=heard.at,
        recorded_at=heard.recorded_at,
    )


def _introduced(complaint: Complaint, said: ComplaintOpened, heard: Heard) -> Complaint:
    judged = any(step.kind == "judged" for step in complaint.steps)
    return replace(
        complaint if judged else _measured(complaint, said),
        customer_id=said.customer_id or complaint.customer_id,
        channel=said.channel,
        summary_code=said.summary_code,
        customer_grade=said.customer_grade,
        told_by=heard.source,
    )


def _measured(complaint: Complaint, said: ComplaintOpened | ComplaintJudged) -> Complaint:
    return replace(
        complaint,
        product_id=said.product_id,
        severity=said.severity,
        policy_id=said.policy_id,
        policy_version=said.policy_version,
        first_reply_seconds=said.first_reply_seconds,
        resolution_seconds=said.resolution_seconds,
    )


def _tells_earlier(step: Step, present: Step) -> bool:
    """Whether an opening replaces the one that is known: of two that outside systems tell, the earlier holds."""
    return present.event_id is not None and (step.at, step.place, step.event_id or "") < (
        present.at,
        present.place,
        present.event_id,
    )


def _step(said: ComplaintEvent, heard: Heard) -> Step:
    return Step(
        kind=KINDS[type(said)],
        at=heard.at,
        place=heard.sequence,
        event_id=heard.event_id,
        member_id=getattr(said, "member_id", None),
        reason=getattr(said, "reason", None) or getattr(said, "resolution", None),
        holder=(said.owner_id, said.team_id),
        into_id=getattr(said, "into_complaint_id", None),
        until_at=getattr(said, "until_at", None),
    )
