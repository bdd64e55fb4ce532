"""A member leaves: what would go over, letting him go, and handing over what somebody left behind."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Code, Id
from backbone.idempotency import By
from backbone.saga.api import AtRunner, SagaView, answer_saga
from backbone.web import Asking
from services.directory.api.door import ADMINS, AtDesk
from services.directory.api.members import MemberView
from services.directory.domain.leaving import LeadsGo
from services.directory.handlers import leaving as handlers
from services.directory.handlers.leaving import Wish

router = APIRouter(prefix="/members", tags=["leaving"], dependencies=ADMINS)

Successor = Annotated[
    Id | None,
    Field(description="Who takes over what is open; by default whoever leads the team, or the nearest one above it."),
]
Leads = Annotated[
    LeadsGo | None,
    Field(strict=False, description="Where the leads go; by default to the successor named here, else to the pool."),
]


class Leave(Change):
    """A member goes."""

    successor_id: Successor = None
    leads: Leads = None
    reason: Code | None = None


class HandOver(Body):
    """To whom goes what somebody left behind."""

    successor_id: Successor = None
    leads: Leads = None


class LeavingView(MemberView):
    """A member who has left, and how far the hand-over has come."""

    hand_over: SagaView


class LeavingPreview(BaseModel):
    """What somebody would leave behind, and to whom it would go."""

    member_id: str
    successor_id: str | None = Field(description="Who would take over; null = nobody: customers and deals would stay.")
    leads: LeadsGo
    kinds: dict[str, dict[str, int]] = Field(
        description="How many rows by service and kind.",
        examples=[{"directory": {"teams": 1}, "leads": {"leads": 12}, "customers": {"customers": 40, "deals": 7}}],
    )
    unavailable: list[str] = Field(description="Services that did not answer: their rows are not counted here.")
    complete: bool = Field(description="Whether every service answered.")


@router.get("/{member_id}/leaving", summary="What would a member leave behind?")
async def preview_leaving(
    member_id: str,
    desk: AtDesk,
    asks: Asking,
    successor_id: Annotated[str | None, Query(description="Whom you think of; the team's leader by default.")] = None,
    leads: Annotated[LeadsGo | None, Query(description="Where the leads would go.")] = None,
) -> LeavingPreview:
    """Count what somebody must take on, in every service; one that is down is named and the rest is told."""
    by = By(actor=asks.by.actor, request_id=asks.by.request_id, traceparent=asks.by.traceparent)
    estate = await handlers.preview(desk, by, member_id, Wish(successor_id, leads))
    return LeavingPreview(
        member_id=member_id,
        successor_id=estate.successor_id,
        leads=estate.leads,
        kinds=estate.kinds,
        unavailable=estate.unavailable,
        complete=not estate.unavailable,
    )


@router.post(
    "/{member_id}/leave",
    summary="Let a member go",
    responses={202: {"model": LeavingView, "description": "He has left; the hand-over goes on by itself."}},
)
async def let_member_go(
    member_id: str, body: Leave, desk: AtDesk, sagas: AtRunner, asks: Asking, response: Response
) -> LeavingView:
    """End his access at once and hand over what is his; 202 when that goes on after the answer.

    His keys stop working here at once and everywhere within five seconds. What he did stays his; teams he
    leads, leads, customers, open deals, visit plans, due follow-ups and open complaints get a new owner, each
    with its own event. Ask `GET /sagas/{saga_id}` how far it is. Emits member-left.
    """
    wish = Wish(body.successor_id, body.leads, body.reason)
    member, saga = await handlers.let_member_go(desk, sagas, asks, member_id, body.version, wish)
    hand_over = answer_saga(saga, response)
    return LeavingView(**view_of(MemberView, member).model_dump(), hand_over=hand_over)


@router.post(
    "/{member_id}/hand-over",
    summary="Hand over what somebody left behind",
    responses={202: {"model": SagaView, "description": "It goes on by itself."}},
)
async def hand_over(
    member_id: str, body: HandOver, desk: AtDesk, sagas: AtRunner, asks: Asking, response: Response
) -> SagaView:
    """Hand over what somebody still owns who has left before, such as one an outside system told of."""
    wish = Wish(body.successor_id, body.leads)
    return answer_saga(await handlers.hand_over(desk, sagas, asks, member_id, wish), response)
