"""The organisation's policies for leads, over HTTP."""

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, field_validator

from backbone.bodies import Body, Change, view_of
from backbone.web import Asking, Calling
from services.leads import queries
from services.leads.api.door import ADMINS, AtDesk
from services.leads.domain.identity.keys import ExactKind
from services.leads.domain.policy import DuplicatePolicy, IdleRule, PoolPolicy
from services.leads.handlers import policies

router = APIRouter(prefix="/policies", tags=["policies"])

Days = Annotated[int, Field(ge=1, le=3_650)]
GradeName = Literal["A", "B", "C", "-"]
Bound = Annotated[int, Field(ge=0, le=100_000)]


class DuplicatesToLayDown(Change):
    """What makes a captured lead the same as a known one, and what happens then."""

    exact_by: list[ExactKind] = Field(max_length=4, examples=[["tax-id", "company-name", "phone"]])
    on_exact: Literal["refuse", "merge"] = Field(description="Web forms always merge: nobody stands there to be told.")
    likely_from: float = Field(0.5, ge=0, le=1, description="From which score on a lead is listed as likely.")


class DuplicatesView(BaseModel):
    """The policy in force."""

    version: int
    exact_by: list[ExactKind]
    on_exact: Literal["refuse", "merge"]
    likely_from: float


class IdleShape(Body):
    """After how many days without contact what happens; null = never."""

    remind_owner_days: Days | None = 3
    remind_manager_days: Days | None = 5
    recycle_days: Days | None = 7


class PoolToLayDown(Change):
    """How the public pool works; a grade that is not named (`-` = without one) has no bound, or no timer."""

    claims_per_day: Bound = Field(description="How many leads a member may take in one day of the organisation.")
    capacity: dict[GradeName, Bound] = Field(
        description="How many open leads of a grade a member may have to take one."
    )
    idle: dict[GradeName, IdleShape]
    bar_days: int = Field(7, ge=0, le=3_650, description="For how long nobody takes back what was taken from him.")


class PoolPolicyView(BaseModel):
    """The policy in force."""

    version: int
    claims_per_day: int
    capacity: dict[str, int]
    idle: dict[str, IdleShape]
    bar_days: int

    @field_validator("idle", mode="before")
    @classmethod
    def _by_grade(cls, rules: Iterable[IdleRule]) -> dict[str, IdleShape]:
        return {rule.grade: IdleShape.model_validate(rule, from_attributes=True) for rule in rules}


@router.get("/duplicates", summary="What makes a duplicate?")
async def read_duplicate_policy(desk: AtDesk, caller: Calling) -> DuplicatesView:
    """The organisation's policy; everybody may read it."""
    return view_of(DuplicatesView, await queries.duplicate_policy(desk.store))


@router.put("/duplicates", summary="Say what makes a duplicate", dependencies=ADMINS)
async def lay_down_duplicate_policy(
    body: DuplicatesToLayDown, desk: AtDesk, asks: Asking, response: Response
) -> DuplicatesView:
    """Holds for what comes in from now on; leads that are there already are found by it too."""
    wanted = DuplicatePolicy(exact_by=tuple(body.exact_by), on_exact=body.on_exact, likely_from=body.likely_from)
    return view_of(DuplicatesView, await policies.lay_down_duplicates(desk, asks, body.version, wanted), response)


@router.get("/pool", summary="How does the public pool work?")
async def read_pool_policy(desk: AtDesk, caller: Calling) -> PoolPolicyView:
    """The organisation's policy; everybody may read it."""
    return view_of(PoolPolicyView, await queries.pool_policy(desk.store))


@router.put("/pool", summary="Say how the public pool works", dependencies=ADMINS)
async def lay_down_pool_policy(body: PoolToLayDown, desk: AtDesk, asks: Asking, response: Response) -> PoolPolicyView:
    """Bounds hold at once; the timers of all leads follow within seconds."""
    wanted = PoolPolicy(
        claims_per_day=body.claims_per_day,
        capacity={str(grade): most for grade, most in body.capacity.items()},
        idle=tuple(IdleRule(grade=grade, **rule.model_dump()) for grade, rule in body.idle.items()),
        bar_days=body.bar_days,
        changed_at=desk.now(),
    )
    return view_of(PoolPolicyView, await policies.lay_down_pool(desk, asks, body.version, wanted), response)
