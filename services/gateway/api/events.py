"""Taking events in."""

import math
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.callers import Caller, Role
from backbone.web import Calling
from services.gateway import handlers
from services.gateway.api.door import EVENT_BODY, AtDesk, by_own_page, submitted
from services.gateway.domain.submission import Unparsable
from services.gateway.domain.verdict import Status, Verdict, counts
from services.gateway.handlers import OverQuota, refusal

router = APIRouter(tags=["events"], dependencies=[Depends(by_own_page)])

NOT_READABLE: Final = frozenset({"empty", "broken-text", "broken-json", "too-deep", "duplicate-field"})
"""Reasons for which a single event is answered with 400: the body itself cannot be read."""


class EventAnswer(BaseModel):
    """What became of one event."""

    id: str | None = Field(description="The event's id, as far as it could be read.")
    status: Status = Field(description="Taken in now, taken in before, or refused.")
    reason: str | None = Field(None, description="Why it was refused, as a code.")
    field: str | None = Field(None, description="JSON pointer to what is wrong.")
    detail: str | None = Field(None, description="What to do about it.")


class EventsAnswer(BaseModel):
    """What became of the events of a request."""

    accepted: int
    duplicate: int
    rejected: int
    events: list[EventAnswer] = Field(description="In the order they were sent.")


class Organisation(BaseModel):
    """What a publisher must know to write days and money the way they are counted here."""

    time_zone: str = Field(description="The zone by which days are cut, IANA name.")
    currency: str = Field(description="The currency figures are counted in, ISO 4217.")


@router.post(
    "/events",
    summary="Send events",
    response_model=EventsAnswer,
    openapi_extra={"requestBody": EVENT_BODY},
    responses={429: {"description": "A source is over its quota; nothing was taken. See Retry-After."}},
)
async def take_in(
    request: Request, desk: AtDesk, caller: Annotated[Caller, Depends(allowed(Role.PUBLISHER))]
) -> Response:
    """Send one CloudEvent (structured or binary) or a batch of up to 1,000.

    Every event of a batch is judged on its own and the answer is 200, however
    many were refused: look at `rejected` and at `events`. A single event that
    is refused is answered with a problem. When the answer comes, what was
    accepted is on the log. Sending the same events again is safe: the id
    decides, and the second time answers `duplicate`.
    """
    found = await submitted(request)
    try:
        verdicts = await handlers.take_in(desk, caller.actor, found.events)
    except OverQuota as over:
        seconds = math.ceil(over.seconds)
        raise HTTPException(
            429,
            f"A source of this request is over its quota; send it again in {seconds} s.",
            headers={"retry-after": str(seconds)},
        ) from over
    if not found.batch and verdicts[0].status == "rejected":
        raise _problem(verdicts[0])
    body = _ENCODER.encode({**counts(verdicts), "events": [_shown(verdict) for verdict in verdicts]})
    return Response(body, media_type="application/json")


@router.get("/organisation", summary="Time zone and currency")
async def organisation(request: Request, _: Calling) -> Organisation:
    """By which days and in which money figures are counted; importers ask before they write a date."""
    settings = request.app.state.settings
    return Organisation(time_zone=settings.time_zone, currency=settings.currency)


_ENCODER = msgspec.json.Encoder()


def _shown(verdict: Verdict) -> dict[str, str | None]:
    if verdict.reason is None:
        return {"id": verdict.id, "status": verdict.status}
    return {
        "id": verdict.id,
        "status": verdict.status,
        "reason": verdict.reason,
        "field": verdict.field,
        "detail": verdict.detail,
    }


def _problem(verdict: Verdict) -> Exception:
    if verdict.reason in NOT_READABLE:
        return Unparsable(verdict.reason, verdict.detail or "")
    return refusal(verdict)
