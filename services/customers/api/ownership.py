"""Whose a customer is, over HTTP: its owner and co-owners, its grade, its place in a group of companies."""

from datetime import date, datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Move, view_of
from backbone.contract.fields import Code, Day, Id
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.customer_shapes import CustomerView, OwnershipView
from services.customers.api.door import AtDesk
from services.customers.domain.customer import Grade
from services.customers.handlers import customers as handlers
from services.customers.queries.groups import group_of

router = APIRouter(tags=["customers"])


class Grading(Move):
    """The grade from now on."""

    grade: Grade
    reason: Code | None = None
    holds_until_on: Day | None = Field(
        None, description="The last day on which no rule changes this grade; by default the next run of the rules may."
    )


class OwnerChange(Move):
    """Whose customer it is from now on."""

    owner_id: Id
    reason: Code | None = None


class CustomersHandOver(Body):
    """Customers that go to another member together."""

    customer_ids: list[Id] = Field(min_length=1, max_length=200)
    owner_id: Id
    reason: Code | None = None


class NotGiven(BaseModel):
    """A customer that could not be given, and why."""

    customer_id: str
    code: str
    detail: str


class HandOverView(BaseModel):
    """What a hand-over did."""

    given: list[str] = Field(description="Customers the member owns now.")
    not_given: list[NotGiven]


class Sharing(Move):
    """Who sees and changes it beside the owner; what is left out stays."""

    co_owner_ids: list[Id] | None = Field(None, max_length=20)
    group_ids: list[Id] | None = Field(None, max_length=20, description="Work groups of the directory.")
    reason: Code | None = None


class Placing(Move):
    """The customer it is a subsidiary of from now on; null for none."""

    parent_customer_id: Id | None
    reason: Code | None = None


class OwnersView(BaseModel):
    """Whose a customer is and was."""

    customer_id: str
    version: int
    owner_id: str | None
    team_id: str | None
    co_owner_ids: list[str]
    group_ids: list[str] = Field(description="Work groups it is given to, and its co-owners.")
    owned_since: datetime
    owned_before: list[OwnershipView] = Field(description="The first one first.")


class MemberOfGroup(BaseModel):
    """One customer of a group of companies."""

    customer_id: str
    parent_customer_id: str | None
    depth: int = Field(description="0 for the head of the group.")
    visible: bool = Field(description="Whether it is in the caller's row scope; if not, only its place is told.")
    name: str | None
    owner_id: str | None
    grade: str | None


class GroupView(BaseModel):
    """A group of companies, its head first, each one behind the one above it."""

    head_customer_id: str
    members: list[MemberOfGroup]
    whole: bool = Field(description="False when the group is larger than what is shown.")


@router.post("/customers/{customer_id}/grade", summary="Grade a customer")
async def grade_customer(
    customer_id: str, body: Grading, desk: AtDesk, asks: Asking, response: Response
) -> CustomerView:
    """Say how important it is: A, B or C. Until `holds_until_on` is over, no rule says otherwise."""
    holds: date | None = body.holds_until_on
    saved = await handlers.grade(desk, asks, customer_id, body.told(), body.grade, body.reason, holds)
    return view_of(CustomerView, saved, response)


@router.post("/customers/{customer_id}/owner", summary="Give a customer to another member")
async def change_customer_owner(
    customer_id: str, body: OwnerChange, desk: AtDesk, asks: Asking, response: Response
) -> CustomerView:
    """Give it to a member the caller may act for; what happened before stays with the owner of that time."""
    saved = await handlers.change_owner(desk, asks, customer_id, body.told(), body.owner_id, body.reason)
    return view_of(CustomerView, saved, response)


@router.post("/customers/hand-over", summary="Give several customers to another member")
async def hand_customers_over(body: CustomersHandOver, desk: AtDesk, asks: Asking) -> HandOverView:
    """Up to 200 at once, each with its own event; whoever could not be given is named. It may be sent again."""
    given, refused = await handlers.hand_over(desk, asks, body.customer_ids, body.owner_id, body.reason)
    return HandOverView(
        given=given,
        not_given=[NotGiven(customer_id=id_, code=why.code, detail=why.detail) for id_, why in refused],
    )


@router.post("/customers/{customer_id}/share", summary="Share a customer")
async def share_customer(
    customer_id: str, body: Sharing, desk: AtDesk, asks: Asking, response: Response
) -> CustomerView:
    """Name co-owners and work groups who see and change it beside the owner; figures stay the owner's."""
    saved = await handlers.share(desk, asks, customer_id, body.told(), body.co_owner_ids, body.group_ids, body.reason)
    return view_of(CustomerView, saved, response)


@router.get("/customers/{customer_id}/owners", summary="Who owned a customer, from when to when")
async def list_owners(customer_id: str, desk: AtDesk, caller: Calling) -> OwnersView:
    """The present owner and co-owners, and everybody who owned it before."""
    return view_of(OwnersView, await queries.customer(desk.store, caller, customer_id))


@router.post("/customers/{customer_id}/parent", summary="Place a customer in a group of companies")
async def place_customer(
    customer_id: str, body: Placing, desk: AtDesk, asks: Asking, response: Response
) -> CustomerView:
    """Make it a subsidiary of another customer, or nobody's; nobody stands above himself."""
    saved = await handlers.place_in_group(desk, asks, customer_id, body.told(), body.parent_customer_id, body.reason)
    return view_of(CustomerView, saved, response)


@router.get("/customers/{customer_id}/group", summary="Show the group of companies a customer belongs to")
async def show_group(customer_id: str, desk: AtDesk, caller: Calling) -> GroupView:
    """The whole tree, from its head down; of a company outside the caller's row scope only the place is told."""
    tree = await group_of(desk.store, caller, customer_id)
    return GroupView.model_validate(tree, from_attributes=True)
