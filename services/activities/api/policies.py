"""Service-level policies for complaints over HTTP."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone.auth import allowed
from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Code, Id, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.activities.api.door import AtDesk
from services.activities.domain.policy import Edition, Policy
from services.activities.handlers import policies as handlers
from services.activities.queries import policies as queries

router = APIRouter(prefix="/policies", tags=["complaint policies"])

POLICIES: Final = Listing(
    "policies",
    order={"created_at": datetime, "name": str},
    equal={"severity": str, "customer_grade": str, "active": bool},
)
ADMINS: Final = [Depends(allowed())]

Seconds = Annotated[int, Field(ge=1, le=366 * 86_400)]


class Says(Body):
    """How long things may take; at least one of them."""

    first_reply_seconds: Seconds | None = Field(
        None, description="From the opening to the first reply.", examples=[14_400]
    )
    resolution_seconds: Seconds | None = Field(
        None, description="From the opening to the solution.", examples=[172_800]
    )
    close_after_seconds: Seconds | None = Field(
        None, description="From the solution until it closes by itself; the organisation's usual time by default."
    )

    def edition(self, since: datetime) -> Edition:
        """The same as the domain has it."""
        return Edition(
            number=1,
            first_reply_seconds=self.first_reply_seconds,
            resolution_seconds=self.resolution_seconds,
            close_after_seconds=self.close_after_seconds,
            since=since,
        )


class PolicyToMake(Says):
    """For which complaints it holds, and what it says."""

    policy_id: Id | None = Field(None, description="Its id in events; made up by default.", examples=["a-high"])
    name: Text
    severity: Code | None = Field(None, description="Leave it out for every severity.", examples=["high"])
    customer_grade: Code | None = Field(None, description="Leave it out for every grade.", examples=["A"])


class PolicyToRevise(Change, Says):
    """What it says from now on."""

    name: Text


class EditionView(BaseModel):
    """What a policy says from a moment on."""

    model_config = ConfigDict(from_attributes=True)

    number: int = Field(description="`policy_version` of the complaints it holds for.")
    first_reply_seconds: int | None
    resolution_seconds: int | None
    close_after_seconds: int | None
    since: datetime


class PolicyView(BaseModel):
    """A policy with all it ever said."""

    policy_id: str
    version: int = Field(description="Name it when you change the policy.")
    name: str
    severity: str | None
    customer_grade: str | None
    active: bool
    editions: list[EditionView] = Field(description="The last one holds for new complaints.")
    created_at: datetime


@router.post("", status_code=201, summary="Add a policy", dependencies=ADMINS)
async def make_policy(body: PolicyToMake, desk: AtDesk, asks: Asking, response: Response) -> PolicyView:
    """For admins. Of those that fit, a complaint takes the one for its severity and grade, then its severity."""
    now = desk.now()
    policy = Policy(
        policy_id=body.policy_id or new_event_id(),
        name=body.name,
        severity=body.severity,
        customer_grade=body.customer_grade,
        editions=(body.edition(now),),
        created_at=now,
    )
    return view_of(PolicyView, await handlers.make_policy(desk, asks, policy), response)


@router.get("", summary="List policies", response_model=Page[PolicyView], responses=EXPORTS)
async def list_policies(
    desk: AtDesk, _caller: Calling, asked: Annotated[Asked, Depends(POLICIES)]
) -> Page[PolicyView] | Response:
    """Every policy with all its editions, newest first."""
    return await views(asked, queries.policies(desk.store), PolicyView)


@router.get("/{policy_id}", summary="Read a policy")
async def read_policy(policy_id: str, desk: AtDesk, _caller: Calling) -> PolicyView:
    """One policy with all its editions."""
    return view_of(PolicyView, await queries.policy(desk.store, policy_id))


@router.put("/{policy_id}", summary="Change a policy", dependencies=ADMINS)
async def revise_policy(
    policy_id: str, body: PolicyToRevise, desk: AtDesk, asks: Asking, response: Response
) -> PolicyView:
    """For admins. A new edition for complaints that come in from now on; open ones keep theirs."""
    says = body.edition(desk.now())
    return view_of(
        PolicyView, await handlers.revise_policy(desk, asks, policy_id, body.version, body.name, says), response
    )


@router.post("/{policy_id}/withdraw", summary="Withdraw a policy", dependencies=ADMINS)
async def withdraw_policy(policy_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response) -> PolicyView:
    """For admins. It holds for no further complaint, and its place is free for another one."""
    return view_of(PolicyView, await handlers.withdraw_policy(desk, asks, policy_id, body.version), response)
