"""Forgetting a person wherever he is known, over HTTP."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from backbone.bodies import Body
from backbone.contract.fields import Code
from backbone.problems import Refused
from backbone.web import Asking
from services.leads.api.door import ADMINS, AtDesk, Mail, Phone
from services.leads.handlers import moves

router = APIRouter(prefix="/erasures", tags=["leads"])


class ErasureToDo(Body):
    """Who is to be forgotten: whoever has this phone or this mail."""

    phone: Phone | None = None
    mail: Mail | None = None
    reason: Code | None = Field(None, examples=["asked-for"])


class ErasureDone(BaseModel):
    """How much was forgotten."""

    contacts: int
    leads: int


@router.post("", summary="Forget a person everywhere", dependencies=ADMINS)
async def erase_person(body: ErasureToDo, desk: AtDesk, asks: Asking) -> ErasureDone:
    """Erase whoever has this phone or mail at every lead; `lead-contact-erased` tells other systems by id.

    Sent again it finds nothing more. The log held nothing of the person and stays as it is.
    """
    if body.phone is None and body.mail is None:
        raise Refused("nobody-named", "Give a phone number or a mail address.", field="/phone")
    contacts, leads = await moves.erase_person(desk, asks, body.phone, body.mail, body.reason)
    return ErasureDone(contacts=contacts, leads=leads)
