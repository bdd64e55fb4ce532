"""Customers over HTTP."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Move, view_of
from backbone.contract.fields import Code, Id, Moment, Text
from backbone.contract.ids import new_event_id
from backbone.moments import told_at
from backbone.paging import Cursor, Limit, Page
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.door import AtDesk
from services.customers.domain.customer import Customer, Grade
from services.customers.handlers import customers as handlers

router = APIRouter(tags=["customers"])


class CustomerToCreate(Body):
    """A customer to enter; `name` is the organisation's and stays in this service."""

    name: Text
    owner_id: Id | None = Field(None, description="Whose customer it is; the key's own member by default.")
    grade: Grade | None = None
    channel: Code | None = Field(
        None, description="How it came to us: web, phone, dealer, fair, referral or another code."
    )
    territory: Code | None = None
    industry: Code | None = None
    lead_id: Id | None = Field(None, description="The lead it came from.")
    parent_customer_id: Id | None = Field(None, description="The customer it is a subsidiary of.")
    created_at: Moment | None = Field(None, description="When it became a customer; now by default.")


class Grading(Move):
    """The grade from now on."""

    grade: Grade
    reason: Code | None = None


class OwnerChange(Move):
    """Whose customer it is from now on."""

    owner_id: Id
    reason: Code | None = None


class CustomerView(BaseModel):
    """A customer as it stands."""

    customer_id: str
    version: int = Field(description="Name it when you change the customer.")
    name: str
    owner_id: str
    team_id: str | None
    grade: Grade | None
    channel: str | None
    territory: str | None
    industry: str | None
    lead_id: str | None
    parent_customer_id: str | None
    created_at: datetime
    owned_since: datetime
    recorded_at: datetime


@router.post("/customers", status_code=201, summary="Enter a customer")
async def create_customer(body: CustomerToCreate, desk: AtDesk, asks: Asking, response: Response) -> CustomerView:
    """Enter a customer. It counts as new on the day of `created_at` where the organisation is."""
    owner = await desk.members.acting(asks.caller, body.owner_id, field="/owner_id")
    now = desk.now()
    created_at = told_at(body.created_at, now)
    customer = Customer(
        customer_id=new_event_id(),
        owner_id=owner.member_id,
        team_id=owner.team_id,
        created_at=created_at,
        graded_since=created_at,
        owned_since=created_at,
        recorded_at=now,
        **body.model_dump(exclude={"owner_id", "created_at"}),
    )
    return view_of(CustomerView, await handlers.create_customer(desk, asks, customer), response)


@router.get("/customers", summary="List customers")
async def list_customers(
    desk: AtDesk,
    caller: Calling,
    owner_id: str | None = None,
    grade: Grade | None = None,
    territory: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CustomerView]:
    """Customers in the caller's row scope, newest first."""
    found, following = await queries.customer_page(
        desk.store, caller, owner_id=owner_id, grade=grade, territory=territory, cursor=cursor, limit=limit
    )
    return Page(items=[view_of(CustomerView, saved) for saved in found], next=following)


@router.get("/customers/{customer_id}", summary="Read a customer")
async def read_customer(customer_id: str, desk: AtDesk, caller: Calling) -> CustomerView:
    """One customer in the caller's row scope."""
    return view_of(CustomerView, await queries.customer(desk.store, caller, customer_id))


@router.post("/customers/{customer_id}/grade", summary="Grade a customer")
async def grade_customer(
    customer_id: str, body: Grading, desk: AtDesk, asks: Asking, response: Response
) -> CustomerView:
    """Say how important it is: A, B or C."""
    saved = await handlers.grade(desk, asks, customer_id, body.told(), body.grade, body.reason)
    return view_of(CustomerView, saved, response)


@router.post("/customers/{customer_id}/owner", summary="Give a customer to another member")
async def change_customer_owner(
    customer_id: str, body: OwnerChange, desk: AtDesk, asks: Asking, response: Response
) -> CustomerView:
    """Give it to a member the caller may act for; what happened before stays with the owner of that time."""
    saved = await handlers.change_owner(desk, asks, customer_id, body.told(), body.owner_id, body.reason)
    return view_of(CustomerView, saved, response)
