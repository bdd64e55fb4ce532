"""The story of a complaint: its steps in their order, and where they lead.

    open --pause--> paused --resume--> open
    open, paused --resolve--> resolved --reopen--> open
    open, paused, resolved --close--> closed --reopen--> open
    open, paused, resolved --merge--> merged

Members' own moves are checked before they become steps (`domain.complaint`).
Outside systems tell theirs in any order and twice; so where a complaint stands
is always told from its whole story, by one rule for both: the steps in their
order, a step that cannot be made from the state before it leads nowhere. The
same steps give the same complaint, in whatever order they were heard of.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeVar

from backbone.audit import personal
from backbone.problems import Refused

State = Literal["open", "paused", "resolved", "closed", "merged"]
Kind = Literal[
    "opened", "assigned", "replied", "paused", "resumed", "resolved", "reopened", "closed", "merged", "judged"
]

MOST_STEPS: Final = 500
"""Past this a complaint takes no more: its document must stay one that is read and written at once."""

LEADS: Final[Mapping[Kind, tuple[tuple[State, ...], State]]] = {
    "paused": (("open",), "paused"),
    "resumed": (("paused",), "open"),
    "resolved": (("open", "paused"), "resolved"),
    "reopened": (("resolved", "closed"), "open"),
    "closed": (("open", "paused", "resolved"), "closed"),
    "merged": (("open", "paused", "resolved"), "merged"),
}
"""From which states a step leads, and where to; the other kinds leave the state as it is."""

ENDINGS: Final[frozenset[Kind]] = frozenset({"resumed", "resolved", "closed", "merged"})
"""What a member or a timer may do with a complaint also when it has had all its steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened to a complaint.

    `place` orders what happened at one moment: the version an event tells, or the next after all
    for a member's own move. `event_id` names the outside event that told it; None = told here.
    `holder` is who has the complaint after it, where the step says so (his id and team).
    """

    kind: Kind
    at: datetime
    place: int = 0
    event_id: str | None = None
    member_id: str | None = None
    reason: str | None = None
    holder: tuple[str | None, str | None] | None = None
    into_id: str | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Milliseconds a complaint was in each state, up to where its present state began."""

    open: int = 0
    paused: int = 0
    resolved: int = 0
    closed: int = 0
    merged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Why a complaint has its owner, or none.

    `reason` is a code: `named` (by whoever opened it), `own` (the opener's), `round-robin` and
    `least-open` (a rule chose him), `nobody-on-duty` (it lies with the leader of the rule's team),
    `no-rule`, `by-hand`, `outside`. `passed_over` are the members the rule could not take.
    """

    reason: str
    rule_id: str | None = None
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who complains, and how to reach him; these words stay in this service."""

    name: str | None = None
    phone: str | None = None
    mail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint as it stands.

    What its steps tell (from `state` on) is written by `retold` only. `since` is when its present
    state began, `owned_since` its ownership. `told_by` is the outside system that opened it;
    `close_at` is when it closes by itself, `resume_at` when it goes on by itself.
    """

    complaint_id: str
    owner_id: str | None
    team_id: str | None
    customer_id: str | None = None
    product_id: str | None = None
    channel: str | None = None
    severity: str | None = None
    summary_code: str | None = None
    customer_grade: str | None = None
    territory: str | None = None
    policy_id: str | None = None
    policy_version: int | None = None
    first_reply_seconds: int | None = None
    resolution_seconds: int | None = None
    close_after_seconds: int | None = None
    assignment: Assignment | None = None
    reporter: Reporter | None = field(default=None, metadata=personal)
    words: str | None = field(default=None, metadata=personal)
    erased_at: datetime | None = None
    form_id: str | None = None
    told_by: str | None = None
    taken_in_at: datetime | None = None
    article_ids: tuple[str, ...] = ()
    helped_by_ids: tuple[str, ...] = ()
    absorbed_ids: tuple[str, ...] = ()
    opened_at: datetime
    recorded_at: datetime
    steps: tuple[Step, ...] = ()
    state: State = "open"
    since: datetime
    owned_since: datetime
    spent: Spent = Spent()
    first_replied_at: datetime | None = None
    last_replied_at: datetime | None = None
    pause_reason: str | None = None
    resume_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    close_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    merged_into_id: str | None = None
    times_reopened: int = 0


def with_steps(complaint: Complaint, *steps: Step) -> Complaint:
    """The complaint after more steps, wherever in its story they belong.

    Raises:
        Refused: it has had too many.
    """
    ends = all(step.kind in ENDINGS and step.event_id is None for step in steps)
    if len(complaint.steps) + len(steps) > MOST_STEPS and not ends:
        raise Refused("too-many-steps", f"This complaint has had {MOST_STEPS} steps; open a new one.")
    return retold(replace(complaint, steps=tuple(sorted((*complaint.steps, *steps), key=_order))))


def next_place(complaint: Complaint) -> int:
    """The place of a member's move: after everything at its moment."""
    return 1 + max((step.place for step in complaint.steps), default=0)


def retold(complaint: Complaint) -> Complaint:
    """The complaint as its steps tell it, from the opening on.

    A step told to lie before the opening leads nowhere; a reply counts whenever it was given.
    """
    opened_at = next((step.at for step in complaint.steps if step.kind == "opened"), None)
    begin = opened_at or min((step.at for step in complaint.steps), default=complaint.opened_at)
    nobody: dict[str, Any] = {"owner_id": None, "team_id": None} if any(step.holder for step in complaint.steps) else {}
    told = replace(
        complaint,
        **nobody,
        opened_at=begin,
        state="open",
        since=begin,
        owned_since=begin,
        spent=Spent(),
        first_replied_at=None,
        last_replied_at=None,
        **_NOT_WAITING,
        **_NOT_OVER,
        merged_into_id=None,
        times_reopened=0,
    )
    for step in complaint.steps:
        told = _after(told, step)
    return told


def spent_until(complaint: Complaint, as_of: datetime) -> dict[State, timedelta]:
    """How long the complaint was in each state, from its opening until `as_of`.

    What is known to have happened later than `as_of` stays in: a state that began later counts nothing.
    """
    stays: dict[State, timedelta] = {
        "open": timedelta(milliseconds=complaint.spent.open),
        "paused": timedelta(milliseconds=complaint.spent.paused),
        "resolved": timedelta(milliseconds=complaint.spent.resolved),
        "closed": timedelta(milliseconds=complaint.spent.closed),
        "merged": timedelta(milliseconds=complaint.spent.merged),
    }
    stays[complaint.state] += max(as_of - complaint.since, timedelta())
    return stays


_NOT_WAITING: Final[dict[str, Any]] = {"pause_reason": None, "resume_at": None}
_NOT_OVER: Final[dict[str, Any]] = {
    "resolved_at": None,
    "resolution": None,
    "close_at": None,
    "closed_at": None,
    "close_reason": None,
}


def _order(step: Step) -> tuple[bool, datetime, int, str, str]:
    return (step.kind != "opened", step.at, step.place, step.kind, step.event_id or "")


def _after(told: Complaint, step: Step) -> Complaint:
    if step.holder is not None:
        told = _held(told, step, step.holder)
    if step.kind == "replied":
        return replace(
            told,
            first_replied_at=_chosen(min, told.first_replied_at, step.at),
            last_replied_at=_chosen(max, told.last_replied_at, step.at),
        )
    if step.kind not in LEADS or step.at < told.opened_at:
        return told
    froms, to = LEADS[step.kind]
    return _moved(told, step, to) if told.state in froms else told


def _held(told: Complaint, step: Step, holder: tuple[str | None, str | None]) -> Complaint:
    changed = told.owner_id != holder[0] or step.kind in ("opened", "assigned")
    since = max(step.at, told.opened_at) if changed else told.owned_since
    return replace(told, owner_id=holder[0], team_id=holder[1], owned_since=since)


def _moved(told: Complaint, step: Step, to: State) -> Complaint:
    stayed = (step.at - told.since) // timedelta(milliseconds=1)
    moved = replace(
        told,
        state=to,
        since=step.at,
        spent=replace(told.spent, **{told.state: getattr(told.spent, told.state) + stayed}),
        **_NOT_WAITING,
    )
    if to == "paused":
        return replace(moved, pause_reason=step.reason, resume_at=step.until_at)
    if to == "resolved":
        after = told.close_after_seconds
        close_at = None if after is None else step.at + timedelta(seconds=after)
        return replace(moved, resolved_at=step.at, resolution=step.reason, close_at=close_at)
    if to == "closed":
        return replace(moved, closed_at=step.at, close_reason=step.reason, close_at=None)
    if to == "merged":
        return replace(moved, merged_into_id=step.into_id, close_at=None)
    if step.kind == "reopened":
        return replace(moved, **_NOT_OVER, times_reopened=told.times_reopened + 1)
    return moved


T = TypeVar("T", bound=datetime)


def _chosen(choose: Callable[[T, T], T], known: T | None, told: T) -> T:
    return told if known is None else choose(known, told)
