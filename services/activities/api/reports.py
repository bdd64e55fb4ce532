"""Reports over HTTP."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.bodies import Body, Change, view_of
from backbone.callers import Role
from backbone.contract.fields import Day, Id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.outbox import Saved
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.activities.api.door import AtDesk
from services.activities.domain.duties import Duty, Kind, ReportRules, period_for
from services.activities.domain.report import State
from services.activities.handlers import reports as handlers
from services.activities.queries import reports as queries

router = APIRouter(tags=["reports"])

REPORTS: Final = Listing(
    "reports",
    order={"from_on": date, "due_at": datetime, "filed_at": datetime},
    equal={"member_id": str, "team_id": str, "kind": Kind, "period": str, "state": State, "late": bool},
)
Words = Annotated[str, Field(min_length=1, max_length=10_000)]
PERIOD = "The day, ISO week or month: `2026-03-02`, `2026-W10`, `2026-03`."


class ReportToFile(Body):
    """A report to hand in; its facts are filled in here."""

    member_id: Id | None = Field(None, description="Whose; the key's own member's by default.")
    kind: Kind
    period: str = Field(max_length=20, description=PERIOD, examples=["2026-03-02"])
    summary: Words | None = Field(None, description="What the facts do not say.")
    plan: Words | None = Field(None, description="What comes next; the visits planned are added by themselves.")


class CommentToWrite(Change):
    """A comment of somebody above."""

    text: Words


class FactsView(BaseModel):
    """What the records say of the period."""

    visits: int
    visits_by_outcome: Mapping[str, int]
    visits_by_place: Mapping[str, int] = Field(description="By what came of the place check.")
    customers_visited: int
    follow_ups: int
    follow_ups_by_kind: Mapping[str, int]
    follow_ups_reached: int
    plans_kept: int
    plans_missed: int
    worked_seconds: int
    deals: Mapping[str, int] = Field(description="Deals opened, moved to their present stage, won, lost.")
    figures: Mapping[str, int] = Field(description="New customers and leads.")
    missing: tuple[str, ...] = Field(description="Services that did not answer: what they know is left out.")


class CommentView(BaseModel):
    """What somebody above wrote."""

    by_member_id: str | None
    at: datetime
    text: str


class ReportView(BaseModel):
    """A report as it stands."""

    report_id: str
    version: int = Field(description="Name it when you comment.")
    member_id: str
    team_id: str | None
    kind: Kind
    period: str
    from_on: date
    to_on: date
    due_at: datetime | None
    state: State = Field(description="Missing: it was not filed by its hour; it can still be.")
    filed_at: datetime | None
    late: bool
    facts: FactsView | None = Field(description="As they stood when it was filed.")
    summary: str | None
    plan: str | None
    planned: tuple[str, ...] = Field(description="Visits planned for the time after it.")
    comments: tuple[CommentView, ...]
    recorded_at: datetime


class Draft(BaseModel):
    """What a report would be filled with now."""

    member_id: str
    kind: Kind
    period: str
    from_on: date
    to_on: date
    facts: FactsView
    planned: tuple[str, ...]


class DutyBody(Body):
    """When one kind of report is due."""

    kind: Kind
    active: bool = True
    hour: str = Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="`HH:MM` by the organisation's clock.", examples=["18:30"]
    )
    days_after: int = Field(0, ge=0, le=31, description="So many days after the last day it covers.")


class RulesToSet(Body):
    """Which reports are due when, from whom, and which days are worked."""

    version: int = Field(ge=0, description="The version you have seen; 0 while the usual rules hold.")
    duties: list[DutyBody] = Field(max_length=3)
    roles: list[Role] = Field(default=[Role.REP], max_length=10, description="Whose members owe reports.")
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        default=[1, 2, 3, 4, 5], max_length=7, description="Days of the week that are worked, 1 = Monday."
    )
    holidays: list[Day] = Field(default=[], max_length=400)
    make_up_days: list[Day] = Field(default=[], max_length=400, description="Worked although it is a weekend (调休).")


class RulesView(BaseModel):
    """The rules as they stand."""

    version: int = Field(description="Name it when you change the rules; 0 while the usual ones hold.")
    duties: list[DutyBody]
    roles: list[str]
    weekdays: list[int]
    holidays: list[date]
    make_up_days: list[date]


@router.get("/report-rules", summary="Which reports are due when?")
async def read_report_rules(desk: AtDesk, caller: Calling) -> RulesView:
    """The organisation's rules: hours, roles, working days."""
    return _rules(await handlers.rules(desk))


@router.put("/report-rules", summary="Say which reports are due when", dependencies=[Depends(allowed(Role.ADMIN))])
async def set_report_rules(body: RulesToSet, desk: AtDesk, asks: Asking) -> RulesView:
    """Set the rules for what becomes due from now on. Admins only."""
    wanted = ReportRules(
        duties=tuple(Duty(**duty.model_dump()) for duty in body.duties),
        roles=tuple(str(role) for role in body.roles),
        weekdays=tuple(sorted(set(body.weekdays))),
        holidays=tuple(sorted(set(body.holidays))),
        make_up_days=tuple(sorted(set(body.make_up_days))),
    )
    return _rules(await handlers.set_rules(desk, asks, wanted, version=body.version))


@router.get("/reports/draft", summary="Fill a report without filing it")
async def draft_report(
    desk: AtDesk,
    asks: Asking,
    kind: Kind,
    period: Annotated[str, Query(max_length=20, description=PERIOD)],
    member_id: Annotated[str | None, Query(description="Whose; the key's own member's by default.")] = None,
) -> Draft:
    """The member's own facts of the period as they stand now; `missing` names services that did not answer."""
    member = await desk.members.acting(asks.caller, member_id, field="member_id")
    span = period_for(kind, period)
    facts, planned = await handlers.draft(desk, member, kind, span, asks.by)
    return Draft(
        member_id=member.member_id,
        kind=kind,
        period=span.key,
        from_on=span.first,
        to_on=span.last,
        facts=FactsView.model_validate(facts, from_attributes=True),
        planned=planned,
    )


@router.post("/reports", status_code=201, summary="File a report")
async def file_report(body: ReportToFile, desk: AtDesk, asks: Asking, response: Response) -> ReportView:
    """Hand in a daily, weekly or monthly report, filled from the member's facts; one of a kind on a period."""
    member = await desk.members.acting(asks.caller, body.member_id)
    saved = await handlers.file_report(
        desk,
        asks,
        member,
        body.kind,
        period_for(body.kind, body.period),
        summary=body.summary,
        plan=body.plan,
    )
    return view_of(ReportView, saved, response)


@router.get("/reports", summary="List reports", response_model=Page[ReportView], responses=EXPORTS)
async def list_reports(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(REPORTS)]
) -> Page[ReportView] | Response:
    """Reports in the caller's row scope, newest period first; those not filed by their hour: `state=missing`."""
    return await views(asked, queries.reports(desk.field, caller), ReportView)


@router.get("/reports/{report_id}", summary="Read a report")
async def read_report(report_id: str, desk: AtDesk, caller: Calling) -> ReportView:
    """One report in the caller's row scope."""
    return view_of(ReportView, await queries.report(desk.field, caller, report_id))


@router.post("/reports/{report_id}/comments", status_code=201, summary="Comment on a report")
async def comment_on_report(
    report_id: str, body: CommentToWrite, desk: AtDesk, asks: Asking, response: Response
) -> ReportView:
    """The manager's words on a filed report; `report-commented` tells its author."""
    saved = await handlers.comment(desk, asks, report_id, version=body.version, text=body.text)
    return view_of(ReportView, saved, response)


def _rules(saved: Saved[ReportRules]) -> RulesView:
    return RulesView.model_validate(
        {
            "version": saved.version,
            "duties": [
                {"kind": duty.kind, "active": duty.active, "hour": duty.hour, "days_after": duty.days_after}
                for duty in saved.state.duties
            ],
            "roles": list(saved.state.roles),
            "weekdays": list(saved.state.weekdays),
            "holidays": list(saved.state.holidays),
            "make_up_days": list(saved.state.make_up_days),
        }
    )
