"""Visit frequency over HTTP: the rule, who is due, who was missed."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone.auth import allowed
from backbone.bodies import Body
from backbone.callers import Role
from backbone.contract.fields import Code, Day
from backbone.listing import EXPORTS, Asked, Listing, listed
from backbone.outbox import Saved
from backbone.paging import Page
from backbone.problems import Refused
from backbone.web import Asking, Calling
from services.activities.api.door import AtDesk
from services.activities.domain.frequency import FrequencyRule, Interval, Rhythm, Standing, Unit, standing
from services.activities.handlers import frequency as handlers
from services.activities.handlers import rhythms
from services.activities.queries import frequency as queries

router = APIRouter(tags=["visit frequency"])

CUSTOMERS = Listing(
    "visit-frequency",
    order={"due_on": date, "last_visit_on": date},
    equal={"owner_id": str, "team_id": str, "grade": str},
)
Within = Annotated[int, Query(ge=0, le=92, description="Due are those whose day comes within so many days.")]


class IntervalBody(Body):
    """A visit every so many days, weeks or months."""

    every: int = Field(ge=1, le=400)
    unit: Unit


class RuleToSet(Body):
    """How often customers of each grade are to be visited; a grade that is not named is not visited by rule."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 0,
                    "intervals": {
                        "A": {"every": 1, "unit": "week"},
                        "B": {"every": 2, "unit": "week"},
                        "C": {"every": 1, "unit": "month"},
                    },
                }
            ]
        }
    )

    version: int = Field(ge=0, description="The version you have seen; 0 while the usual rule holds.")
    intervals: dict[Code, IntervalBody] = Field(max_length=50)


class RuleView(BaseModel):
    """The rule as it stands."""

    version: int = Field(description="Name it when you change the rule; 0 while the usual one holds.")
    intervals: dict[str, IntervalBody]


class LapseView(BaseModel):
    """A day by which a customer was to be visited and was not."""

    due_on: date
    grade: str | None
    owner_id: str | None = Field(description="Who had the customer on that day.")
    team_id: str | None
    met_on: date | None = Field(description="The visit that came late; null when none did before a grading.")


class RhythmView(BaseModel):
    """How a customer's visits stand."""

    customer_id: str
    owner_id: str | None
    team_id: str | None
    grade: str | None
    standing: Standing
    last_visit_on: date | None
    due_on: date | None = Field(description="The day by which it is to be visited next; null without a rule.")
    overdue_days: int
    lapses: tuple[LapseView, ...] = Field(description="The latest days that were missed.")


class TallyView(BaseModel):
    """How the customers of one owner in one team stand."""

    owner_id: str | None
    team_id: str | None
    customers: int
    due: int
    missed: int = Field(description="Missed now: their day is over.")
    missed_in_span: int = Field(description="Days missed between `from_on` and `to_on`.")


class Summary(BaseModel):
    """Due and missed by owner, and by team."""

    as_of: date
    from_on: date
    to_on: date
    owners: list[TallyView]
    teams: list[TallyView]


@router.get("/visit-frequency", summary="How often are customers to be visited?")
async def read_frequency_rule(desk: AtDesk, caller: Calling) -> RuleView:
    """The organisation's rule: by grade, one visit every so many days, weeks or months."""
    return _rule(await rhythms.rule(desk))


@router.put(
    "/visit-frequency",
    summary="Say how often customers are to be visited",
    dependencies=[Depends(allowed(Role.ADMIN))],
)
async def set_frequency_rule(body: RuleToSet, desk: AtDesk, asks: Asking) -> RuleView:
    """Set the rule; who is due follows within moments, also for what is past. Admins only."""
    intervals = {grade: Interval(every=one.every, unit=one.unit) for grade, one in body.intervals.items()}
    return _rule(await handlers.change_rule(desk, asks, intervals, version=body.version))


@router.get(
    "/visit-frequency/customers",
    summary="Who is due, who was missed?",
    response_model=Page[RhythmView],
    responses=EXPORTS,
)
async def list_rhythms(
    desk: AtDesk,
    caller: Calling,
    asked: Annotated[Asked, Depends(CUSTOMERS)],
    standing: Annotated[Standing | None, Query(description="Only those that stand so today.")] = None,
    within_days: Within = 7,
) -> Page[RhythmView] | Response:
    """Customers in the caller's row scope and how their visits stand; `sort=due_on` for the most urgent first."""
    today = desk.today
    narrowed = queries.standing_like(asked, standing, today, within_days)

    def show(rhythm: Rhythm) -> RhythmView:
        return _rhythm(rhythm, today, within_days)

    return await listed(narrowed, queries.rhythms(desk.field, caller), RhythmView, show)


@router.get("/visit-frequency/summary", summary="Due and missed by owner and team")
async def read_summary(
    desk: AtDesk,
    caller: Calling,
    from_on: Annotated[Day | None, Query(description="First day; 27 days ago by default.")] = None,
    to_on: Annotated[Day | None, Query(description="Last day; today by default.")] = None,
    within_days: Within = 7,
) -> Summary:
    """Count customers that are due, missed now, and were missed in a span, by owner and by team."""
    today = desk.today
    last = to_on or today
    first = from_on or last - timedelta(days=27)
    if first > last:
        raise Refused("bad-span", "from_on lies after to_on.", field="from_on")
    found = await queries.tallies(desk.field, caller, today, within_days, (first, last))
    owners = [TallyView.model_validate(tally, from_attributes=True) for tally in found]
    return Summary(as_of=today, from_on=first, to_on=last, owners=owners, teams=_by_team(owners))


def _rule(saved: Saved[FrequencyRule]) -> RuleView:
    intervals = {
        grade: IntervalBody(every=one.every, unit=one.unit) for grade, one in sorted(saved.state.intervals.items())
    }
    return RuleView(version=saved.version, intervals=intervals)


def _rhythm(rhythm: Rhythm, today: date, within_days: int) -> RhythmView:
    overdue = 0 if rhythm.due_on is None else max((today - rhythm.due_on).days, 0)
    return RhythmView(
        customer_id=rhythm.customer_id,
        owner_id=rhythm.owner_id,
        team_id=rhythm.team_id,
        grade=rhythm.grade,
        standing=standing(rhythm, today, within_days=within_days),
        last_visit_on=rhythm.last_visit_on,
        due_on=rhythm.due_on,
        overdue_days=overdue,
        lapses=tuple(LapseView.model_validate(lapse, from_attributes=True) for lapse in rhythm.lapses),
    )


def _by_team(owners: list[TallyView]) -> list[TallyView]:
    teams: dict[str | None, TallyView] = {}
    for one in owners:
        before = teams.get(one.team_id, TallyView(owner_id=None, team_id=one.team_id, **dict.fromkeys(_COUNTS, 0)))
        sums = {name: getattr(before, name) + getattr(one, name) for name in _COUNTS}
        teams[one.team_id] = TallyView(owner_id=None, team_id=one.team_id, **sums)
    return [teams[team] for team in sorted(teams, key=lambda team: team or "")]


_COUNTS = ("customers", "due", "missed", "missed_in_span")
