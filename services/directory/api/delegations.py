"""Delegations: who stands in for whom, from when to when."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Code, Id, Moment
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.problems import Refused
from backbone.web import Asking, Calling
from services.directory.api.door import PEOPLE, AtDesk
from services.directory.handlers import delegations as handlers
from services.directory.queries import delegations as queries

router = APIRouter(prefix="/delegations", tags=["delegations"])

DELEGATIONS = Listing(
    "delegations",
    order={"starts_at": datetime, "ends_at": datetime, "ended_at": datetime},
    equal={"member_id": str, "delegate_id": str},
)


class DelegationToStart(Body):
    """Who stands in for whom."""

    member_id: Id | None = Field(None, description="The member who is away; the key's own by default.")
    delegate_id: Id = Field(description="The member who stands in.")
    starts_at: Moment | None = Field(None, description="From when it holds; now by default.")
    ends_at: Moment | None = Field(None, description="When it ends by itself; null when somebody ends it.")


class DelegationToEnd(Change):
    """A delegation ends."""

    reason: Code | None = Field(None, description="A code of the organisation.", examples=["back-early"])


class DelegationView(BaseModel):
    """A delegation as it stands."""

    delegation_id: str
    version: int = Field(description="Name it when you end the delegation.")
    member_id: str
    delegate_id: str
    starts_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None = Field(description="When it ended; null while it holds or is still to come.")
    end_reason: str | None = Field(description="`over`, `member-left`, `deputy-left`, or what was told.")


@router.post("", status_code=201, summary="Let somebody stand in", dependencies=PEOPLE)
async def start_delegation(body: DelegationToStart, desk: AtDesk, asks: Asking, response: Response) -> DelegationView:
    """The deputy sends `Drumbeat-For: <member_id>` with his own key, and sees and does what that member may.

    The member himself or his manager starts it. Everything done carries both: `actor` the deputy, `onbehalfof` the
    member. Nobody stands in for a third through it. Emits delegation-started.
    """
    member_id = body.member_id or asks.caller.member_id
    if member_id is None:
        raise Refused("nobody-named", "This key belongs to no member; name who is away.", field="/member_id")
    saved = await handlers.start(
        desk,
        asks,
        new_event_id(),
        member_id=member_id,
        delegate_id=body.delegate_id,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
    )
    return view_of(DelegationView, saved, response)


@router.get("", summary="List delegations", dependencies=PEOPLE, response_model=Page[DelegationView], responses=EXPORTS)
async def list_delegations(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(DELEGATIONS)]
) -> Page[DelegationView] | Response:
    """Those of members in the caller's row scope, and those in which he stands in himself."""
    return await views(asked, queries.delegations(desk.store, caller), DelegationView)


@router.get("/{delegation_id}", summary="Read a delegation", dependencies=PEOPLE)
async def read_delegation(delegation_id: str, desk: AtDesk, caller: Calling) -> DelegationView:
    """One delegation."""
    return view_of(DelegationView, await queries.delegation(desk.store, caller, delegation_id))


@router.post("/{delegation_id}/end", summary="End a delegation", dependencies=PEOPLE)
async def end_delegation(
    delegation_id: str, body: DelegationToEnd, desk: AtDesk, asks: Asking, response: Response
) -> DelegationView:
    """By the member, his manager or the deputy; what he did in that name stays. Emits delegation-ended."""
    return view_of(DelegationView, await handlers.end(desk, asks, delegation_id, body.version, body.reason), response)
