"""The rules that grade customers, over HTTP."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.bodies import Body, view_of
from backbone.contract.fields import Code
from backbone.web import Asking
from services.customers.api.door import AtDesk
from services.customers.api.segments import QueryShape
from services.customers.domain.customer import Grade
from services.customers.domain.grade_rules import GradeRule
from services.customers.handlers import grading as handlers
from services.customers.handlers.grading import Run

ADMINS = [Depends(allowed())]

router = APIRouter(prefix="/grade-rules", tags=["grades"])


class GradeRuleShape(Body):
    """Customers that meet the query get the grade."""

    rule: Code = Field(description="Its name; a customer's grade names it as the reason.", examples=["big-turnover"])
    grade: Grade
    when: QueryShape


class RulesToSet(Body):
    """The rules in their order: the first one a customer meets counts."""

    rules: list[GradeRuleShape] = Field(max_length=50)
    otherwise: Grade | None = Field(None, description="The grade of who meets none; null leaves it as it is.")


class RulesToKeep(RulesToSet):
    """The rules from now on."""

    version: int = Field(ge=0, description="The version you have seen; 0 when there were none.")
    every_days: int = Field(1, ge=0, le=366, description="How often they run by themselves; 0 = never.")


class RulesView(BaseModel):
    """The rules as they stand."""

    version: int
    rules: list[GradeRuleShape]
    otherwise: Grade | None
    every_days: int
    next_at: datetime | None
    ran_at: datetime | None
    graded: int = Field(description="How many got another grade in the last run.")


class RegradeView(BaseModel):
    """One customer that gets another grade."""

    customer_id: str
    from_grade: str | None
    to_grade: Grade
    rule: str


class RunView(BaseModel):
    """What a run did, or would do."""

    looked_at: int
    held_by_hand: int = Field(description="Customers whose grade a person set, and that holds still.")
    graded: int = Field(description="Customers that get another grade.")
    steps: dict[str, Any] = Field(description="How many went from which grade to which.", examples=[{"C>B": 12}])
    regraded: list[RegradeView] = Field(description="The first 200 of them.")


@router.get("", summary="Read the grading rules", dependencies=ADMINS)
async def read_rules(desk: AtDesk) -> RulesView:
    """The rules, and when they run next."""
    return view_of(RulesView, await handlers.rules_now(desk))


@router.put("", summary="Set the grading rules", dependencies=ADMINS)
async def set_rules(body: RulesToKeep, desk: AtDesk, asks: Asking, response: Response) -> RulesView:
    """They run by themselves from now on; a grade given by hand holds until its day."""
    saved = await handlers.change_rules(desk, asks, body.version, _rules(body), body.otherwise, body.every_days)
    return view_of(RulesView, saved, response)


@router.post("/try", summary="See what grading rules would change", dependencies=ADMINS)
async def try_rules(desk: AtDesk, body: RulesToSet | None = None) -> RunView:
    """A dry run over every customer, of the rules sent or of the present ones: no grade is changed."""
    if body is None:
        return _shown(await handlers.try_rules(desk, None, None))
    return _shown(await handlers.try_rules(desk, _rules(body), body.otherwise))


@router.post("/run", summary="Let the grading rules run now", dependencies=ADMINS)
async def run_rules(desk: AtDesk, asks: Asking) -> RunView:
    """Every customer whose grade does not hold by hand gets the grade of the first rule it meets.

    Sent again after a broken connection it grades who is left.
    """
    return _shown(await handlers.run_rules(desk, asks.by, anew=False))


def _rules(body: RulesToSet) -> list[GradeRule]:
    return [GradeRule(**rule.model_dump()) for rule in body.rules]


def _shown(run: Run) -> RunView:
    return RunView.model_validate(run, from_attributes=True)
