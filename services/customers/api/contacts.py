"""The people we know at a customer's. Personal data: it is read and kept here only, no event carries it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.bodies import Change, Move, view_of
from backbone.callers import Role
from backbone.contract.fields import Code, Text
from backbone.contract.ids import new_event_id
from backbone.rows import Told
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.door import AtDesk
from services.customers.domain.customer import Contact
from services.customers.handlers import customers as handlers

router = APIRouter(tags=["contacts"])

PEOPLE: Final = [Depends(allowed(Role.MANAGER, Role.REP))]
"""Who may know how to reach a person: those who work with customers."""


class ContactToAdd(Change):
    """A person at a customer's."""

    name: Text
    role: Code | None = Field(None, description="What the person does there, such as buyer or decider.")
    phone: Annotated[str, Field(pattern=r"^[+0-9 ()/.-]{3,40}$")] | None = None
    mail: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None


class Removal(Move):
    """Why somebody is no contact any more."""

    reason: Code | None = None


class ContactView(BaseModel):
    """A person at a customer's."""

    contact_id: str
    name: str
    role: str | None
    phone: str | None
    mail: str | None


class ContactsView(BaseModel):
    """Everybody we know at a customer's."""

    customer_id: str
    version: int = Field(description="The customer's; name it when you change the contacts.")
    contacts: list[ContactView]


@router.get("/customers/{customer_id}/contacts", summary="List a customer's contacts", dependencies=PEOPLE)
async def list_contacts(customer_id: str, desk: AtDesk, caller: Calling) -> ContactsView:
    """The contacts of one customer in the caller's row scope; not for keys that read figures only."""
    return view_of(ContactsView, await queries.customer(desk.store, caller, customer_id))


@router.post("/customers/{customer_id}/contacts", status_code=201, summary="Add a contact")
async def add_contact(
    customer_id: str, body: ContactToAdd, desk: AtDesk, asks: Asking, response: Response
) -> ContactsView:
    """Note a person; the event on the log tells that there is one, and nothing about him."""
    contact = Contact(contact_id=new_event_id(), **body.model_dump(exclude={"version"}))
    saved = await handlers.add_contact(desk, asks, customer_id, Told(body.version), contact)
    return view_of(ContactsView, saved, response)


@router.post("/customers/{customer_id}/contacts/{contact_id}/remove", summary="Remove a contact")
async def remove_contact(
    customer_id: str, contact_id: str, body: Removal, desk: AtDesk, asks: Asking, response: Response
) -> ContactsView:
    """Forget a person: nothing of him is kept."""
    saved = await handlers.remove_contact(desk, asks, customer_id, body.told(), contact_id, body.reason)
    return view_of(ContactsView, saved, response)
