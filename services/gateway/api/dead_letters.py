"""Dead letters: view what was refused, mend it, send it in again."""

import base64
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone.auth import allowed
from backbone.callers import Caller
from backbone.listing import EXPORTS, Asked, Listing, listed
from backbone.paging import Page
from services.gateway import handlers, queries
from services.gateway.api.door import EVENT_BODY, AtDesk, by_own_page, one_submitted
from services.gateway.queries import DeadLetter

router = APIRouter(
    prefix="/dead-letters", tags=["dead letters"], dependencies=[Depends(by_own_page), Depends(allowed())]
)

DEAD_LETTERS: Final = Listing(
    "dead-letters",
    order={"at": datetime},
    equal={"topic": str, "reason": str, "refused_by": str, "type": str},
    prefix="",
)
SHOWN_IN_LIST: Final = 2_000
"""Characters of the original in a list; the whole is in the single view."""


class ResubmissionView(BaseModel):
    """When it was sent in again."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    by: str
    event_id: str | None


class DeadLetterView(BaseModel):
    """A record that was refused."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    topic: str = Field(description="Where it stands on the log, with partition and offset.")
    partition: int
    offset: int
    at: datetime = Field(description="When it was written there.")
    refused_by: str = Field(description="The service that could not use it.")
    type: str | None = Field(description="What it says it is, where that can be read.")
    reason: str
    field: str | None
    detail: str
    text: str = Field(description="The original; what is no UTF-8 is shown as replacement characters.")
    cut: bool = Field(description="Whether the original was too large to be kept whole.")
    resubmitted: ResubmissionView | None


class HeaderView(BaseModel):
    """A header of the record."""

    name: str
    value_base64: str | None


class WholeDeadLetterView(DeadLetterView):
    """The same with the original byte by byte."""

    value_base64: str
    headers: list[HeaderView]


class Resubmitted(BaseModel):
    """What became of it."""

    id: str
    event_id: str | None
    status: str


@router.get("", summary="List dead letters", response_model=Page[DeadLetterView], responses=EXPORTS)
async def list_dead_letters(
    desk: AtDesk,
    asked: Annotated[Asked, Depends(DEAD_LETTERS)],
    waiting: Annotated[bool, Query(description="Only those not sent in again yet.")] = False,
) -> Page[DeadLetterView] | Response:
    """What no service could use, newest first, with the reason and the original text."""
    return await listed(asked, queries.dead_letters(desk.store, waiting=waiting), DeadLetterView, _shown)


@router.get("/{dead_letter_id}", summary="Read a dead letter")
async def read_dead_letter(dead_letter_id: str, desk: AtDesk) -> WholeDeadLetterView:
    """One dead letter with its original bytes and headers."""
    return _whole(await queries.dead_letter(desk.store, dead_letter_id))


@router.post(
    "/{dead_letter_id}/resubmit",
    summary="Send a dead letter in again",
    openapi_extra={"requestBody": {**EVENT_BODY, "required": False}},
)
async def resubmit(
    dead_letter_id: str, request: Request, desk: AtDesk, caller: Annotated[Caller, Depends(allowed())]
) -> Resubmitted:
    """Send it in as it was (empty body) or corrected (the event as the body); it is marked as resubmitted.

    Keep the event's id: who has counted it knows the id and counts it once.
    """
    verdict = await handlers.resubmit(desk, caller.actor, dead_letter_id, await one_submitted(request))
    return Resubmitted(id=dead_letter_id, event_id=verdict.id, status=verdict.status)


def _shown(letter: DeadLetter) -> DeadLetterView:
    view = DeadLetterView.model_validate(letter)
    return view.model_copy(update={"text": view.text[:SHOWN_IN_LIST]})


def _whole(letter: DeadLetter) -> WholeDeadLetterView:
    return WholeDeadLetterView(
        **DeadLetterView.model_validate(letter).model_dump(),
        value_base64=base64.b64encode(letter.value).decode(),
        headers=[
            HeaderView(name=name, value_base64=None if value is None else base64.b64encode(value).decode())
            for name, value in letter.headers
        ],
    )
