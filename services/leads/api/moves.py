"""What happens to a lead, over HTTP: judged, given away, merged."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from backbone.bodies import Change, Move, view_of
from backbone.contract.fields import Code, Id
from backbone.web import Asking
from services.leads.api.door import LEADERS, AtDesk
from services.leads.api.shapes import LeadView
from services.leads.handlers import merges, moves

router = APIRouter(prefix="/leads/{lead_id}", tags=["leads"])


class Qualification(Move):
    """Why a lead is worth selling to."""

    score: Annotated[int, Field(ge=0, le=100, description="How promising it is.")] | None = None
    reason: Code | None = None


class Disqualification(Move):
    """Why a lead is not worth selling to."""

    reason: Code = Field(examples=["no-budget"])


class Reopening(Move):
    """Why a lead is looked at again."""

    reason: Code | None = None


class Assignment(Move):
    """Who has the lead from now on."""

    owner_id: Id
    reason: Code | None = Field(None, description="Why; `by-hand` by default.")


class Release(Move):
    """Why a lead goes back to the public pool."""

    reason: Code = Field(examples=["wrong-region"])


class Merge(Change):
    """The lead that goes into this one."""

    lead_id: Id
    lead_version: int | None = Field(None, ge=1, description="Its version, as you have seen it; any by default.")


class Unmerging(Change):
    """Why a merge is taken back."""

    reason: Code | None = None


@router.post("/qualify", summary="Qualify a lead")
async def qualify_lead(lead_id: str, body: Qualification, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Find a new lead worth selling to."""
    return view_of(LeadView, await moves.qualify(desk, asks, lead_id, body.told(), body.score, body.reason), response)


@router.post("/disqualify", summary="Disqualify a lead")
async def disqualify_lead(
    lead_id: str, body: Disqualification, desk: AtDesk, asks: Asking, response: Response
) -> LeadView:
    """Find an open lead not worth selling to; the same firm may come in again afterwards."""
    return view_of(LeadView, await moves.disqualify(desk, asks, lead_id, body.told(), body.reason), response)


@router.post("/reopen", summary="Reopen a lead")
async def reopen_lead(lead_id: str, body: Reopening, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Look at a disqualified lead again; refused with `duplicate-lead` when the firm came in again meanwhile."""
    return view_of(LeadView, await moves.reopen(desk, asks, lead_id, body.told(), body.reason), response)


@router.post("/assign", summary="Give a lead to a member", dependencies=LEADERS)
async def assign_lead(lead_id: str, body: Assignment, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Give a lead, also one in the public pool, to a member the caller may act for; no bound holds it up."""
    saved = await moves.assign(desk, asks, lead_id, body.told(), body.owner_id, body.reason)
    return view_of(LeadView, saved, response)


@router.post("/release", summary="Give a lead back to the public pool")
async def release_lead(lead_id: str, body: Release, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Give a lead back. Whoever it is taken from by somebody else cannot take it back for some days."""
    return view_of(LeadView, await moves.release(desk, asks, lead_id, body.told(), body.reason), response)


@router.post("/merge", summary="Merge another lead into this one")
async def merge_lead(lead_id: str, body: Merge, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Let the other lead go into this one, which takes what it lacks and all contacts; the other one is read-only then.

    Killed at any point it is finished or undone by itself within seconds.
    """
    saved = await merges.merge(desk, asks, lead_id, body.version, body.lead_id, body.lead_version)
    return view_of(LeadView, saved, response)


@router.post("/unmerge", summary="Take a merge back")
async def unmerge_lead(lead_id: str, body: Unmerging, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Make a merged lead what it was before; the lead it went into loses what came with it, unless it was changed."""
    saved = await merges.unmerge(desk, asks, lead_id, body.version, body.reason)
    return view_of(LeadView, saved, response)
