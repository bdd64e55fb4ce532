"""Rules that say who answers which complaints, over HTTP."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.bodies import Body, Change, view_of
from backbone.callers import Role
from backbone.contract.fields import Code, Id, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.activities.api.complaint_views import AssignmentView
from services.activities.api.door import AtDesk
from services.activities.domain.assigning import AssignmentRule, Facts, Way
from services.activities.handlers import assigning as handlers
from services.activities.queries import assigning as queries

router = APIRouter(prefix="/assignment-rules", tags=["assignment rules"])

RULES: Final = Listing(
    "assignment-rules",
    order={"position": int, "created_at": datetime, "name": str},
    equal={"team_id": str, "way": Way, "active": bool},
)
ADMINS: Final = [Depends(allowed())]
DISPATCHERS: Final = [Depends(allowed(Role.MANAGER, Role.SERVICE, Role.VIEWER))]

Codes = Annotated[tuple[Code, ...], Field(strict=False, max_length=100)]
Ids = Annotated[tuple[Id, ...], Field(strict=False, max_length=200)]


class RuleToMake(Body):
    """When it holds, and among whom it chooses. An empty condition holds for all complaints."""

    name: Text
    position: int = Field(ge=0, le=1_000_000, description="Rules are asked by it, smallest first; the first decides.")
    severities: Codes = ()
    product_ids: Ids = ()
    customer_grades: Codes = ()
    territories: Codes = ()
    channels: Codes = ()
    way: Way = Field(description="`round-robin`: whose turn was longest ago; `least-open`: who has the fewest open.")
    team_id: Id = Field(
        description="Members with the role `service` in it and below; its leader has what is left over."
    )
    member_ids: Ids = Field((), description="Among these instead, whatever their role.")


class RuleView(BaseModel):
    """An assignment rule."""

    rule_id: str
    version: int = Field(description="Name it when you withdraw the rule.")
    name: str
    position: int
    severities: list[str]
    product_ids: list[str]
    customer_grades: list[str]
    territories: list[str]
    channels: list[str]
    way: Way
    team_id: str
    member_ids: list[str]
    active: bool
    created_at: datetime


class FactsToTry(Body):
    """A complaint that might come."""

    severity: Code | None = None
    product_id: Id | None = None
    customer_grade: Code | None = None
    territory: Code | None = None
    channel: Code | None = None


class Outcome(BaseModel, from_attributes=True):
    """Who would answer it now."""

    owner_id: str | None
    team_id: str | None
    assignment: AssignmentView


@router.post("", status_code=201, summary="Add an assignment rule", dependencies=ADMINS)
async def make_rule(body: RuleToMake, desk: AtDesk, asks: Asking, response: Response) -> RuleView:
    """For admins. To change a rule, withdraw it and add another: what it decided stays explained."""
    rule = AssignmentRule(rule_id=new_event_id(), created_at=desk.now(), **body.model_dump())
    return view_of(RuleView, await handlers.make_rule(desk, asks, rule), response)


@router.get("", summary="List assignment rules", response_model=Page[RuleView], responses=EXPORTS)
async def list_rules(
    desk: AtDesk, _caller: Calling, asked: Annotated[Asked, Depends(RULES)]
) -> Page[RuleView] | Response:
    """Every rule, newest first; they are asked by position."""
    return await views(asked, queries.rules(desk.store), RuleView)


@router.post("/try", summary="Ask who would answer a complaint", dependencies=DISPATCHERS)
async def try_rules(body: FactsToTry, desk: AtDesk, _caller: Calling) -> Outcome:
    """What the rules would decide now; nothing is assigned, and nobody's turn is used up."""
    return Outcome.model_validate(await handlers.try_rules(desk, Facts(**body.model_dump())), from_attributes=True)


@router.get("/{rule_id}", summary="Read an assignment rule")
async def read_rule(rule_id: str, desk: AtDesk, _caller: Calling) -> RuleView:
    """One rule, also when it was withdrawn."""
    return view_of(RuleView, await queries.rule(desk.store, rule_id))


@router.post("/{rule_id}/withdraw", summary="Withdraw an assignment rule", dependencies=ADMINS)
async def withdraw_rule(rule_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response) -> RuleView:
    """For admins. It decides no more; what it decided stays."""
    return view_of(RuleView, await handlers.withdraw_rule(desk, asks, rule_id, body.version), response)
