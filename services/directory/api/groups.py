"""Work groups: members of any team who share rows across regions."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Id, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking
from services.directory.api.door import ADMINS, PEOPLE, AtDesk
from services.directory.handlers import groups as handlers
from services.directory.queries import groups as queries

router = APIRouter(prefix="/groups", tags=["work groups"])

GROUPS = Listing("groups", order={"name": str}, equal={"member_ids": str})

MOST_MEMBERS = 1_000
Members = Annotated[list[Id], Field(max_length=MOST_MEMBERS)]


class GroupToForm(Body):
    """A new work group."""

    group_id: Id | None = Field(None, description="The id the organisation knows it by; made here by default.")
    name: Text = Field(description="What it is called.", examples=["Canton Fair"])
    member_ids: Members = Field([], description="Its members, of whatever team.")


class GroupToChange(Change):
    """What shall change of a work group; a field that is absent stays."""

    name: Text | None = None
    add: Members = Field([], description="Members it takes in.")
    remove: Members = Field([], description="Members it lets go.")


class GroupView(BaseModel):
    """A work group as it stands."""

    group_id: str
    version: int = Field(description="Name it when you change the group.")
    name: str
    member_ids: list[str]
    closed_at: datetime | None = Field(description="Since when it shares nothing any more; null while it does.")


@router.post("", status_code=201, summary="Form a work group", dependencies=ADMINS)
async def form_group(body: GroupToForm, desk: AtDesk, asks: Asking, response: Response) -> GroupView:
    """Its members see and change the rows that are given to it (`group_ids` of a lead, a customer, a deal).

    Emits group-changed.
    """
    saved = await handlers.form_group(
        desk, asks, body.group_id or new_event_id(), name=body.name, member_ids=body.member_ids
    )
    return view_of(GroupView, saved, response)


@router.get("", summary="List work groups", dependencies=PEOPLE, response_model=Page[GroupView], responses=EXPORTS)
async def list_groups(desk: AtDesk, asked: Annotated[Asked, Depends(GROUPS)]) -> Page[GroupView] | Response:
    """Every work group, closed ones too; `member_ids` asks for those somebody is in."""
    return await views(asked, queries.groups(desk.store), GroupView)


@router.get("/{group_id}", summary="Read a work group", dependencies=PEOPLE)
async def read_group(group_id: str, desk: AtDesk) -> GroupView:
    """One work group."""
    return view_of(GroupView, await queries.group(desk.store, group_id))


@router.patch("/{group_id}", summary="Rename a work group, change its members", dependencies=ADMINS)
async def change_group(group_id: str, body: GroupToChange, desk: AtDesk, asks: Asking, response: Response) -> GroupView:
    """Who is let go sees what is shared no more, everywhere within five seconds. Emits group-changed."""
    saved = await handlers.change_group(
        desk, asks, group_id, version=body.version, name=body.name, add=body.add, remove=body.remove
    )
    return view_of(GroupView, saved, response)


@router.post("/{group_id}/close", summary="Close a work group", dependencies=ADMINS)
async def close_group(group_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response) -> GroupView:
    """It shares nothing any more; the rows stay with their owners. Emits group-changed."""
    return view_of(GroupView, await handlers.close_group(desk, asks, group_id, body.version), response)
