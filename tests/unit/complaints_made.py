"""A complaint for unit tests, and the ways to change one."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backbone.problems import Refused
from services.activities.domain import complaint as complaints
from services.activities.domain import merging, opening
from services.activities.domain.moving import Decided, Move
from services.activities.domain.opening import Choice
from services.activities.domain.policy import Terms
from services.activities.domain.story import (
    Assignment,
    Complaint,
    State,
)

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(days=7)
LI = Choice(owner_id="li", team_id="north", assignment=Assignment(reason="own"))
WANG = Choice(owner_id="wang", team_id="south", assignment=Assignment(reason="ill"))

RAISED = Complaint(
    complaint_id="complaint-1",
    owner_id=None,
    team_id=None,
    customer_id="customer-1",
    channel="phone",
    since=OPENED,
    owned_since=OPENED,
    opened_at=OPENED,
    recorded_at=OPENED,
)

COMPLAINT, _ = opening.open_complaint(RAISED, NOW, LI)

WHOSE: dict[str, Any] = {
    "complaint_id": "complaint-1",
    "customer_id": "customer-1",
    "owner_id": "li",
    "team_id": "north",
}

TERMS = Terms(policy_id="a-high", policy_version=2, first_reply_seconds=14_400, resolution_seconds=172_800)

MOVES: dict[Move, Callable[[Complaint, datetime, datetime], Decided]] = {
    "assign": lambda was, at, now: opening.assign(was, at, now, choice=WANG if was.owner_id != "wang" else LI),
    "judge": lambda was, at, now: opening.judge(was, at, now, member_id="li", judged={"severity": "high"}, terms=TERMS),
    "pause": lambda was, at, now: complaints.pause(was, at, now, member_id="li", reason="waits-for-customer"),
    "resume": lambda was, at, now: complaints.resume(was, at, now, member_id="li"),
    "resolve": lambda was, at, now: complaints.resolve(was, at, now, member_id="li"),
    "reopen": complaints.reopen,
    "close": lambda was, at, now: complaints.close(was, at, now, reason="withdrawn"),
    "merge": lambda was, at, now: merging.merge(was, at, now, into_id="complaint-2", member_id="li"),
}

WAY_TO: dict[State, Sequence[Move]] = {
    "open": ("pause", "resume"),
    "paused": ("pause",),
    "resolved": ("resolve",),
    "closed": ("close",),
    "merged": ("merge",),
}


def hours(count: float) -> datetime:
    return OPENED + timedelta(hours=count)


def in_state(state: State, since: datetime = OPENED, was: Complaint = COMPLAINT) -> Complaint:
    for move in WAY_TO[state]:
        was, _ = MOVES[move](was, since, NOW)
    return was


def code(move: Callable[[], object]) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        move()
    return refused.value.code, refused.value.field


def differ(after: Complaint, before: Complaint) -> dict[str, object]:
    """The fields a move changed, but for its place in the story."""
    names = [name for name in Complaint.__dataclass_fields__ if name != "steps"]
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}
