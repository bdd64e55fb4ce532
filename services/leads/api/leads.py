"""Leads over HTTP: taking in, reading, correcting."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from backbone.bodies import Change, Move, view_of
from backbone.contract.fields import Amount, Code, Currency, Id, Text
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.leads import queries
from services.leads.api.door import SELLERS, AtDesk, LongText
from services.leads.api.duplicates import LikelyListView, likely_list
from services.leads.api.shapes import ContactToKeep, LeadToCreate, LeadView, lead_of
from services.leads.domain.lead import LeadState
from services.leads.domain.policy import Grade
from services.leads.handlers import capture, moves

router = APIRouter(prefix="/leads", tags=["leads"])

KNOWN: Final = "Lead-Known"
"""Header of the answer when a lead that came in went into one that was known."""

LEADS: Final = Listing(
    "leads",
    order={"created_at": datetime, "value_estimate": int},
    equal={
        "owner_id": str,
        "team_id": str,
        "channel": str,
        "campaign": str,
        "territory": str,
        "grade": Grade,
        "state": LeadState,
    },
)


class Revision(Move):
    """What is to be corrected; a field that is left out stays, null empties one."""

    company_name: Text | None = None
    tax_id: Annotated[str, Field(max_length=40)] | None = None
    note: LongText | None = None
    campaign: Code | None = None
    territory: Code | None = None
    industry: Code | None = None
    grade: Grade | None = None
    product_ids: list[Id] = Field([], max_length=100)
    value_estimate: Amount | None = None
    currency: Currency | None = None
    group_ids: list[Id] = Field([], max_length=20, description="Work groups that share it.")


class ContactChange(Move, ContactToKeep):
    """A person to note; with the id of a known one, what is known of him from now on."""

    contact_id: Id | None = None


class Erasure(Change):
    """Why a person is forgotten."""

    reason: Code | None = Field(None, examples=["asked-for"])


class LeadTakenView(LeadView):
    """A lead that was just taken in, and those it may be the same as."""

    likely: LikelyListView


class QuietView(BaseModel):
    """How long a lead was left alone."""

    touched_at: datetime | None = Field(description="The last visit or follow-up anybody told of.")
    since: datetime | None = Field(description="Since when nothing happened; null when nobody need look after it.")
    next_at: datetime | None = Field(description="When the next reminder or the recycling is due.")


@router.post("", status_code=201, summary="Create a lead", dependencies=SELLERS)
async def create_lead(
    body: LeadToCreate,
    desk: AtDesk,
    asks: Asking,
    response: Response,
    *,
    likely: Annotated[
        bool, Query(description="Also list leads that may be the same, with scores and reasons.")
    ] = False,
) -> LeadTakenView | LeadView:
    """Take a lead in. It counts at once, on the day it came in where the organisation is.

    A lead that is known already (the same tax id, company name or phone, by the organisation's policy) is
    refused with `duplicate-lead`, or goes into the known one: then the answer is that one, with status 200 and
    the header `Lead-Known`.
    """
    lead = await lead_of(body, desk, asks)
    saved = await capture.create_lead(desk, asks, lead)
    if saved.id != lead.lead_id and not saved.replayed:
        response.status_code = 200
        response.headers[KNOWN] = saved.id
    view = view_of(LeadView, saved, response)
    if not likely:
        return view
    found = await likely_list(desk, asks.caller, saved.state.traits, except_id=saved.id)
    return LeadTakenView(**view.model_dump(), likely=found)


@router.get("", summary="List leads", response_model=Page[LeadView], responses=EXPORTS)
async def list_leads(asked: Annotated[Asked, Depends(LEADS)], desk: AtDesk, caller: Calling) -> Any:
    """Leads in the caller's row scope, newest first."""
    return await views(asked, queries.leads(desk.store, caller), LeadView)


@router.get("/{lead_id}", summary="Read a lead")
async def read_lead(lead_id: str, desk: AtDesk, caller: Calling) -> LeadView:
    """One lead in the caller's row scope; a merged one says into which it went."""
    return view_of(LeadView, await queries.lead(desk.store, caller, lead_id))


@router.get("/{lead_id}/quiet", summary="How long was a lead left alone?")
async def read_quiet(lead_id: str, desk: AtDesk, caller: Calling) -> QuietView:
    """Since when nobody was in touch, and when the next reminder or the recycling comes."""
    saved = await queries.lead(desk.store, caller, lead_id)
    found = await queries.quiet(desk.store, saved.state)
    return QuietView(touched_at=found.touched_at, since=found.since, next_at=found.next_at)


@router.patch("/{lead_id}", summary="Correct a lead")
async def revise_lead(lead_id: str, body: Revision, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Correct what is known of an open lead."""
    changes = body.model_dump(include=body.model_fields_set - {"version", "at"})
    lists = {name: tuple(value) for name, value in changes.items() if isinstance(value, list)}
    saved = await moves.revise(desk, asks, lead_id, body.told(), {**changes, **lists})
    return view_of(LeadView, saved, response)


@router.post("/{lead_id}/contacts", summary="Note a person at a lead")
async def keep_contact(lead_id: str, body: ContactChange, desk: AtDesk, asks: Asking, response: Response) -> LeadView:
    """Note a person, or correct what is known of one; no event carries a word of it."""
    contact = ContactToKeep(name=body.name, phone=body.phone, mail=body.mail).contact(body.contact_id)
    saved = await moves.keep_contact(desk, asks, lead_id, body.told(), contact)
    return view_of(LeadView, saved, response)


@router.post("/{lead_id}/contacts/{contact_id}/erase", summary="Forget a person at a lead")
async def erase_contact(
    lead_id: str, contact_id: str, body: Erasure, desk: AtDesk, asks: Asking, response: Response
) -> LeadView:
    """Erase name, phone, mail and the note, here and at the leads this one was merged with.

    The log held nothing of the person and stays as it is; figures stay.
    """
    saved = await moves.erase_contact(desk, asks, lead_id, body.version, contact_id, body.reason)
    return view_of(LeadView, saved, response)
