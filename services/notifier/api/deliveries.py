"""The delivery log over HTTP."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.listing import EXPORTS, Asked, Listing, listed
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.notifier import queries
from services.notifier.api.entrance import READERS, WRITERS, AtDesk
from services.notifier.domain.delivery import Delivery, State
from services.notifier.handlers import deliveries as handlers

router = APIRouter(prefix="/subscriptions/{subscription_id}/deliveries", tags=["deliveries"])

DELIVERIES: Final = Listing(
    "deliveries",
    order={"queued_at": datetime},
    equal={"state": State, "subject": str, "type": str, "event_id": str, "replay_id": str},
    prefix="",
)


class AttemptView(BaseModel):
    """One attempt."""

    at: datetime
    milliseconds: int
    status: int | None = Field(description="The receiver's HTTP status; null when there was no answer.")
    answer: str = Field(description="The first 1,024 bytes of it.")
    error: str | None = Field(description="Why there was none.")


class DeliveryView(BaseModel):
    """One event on its way, with its last 20 attempts."""

    delivery_id: str = Field(description="What the receiver sees as `webhook-id`.")
    event_id: str
    type: str
    subject: str
    partition: str = Field(description="Where the event stands on the log, such as alerts-3.")
    offset: int
    state: State
    queued_at: datetime
    due_at: datetime | None = Field(description="When it is tried next.")
    ended_at: datetime | None
    attempts: list[AttemptView]
    replay_id: str | None


@router.get("", summary="List deliveries", dependencies=READERS, response_model=Page[DeliveryView], responses=EXPORTS)
async def list_deliveries(
    subscription_id: str, desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(DELIVERIES)]
) -> Page[DeliveryView] | Response:
    """What was to be sent and what came of it, newest event first."""
    return await listed(asked, await queries.deliveries(desk, caller, subscription_id), DeliveryView, _view)


@router.get("/{delivery_id}", summary="Read a delivery", dependencies=READERS)
async def read_delivery(subscription_id: str, delivery_id: str, desk: AtDesk, caller: Calling) -> DeliveryView:
    """One delivery with its attempts."""
    return _view(await queries.delivery(desk, caller, subscription_id, delivery_id))


@router.post("/{delivery_id}/resend", status_code=202, summary="Send again", dependencies=WRITERS)
async def resend_delivery(subscription_id: str, delivery_id: str, desk: AtDesk, asks: Asking) -> DeliveryView:
    """Send it again at once under the same id, whatever became of it; the retries begin anew."""
    return _view(await handlers.resend(desk, asks, subscription_id, delivery_id))


def _view(delivery: Delivery) -> DeliveryView:
    return DeliveryView.model_validate(delivery, from_attributes=True)
