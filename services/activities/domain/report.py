"""A report: what a member did in a day, week or month, filled from the facts, with his words and his manager's.

missing (nobody filed it by its hour) -> filed. One member has one report of a kind on a period.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Literal

from backbone.audit import personal
from backbone.contract.activities import ReportCommented, ReportFiled, ReportMissed
from backbone.contract.envelope import EventData
from backbone.contract.ids import derived_event_id
from backbone.problems import Refused
from services.activities.domain.duties import Kind
from services.activities.domain.whose import whose

State = Literal["missing", "filed"]
MOST_COMMENTS: Final = 50

Decided = tuple["Report", list[EventData]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the records say of a member's period, as they stood when they were read.

    `deals` and `figures` come from other services; `missing` names those that did not answer.
    """

    visits: int = 0
    visits_by_outcome: Mapping[str, int] = field(default_factory=dict)
    visits_by_place: Mapping[str, int] = field(default_factory=dict)
    customers_visited: int = 0
    follow_ups: int = 0
    follow_ups_by_kind: Mapping[str, int] = field(default_factory=dict)
    follow_ups_reached: int = 0
    plans_kept: int = 0
    plans_missed: int = 0
    worked_seconds: int = 0
    deals: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody above the member wrote; `by_member_id` is None for a key of nobody's own."""

    by_member_id: str | None
    at: datetime
    text: str = field(metadata=personal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report; `summary` and `plan` are the member's words, `planned` his plans for the time after it."""

    report_id: str
    member_id: str
    owner_id: str
    team_id: str | None
    kind: Kind
    period: str
    from_on: date
    to_on: date
    due_at: datetime | None = None
    state: State
    filed_at: datetime | None = None
    late: bool = False
    facts: Facts | None = None
    summary: str | None = field(default=None, metadata=personal)
    plan: str | None = field(default=None, metadata=personal)
    planned: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    recorded_at: datetime


def report_id_of(member_id: str, kind: Kind, period: str, first: datetime) -> str:
    """The id of a member's report of a kind on a period, the same whoever asks; it begins with the period's time."""
    return derived_event_id("report", f"{kind}|{period}|{member_id}", first)


def file_report(
    report: Report,
    now: datetime,
    *,
    facts: Facts,
    summary: str | None,
    plan: str | None,
    planned: tuple[str, ...],
    today: date,
) -> Decided:
    """Hand a report in. The last day of its span may still run.

    Raises:
        Refused: it was filed before, or its span has not begun.
    """
    if report.state == "filed":
        raise Refused("filed-before", "This report is filed already; ask your manager to comment on it.")
    if report.from_on > today:
        raise Refused("not-begun", "The span of this report has not begun yet.", field="/period")
    filed = replace(
        report,
        state="filed",
        filed_at=now,
        late=report.due_at is not None and now > report.due_at,
        facts=facts,
        summary=summary,
        plan=plan,
        planned=planned,
    )
    return filed, [
        ReportFiled(
            report_id=report.report_id,
            **whose(report),
            kind=report.kind,
            from_on=report.from_on,
            to_on=report.to_on,
            due_at=report.due_at,
        )
    ]


def miss_report(report: Report, due_at: datetime) -> Decided:
    """Note that nobody filed a report by its hour."""
    missing = replace(report, state="missing", due_at=due_at)
    return missing, [
        ReportMissed(
            report_id=report.report_id,
            **whose(report),
            kind=report.kind,
            from_on=report.from_on,
            to_on=report.to_on,
            due_at=due_at,
        )
    ]


def comment(report: Report, at: datetime, *, by_member_id: str | None, text: str) -> Decided:
    """Write a comment on a filed report.

    Raises:
        Refused: it is not filed, it is one's own, or it has as many comments as it may have.
    """
    if report.state != "filed":
        raise Refused("not-filed", "This report is not filed yet; there is nothing to comment on.")
    if by_member_id == report.member_id:
        raise Refused("own-report", "Comments on a report are for those above its author.")
    if len(report.comments) >= MOST_COMMENTS:
        raise Refused("too-many-comments", f"A report has {MOST_COMMENTS} comments at most.")
    said = Comment(by_member_id=by_member_id, at=at, text=text)
    return replace(report, comments=(*report.comments, said)), [
        ReportCommented(
            report_id=report.report_id,
            **whose(report),
            by_member_id=by_member_id,
        )
    ]
