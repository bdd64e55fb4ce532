"""The public pool over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from backbone.bodies import Body, view_of
from backbone.contract.fields import Id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking
from services.leads import queries
from services.leads.api.door import READERS, SELLERS, AtDesk
from services.leads.api.shapes import LeadView, PooledLeadView
from services.leads.domain.policy import Grade
from services.leads.handlers import pool

router = APIRouter(prefix="/pool", tags=["pool"])

POOL: Final = Listing(
    "pool",
    order={"created_at": datetime, "pooled_at": datetime},
    equal={"channel": str, "campaign": str, "territory": str, "industry": str, "grade": Grade},
)


class Claim(Body):
    """For whom a lead is taken."""

    member_id: Id | None = Field(None, description="The key's own member by default.")


@router.get(
    "", summary="List the public pool", dependencies=READERS, response_model=Page[PooledLeadView], responses=EXPORTS
)
async def list_pool(asked: Annotated[Asked, Depends(POOL)], desk: AtDesk) -> Any:
    """Leads nobody owns, newest first, without the people: those are shown to whoever claims one."""
    return await views(asked, queries.pool(desk.store), PooledLeadView)


@router.get("/{lead_id}", summary="Read a lead in the public pool", dependencies=READERS)
async def read_pooled(lead_id: str, desk: AtDesk) -> PooledLeadView:
    """One lead nobody owns, without the people."""
    return view_of(PooledLeadView, await queries.pooled(desk.store, lead_id))


@router.post("/{lead_id}/claim", summary="Take a lead out of the public pool", dependencies=SELLERS)
async def claim_lead(lead_id: str, body: Claim, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Take a lead: of many who want it exactly one gets it.

    Refused with `not-in-pool` when somebody has it, `daily-limit` or `capacity` when the member has as many as
    he may, `barred` when it was taken from him lately.
    """
    return view_of(LeadView, await pool.claim(desk, asks, lead_id, body.member_id), response)
