"""Replays over HTTP."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, view_of
from backbone.contract.fields import Moment
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.notifier import queries
from services.notifier.api.entrance import READERS, WRITERS, AtDesk
from services.notifier.domain.replay import State
from services.notifier.handlers import replays as handlers

router = APIRouter(prefix="/subscriptions/{subscription_id}/replays", tags=["replays"])

REPLAYS: Final = Listing("replays", order={"asked_at": datetime}, equal={"state": State})


class ReplayToMake(Body):
    """What came onto the log from `since` until before `until`, by the time the log took it."""

    since: Moment
    until: Moment | None = Field(None, description="Now by default.")
    delivered: bool = Field(False, description="Also what was delivered before, under the same ids.")


class ReplayView(BaseModel):
    """A replay as it stands."""

    replay_id: str
    version: int
    subscription_id: str
    since: datetime
    until: datetime
    delivered: bool
    state: State = Field(description="stopped: the subscription was removed or its key withdrawn.")
    matched: int = Field(description="Events that were for the subscription.")
    queued: int = Field(description="Those of them that are sent because of it.")
    asked_at: datetime
    ended_at: datetime | None


@router.post("", status_code=202, summary="Replay the past", dependencies=WRITERS)
async def ask_replay(
    subscription_id: str, body: ReplayToMake, desk: AtDesk, asks: Asking, response: Response
) -> ReplayView:
    """Read the log again from a moment and send what the subscription wants, by its filters and scope of now."""
    saved = await handlers.ask(
        desk, asks, subscription_id, since=body.since, until=body.until, delivered=body.delivered
    )
    return view_of(ReplayView, saved, response)


@router.get("", summary="List replays", dependencies=READERS, response_model=Page[ReplayView], responses=EXPORTS)
async def list_replays(
    subscription_id: str, desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(REPLAYS)]
) -> Page[ReplayView] | Response:
    """The replays of a subscription, newest first."""
    return await views(asked, await queries.replays(desk, caller, subscription_id), ReplayView)


@router.get("/{replay_id}", summary="Read a replay", dependencies=READERS)
async def read_replay(subscription_id: str, replay_id: str, desk: AtDesk, caller: Calling) -> ReplayView:
    """How far a replay has come."""
    return view_of(ReplayView, await queries.replay(desk, caller, subscription_id, replay_id))
