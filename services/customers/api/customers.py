"""Customers over HTTP: entering, reading, listing, correcting."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from backbone.bodies import Body, Move, view_of
from backbone.contract.fields import Code, Id, Moment, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.moments import told_at
from backbone.paging import Page
from backbone.web import Asking, Asks, Calling
from services.customers import queries
from services.customers.api.customer_shapes import (
    CustomerView,
    IntervalShape,
    LifeDay,
    Mail,
    Phone,
    PlaceShape,
    TaxId,
    interval_of,
    place_of,
)
from services.customers.api.door import AtDesk
from services.customers.desk import Desk
from services.customers.domain.customer import Customer, Grade
from services.customers.domain.duplicate import Policy
from services.customers.handlers import customers as handlers

router = APIRouter(tags=["customers"])

CUSTOMERS: Final = Listing(
    "customers",
    order={"created_at": datetime, "name": str},
    equal={
        "owner_id": str,
        "team_id": str,
        "grade": str,
        "channel": str,
        "territory": str,
        "industry": str,
        "tags": str,
        "parent_customer_id": str,
        "lead_id": str,
    },
)


class CustomerToCreate(Body):
    """A customer to enter; `name` is the organisation's and stays in this service."""

    name: Text = Field(examples=["合肥泵业有限公司"])
    owner_id: Id | None = Field(None, description="Whose customer it is; the key's own member by default.")
    grade: Grade | None = None
    channel: Code | None = Field(
        None, description="How it came to us: web, phone, dealer, fair, referral or another code."
    )
    territory: Code | None = None
    industry: Code | None = None
    lead_id: Id | None = Field(None, description="The lead it came from.")
    parent_customer_id: Id | None = Field(None, description="The customer it is a subsidiary of.")
    tags: list[Code] = Field([], max_length=50)
    tax_id: TaxId | None = None
    phone: Phone | None = None
    mail: Mail | None = None
    place: PlaceShape | None = None
    opening_hours: list[IntervalShape] = Field([], max_length=42, description="Of a week, by the customer's clock.")
    founded_on: LifeDay | None = Field(None, description="The day it was founded; its anniversary is told.")
    created_at: Moment | None = Field(None, description="When it became a customer; now by default.")
    duplicates: Policy | None = Field(
        None,
        description="`refuse`: a customer that matches another one exactly (tax id, name, phone, mail) is not entered; "
        "`allow`: it is, whatever is there. By default only the same tax id is refused.",
    )


class CustomerRevision(Move):
    """What is corrected: what is left out stays, null takes a value off."""

    name: Text | None = None
    channel: Code | None = None
    territory: Code | None = None
    industry: Code | None = None
    tax_id: TaxId | None = None
    phone: Phone | None = None
    mail: Mail | None = None
    place: PlaceShape | None = None
    opening_hours: list[IntervalShape] | None = Field(None, max_length=42)
    founded_on: LifeDay | None = None
    reason: Code | None = None

    def values(self) -> dict[str, Any]:
        """What is told, by field of the customer, as the domain takes it."""
        named = self.model_fields_set - {"version", "at", "reason"}
        values = {name: getattr(self, name) for name in named}
        if "place" in values:
            values["place"] = place_of(self.place)
        if "opening_hours" in values:
            values["opening_hours"] = tuple(interval_of(one) for one in self.opening_hours or ())
        return values


class Tagging(Move):
    """Tags to put on and to take off."""

    add: list[Code] = Field([], max_length=50, examples=[["key-account"]])
    remove: list[Code] = Field([], max_length=50)


async def customer_of(body: CustomerToCreate, desk: Desk, asks: Asks) -> Customer:
    """The customer a body tells of, owned by whom it names or by the caller.

    Raises:
        Refused: there is no such member, or he has left.
        Forbidden: the caller may not act for him.
    """
    owner = await desk.members.acting(asks.caller, body.owner_id, field="/owner_id")
    now = desk.now()
    created_at = told_at(body.created_at, now)
    plain = {"name", "grade", "channel", "territory", "industry", "lead_id", "parent_customer_id"}
    plain |= {"tax_id", "phone", "mail", "founded_on"}
    return Customer(
        customer_id=new_event_id(),
        owner_id=owner.member_id,
        team_id=owner.team_id,
        graded_by="hand" if body.grade else None,
        tags=tuple(sorted(set(body.tags))),
        place=place_of(body.place),
        opening_hours=tuple(interval_of(one) for one in body.opening_hours),
        created_at=created_at,
        graded_since=created_at,
        owned_since=created_at,
        recorded_at=now,
        **body.model_dump(include=plain),
    )


@router.post("/customers", status_code=201, summary="Enter a customer")
async def create_customer(body: CustomerToCreate, desk: AtDesk, asks: Asking, response: Response) -> CustomerView:
    """Enter a customer. It counts as new on the day of `created_at` where the organisation is."""
    customer = await customer_of(body, desk, asks)
    return view_of(CustomerView, await handlers.create_customer(desk, asks, customer, body.duplicates), response)


@router.get("/customers", summary="List customers", response_model=Page[CustomerView], responses=EXPORTS)
async def list_customers(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(CUSTOMERS)]
) -> Page[CustomerView] | Response:
    """Customers in the caller's row scope, newest first; `tags` names one they must have."""
    return await views(asked, queries.customers(desk.store, caller), CustomerView)


@router.get("/customers/{customer_id}", summary="Read a customer")
async def read_customer(customer_id: str, desk: AtDesk, caller: Calling) -> CustomerView:
    """One customer in the caller's row scope; `merged_into` tells where a merged one went."""
    return view_of(CustomerView, await queries.customer(desk.store, caller, customer_id))


@router.post("/customers/{customer_id}/revise", summary="Correct what is known of a customer")
async def revise_customer(
    customer_id: str, body: CustomerRevision, desk: AtDesk, asks: Asking, response: Response
) -> CustomerView:
    """Correct its name, how it is reached, where it is, when it is open; the log tells which fields changed."""
    saved = await handlers.revise(desk, asks, customer_id, body.told(), body.values(), body.reason)
    return view_of(CustomerView, saved, response)


@router.post("/customers/{customer_id}/tags", summary="Tag a customer")
async def tag_customer(customer_id: str, body: Tagging, desk: AtDesk, asks: Asking, response: Response) -> CustomerView:
    """Put tags on it and take others off; segments are asked by them."""
    saved = await handlers.tag(desk, asks, customer_id, body.told(), body.add, body.remove)
    return view_of(CustomerView, saved, response)
