"""The HTTP door of leads."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.bodies import Body, view_of
from backbone.callers import Role
from backbone.contract.fields import Amount, Code, Currency, Id, Moment, Text
from backbone.contract.ids import new_event_id
from backbone.members import Member
from backbone.moments import told_at
from backbone.paging import Cursor, Limit, Page
from backbone.web import Asking, Asks, Calling
from services.leads import handlers, queries
from services.leads.domain.lead import Contact, Lead, LeadState
from services.leads.handlers import Desk

router = APIRouter(prefix="/leads", tags=["leads"])


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ()./-]{2,31}$", description="With country code if it is known.")]
Mail = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


class ContactToKeep(Body):
    """How the person is called and reached. It stays here: events never carry it."""

    name: Text
    phone: Phone | None = None
    mail: Mail | None = None


class LeadToCreate(Body):
    """A lead as it came in."""

    channel: Code = Field(description="How it came in: web, phone, dealer, fair, referral, import or another code.")
    contact: ContactToKeep
    owner_id: Id | None = Field(
        None, description="Whose it is; the key's own member by default. Null puts it into the public pool."
    )
    campaign: Code | None = None
    territory: Code | None = None
    industry: Code | None = None
    product_ids: list[Id] = Field([], max_length=100, description="Products it is about.")
    value_estimate: Amount | None = Field(None, description="What it may be worth, in minor units of the currency.")
    currency: Currency | None = Field(None, description="Of value_estimate; the organisation's by default.")
    created_at: Moment | None = Field(None, description="When it came in; now by default.")


class ContactView(BaseModel):
    """How the person is called and reached."""

    name: str
    phone: str | None
    mail: str | None


class LeadView(BaseModel):
    """A lead as it stands."""

    lead_id: str
    version: int = Field(description="Name it when you change the lead.")
    state: LeadState
    owner_id: str | None = Field(description="Null while it lies in the public pool.")
    team_id: str | None
    channel: str
    campaign: str | None
    territory: str | None
    industry: str | None
    product_ids: list[str]
    value_estimate: int | None
    currency: str | None
    contact: ContactView | None = Field(description="Null when an outside system told of the lead by an event.")
    created_at: datetime
    recorded_at: datetime


@router.post("", status_code=201, summary="Create a lead", dependencies=[Depends(allowed(Role.MANAGER, Role.REP))])
async def create_lead(body: LeadToCreate, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Take a lead in. It counts at once, on the day it came in where the organisation is."""
    owner = await _owner(body, desk, asks)
    now = desk.now()
    lead = Lead(
        lead_id=new_event_id(),
        owner_id=None if owner is None else owner.member_id,
        team_id=None if owner is None else owner.team_id,
        channel=body.channel,
        campaign=body.campaign,
        territory=body.territory,
        industry=body.industry,
        product_ids=tuple(body.product_ids),
        value_estimate=body.value_estimate,
        currency=body.currency or (None if body.value_estimate is None else desk.currency),
        contact=Contact(**body.contact.model_dump()),
        created_at=told_at(body.created_at, now),
        recorded_at=now,
    )
    return view_of(LeadView, await handlers.create_lead(desk, asks, lead), response)


@router.get("", summary="List leads")
async def list_leads(
    desk: AtDesk,
    caller: Calling,
    owner_id: str | None = None,
    team_id: str | None = None,
    channel: str | None = None,
    state: LeadState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[LeadView]:
    """Leads in the caller's row scope, newest first."""
    wanted = {"owner_id": owner_id, "team_id": team_id, "channel": channel, "state": state}
    found, following = await queries.lead_page(desk.store, caller, wanted, cursor=cursor, limit=limit)
    return Page(items=[view_of(LeadView, saved) for saved in found], next=following)


@router.get("/{lead_id}", summary="Read a lead")
async def read_lead(lead_id: str, desk: AtDesk, caller: Calling) -> LeadView:
    """One lead in the caller's row scope."""
    return view_of(LeadView, await queries.lead(desk.store, caller, lead_id))


async def _owner(body: LeadToCreate, desk: Desk, asks: Asks) -> Member | None:
    to_pool = body.owner_id is None and ("owner_id" in body.model_fields_set or asks.caller.member_id is None)
    return None if to_pool else await desk.members.acting(asks.caller, body.owner_id, field="/owner_id")
