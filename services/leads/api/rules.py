"""Assignment rules over HTTP."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field, field_validator

from backbone.bodies import Body, view_of
from backbone.calendar import local_day, period_of
from backbone.contract.fields import Amount, Code, Currency, Id, Moment, Text
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.leads import queries
from services.leads.api.door import ADMINS, LEADERS, READERS, AtDesk
from services.leads.api.shapes import DecisionView
from services.leads.desk import Desk
from services.leads.domain.assignment import MOST_RULES, Choice, Conditions, Rule, Seat
from services.leads.handlers import rules as handlers

router = APIRouter(prefix="/rules", tags=["rules"])

Codes = Annotated[list[Code], Field(max_length=200)]
Capacity = Annotated[int, Field(ge=1, le=100_000, description="Most open leads; without it there is no bound.")]
MOST_SHOWN: Final = 1_000

VERSIONS: Final = Listing("rules", order={"made_at": datetime})


class ConditionsShape(Body):
    """What a lead must be like; an empty condition asks for nothing."""

    territories: Codes = Field([])
    product_ids: Annotated[list[Id], Field(max_length=200)] = Field([])
    channels: Codes = Field([])
    campaigns: Codes = Field([])
    industries: Codes = Field([])
    value_from: Amount | None = Field(None, description="At least, in minor units of `currency`.")
    value_below: Amount | None = Field(None, description="Less than, in minor units of `currency`.")
    currency: Currency | None = None


class SeatShape(Body):
    """A member the rule may choose."""

    member_id: Id
    capacity: Capacity | None = None


class RuleShape(Body):
    """One rule."""

    rule_id: Code = Field(description="What the log names.", examples=["east-machinery"])
    name: Text = Field(examples=["Machinery in the east"])
    when: ConditionsShape = Field(ConditionsShape(), description="What a lead must be like.")
    choose: Choice = Field(description="How one is chosen; capacity = who is least full.")
    people: list[SeatShape] = Field([], max_length=500)
    team_id: Id | None = Field(None, description="Everybody who works in this team or below it may be chosen too.")
    team_capacity: Capacity | None = None
    within_territory: bool = Field(False, description="Only who serves the lead's territory, by the directory.")
    if_nobody: Literal["pool", "next-rule"] = Field("pool", description="When all have left, are off duty or full.")

    def rule(self) -> Rule:
        """The rule as the domain has it."""
        when: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in self.when.model_dump().items()
        }
        rest = self.model_dump(exclude={"when", "people"})
        return Rule(**rest, when=Conditions(**when), people=tuple(Seat(**seat.model_dump()) for seat in self.people))


class RulesToLayDown(Body):
    """The rules from now on, in the order of their priority."""

    version: int = Field(ge=0, description="`rules_version` of those in force, as you have seen it; 0 = none yet.")
    rules: list[RuleShape] = Field(max_length=MOST_RULES)


class RulesToTry(Body):
    """A set of rules to replay on leads that came in; last month's by default."""

    rules: list[RuleShape] = Field(max_length=MOST_RULES)
    from_at: Moment | None = Field(None, description="The first moment; the beginning of last month by default.")
    to_at: Moment | None = Field(None, description="The end, not part of it; the end of last month by default.")
    which: Literal["decided", "all"] = Field(
        "decided",
        description="decided = leads the rules had to find an owner for; all = also those that came with one.",
    )


class RulesView(BaseModel):
    """One version of the rules."""

    rules_version: int
    rules: list[RuleShape]
    made_at: datetime | None
    made_by: str | None

    @field_validator("rules", mode="before")
    @classmethod
    def _as_told(cls, rules: Sequence[Rule]) -> list[RuleShape]:
        return [RuleShape.model_validate(asdict(rule), strict=False) for rule in rules]


class ReplayedView(BaseModel):
    """A lead and who would have got it."""

    lead_id: str
    was: str | None = Field(description="Who got it; null = the public pool.")
    decision: DecisionView


class DryRunView(BaseModel):
    """Who would have got what. Nothing was written."""

    from_at: datetime
    to_at: datetime
    leads: int = Field(description="How many leads were replayed.")
    changed: int = Field(description="How many of them somebody else would have got.")
    by_member: dict[str, int] = Field(description="By member, how many he would have got; `pool` for nobody.")
    by_member_before: dict[str, int] = Field(description="The same as it was.")
    changes: list[ReplayedView] = Field(description=f"Leads that change hands, at most {MOST_SHOWN}.")


@router.get("", summary="Read the rules in force", dependencies=READERS)
async def read_rules(desk: AtDesk, caller: Calling) -> RulesView:
    """The version in force; `rules_version` 0 and no rules before there are any."""
    found = await queries.rules_in_force(desk.store)
    if found is None:
        return RulesView(rules_version=0, rules=[], made_at=None, made_by=None)
    return view_of(RulesView, found)


@router.put("", summary="Put rules in force", dependencies=ADMINS)
async def lay_down_rules(body: RulesToLayDown, desk: AtDesk, asks: Asking, response: Response) -> RulesView:
    """Make a new version, in force at once; those before stay readable. Leads that have an owner keep him."""
    rules = tuple(rule.rule() for rule in body.rules)
    return view_of(RulesView, await handlers.lay_down_rules(desk, asks, body.version, rules), response)


@router.get(
    "/versions",
    summary="List all versions",
    dependencies=READERS,
    response_model=Page[RulesView],
    responses=EXPORTS,
)
async def list_versions(asked: Annotated[Asked, Depends(VERSIONS)], desk: AtDesk) -> Any:
    """Every version there was, the latest first."""
    return await views(asked, queries.rule_books(desk.store), RulesView)


@router.post("/dry-run", summary="Replay rules on leads that came in", dependencies=LEADERS)
async def try_rules(body: RulesToTry, desk: AtDesk, caller: Calling) -> DryRunView:
    """Say who would have got what under these rules. Nothing is written and nobody is told.

    It begins with empty hands, and whoever works now is taken to have been at work then.
    """
    first, end = _span(body, desk)
    found = await handlers.dry_run(desk, tuple(rule.rule() for rule in body.rules), first, end, body.which)
    changed = [one for one in found if one.changes]
    return DryRunView(
        from_at=first,
        to_at=end,
        leads=len(found),
        changed=len(changed),
        by_member=Counter(one.decision.member_id or "pool" for one in found),
        by_member_before=Counter(one.was or "pool" for one in found),
        changes=[ReplayedView.model_validate(one, from_attributes=True) for one in changed[:MOST_SHOWN]],
    )


def _span(body: RulesToTry, desk: Desk) -> tuple[datetime, datetime]:
    this_month = period_of(local_day(desk.now(), desk.zone), "month").first
    last_month = period_of(this_month - timedelta(days=1), "month").first

    def midnight(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=desk.zone)

    return body.from_at or midnight(last_month), body.to_at or midnight(this_month)
