"""The people we know at a customer's. Personal data: it is read and kept here only, no event carries it."""

from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.bodies import Body, Change, Move, view_of
from backbone.callers import Role
from backbone.contract.fields import Code, Id, Text
from backbone.contract.ids import new_event_id
from backbone.problems import Refused
from backbone.rows import Told
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.customer_shapes import LifeDay, Mail, Phone
from services.customers.api.door import AtDesk
from services.customers.domain.contact import Contact
from services.customers.handlers import contacts as handlers

router = APIRouter(tags=["contacts"])

PEOPLE: Final = [Depends(allowed(Role.MANAGER, Role.REP, Role.SERVICE, Role.PLATFORM))]
"""Who may know how to reach a person: those who work with customers."""


class ContactToAdd(Change):
    """A person at a customer's."""

    name: Text
    role: Code | None = Field(None, description="What the person does there, such as buyer or decider.")
    phone: Phone | None = None
    mail: Mail | None = None
    birthday: LifeDay | None = None
    primary: bool = Field(False, description="Whom to ask first; the first contact is, until another one is named.")


class ContactRevision(Change):
    """What is corrected: what is left out stays, null takes a value off."""

    name: Text | None = None
    role: Code | None = None
    phone: Phone | None = None
    mail: Mail | None = None
    birthday: LifeDay | None = None
    primary: bool = False

    def values(self) -> dict[str, Any]:
        """What is told, by field of the contact."""
        return self.model_dump(include=self.model_fields_set - {"version"})


class Removal(Move):
    """Why somebody is no contact any more."""

    reason: Code | None = None


class PersonToErase(Body):
    """A person who wants to be forgotten, by one of the three; a phone and a mail address in any spelling."""

    contact_id: Id | None = None
    phone: Phone | None = None
    mail: Mail | None = None


class ContactView(BaseModel):
    """A person at a customer's."""

    contact_id: str
    name: str
    role: str | None
    phone: str | None
    mail: str | None
    birthday: date | None
    primary: bool


class ContactsView(BaseModel):
    """Everybody we know at a customer's."""

    customer_id: str
    version: int = Field(description="The customer's; name it when you change the contacts.")
    contacts: list[ContactView]


class Erased(BaseModel):
    """One contact that was forgotten."""

    customer_id: str
    contact_id: str


class ErasureView(BaseModel):
    """What was forgotten by this request."""

    erased: list[Erased]


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


@router.post("/customers/{customer_id}/contacts/{contact_id}/revise", summary="Correct a contact")
async def revise_contact(
    customer_id: str, contact_id: str, body: ContactRevision, desk: AtDesk, asks: Asking, response: Response
) -> ContactsView:
    """Correct what is known of a person; the event on the log names the fields, not their values."""
    saved = await handlers.revise_contact(desk, asks, customer_id, Told(body.version), contact_id, body.values())
    return view_of(ContactsView, saved, response)


@router.post("/customers/{customer_id}/contacts/{contact_id}/remove", summary="Remove a contact")
async def remove_contact(
    customer_id: str, contact_id: str, body: Removal, desk: AtDesk, asks: Asking, response: Response
) -> ContactsView:
    """Forget a person: nothing of him is kept."""
    saved = await handlers.remove_contact(desk, asks, customer_id, body.told(), contact_id, body.reason)
    return view_of(ContactsView, saved, response)


@router.post("/contacts/erase", summary="Forget a person", dependencies=[Depends(allowed(Role.MANAGER, Role.REP))])
async def erase_person(body: PersonToErase, desk: AtDesk, asks: Asking) -> ErasureView:
    """Forget a person at every customer in the caller's row scope; the log needs no change, and figures stay.

    Asked again it erases what was added meanwhile and tells nothing else.
    """
    if (body.contact_id, body.phone, body.mail) == (None, None, None):
        raise Refused("nobody-named", "Name the person by contact_id, phone or mail.", field="/contact_id")
    erased = await handlers.erase_person(desk, asks, contact_id=body.contact_id, phone=body.phone, mail=body.mail)
    return ErasureView(erased=[Erased(customer_id=customer, contact_id=contact) for customer, contact in erased])
