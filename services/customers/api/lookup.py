"""Customers as the other services need them, many in one question; between services only."""

from typing import Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from backbone.bodies import Body
from backbone.contract.fields import Id
from backbone.siblings import from_sibling
from services.customers import queries
from services.customers.api.customer_shapes import IntervalShape, PlaceShape
from services.customers.api.door import AtDesk

router = APIRouter(tags=["internal"], dependencies=[Depends(from_sibling)])

MOST_LOOKED_UP: Final = 100


class LookUp(Body):
    """Which customers to look up."""

    customer_ids: list[Id] = Field(max_length=MOST_LOOKED_UP)


class KnownCustomer(BaseModel):
    """A customer as another service needs it."""

    customer_id: str
    grade: str | None
    territory: str | None
    place: PlaceShape | None
    opening_hours: list[IntervalShape]


class KnownCustomers(BaseModel):
    """Customers as other services need them."""

    customers: list[KnownCustomer]


@router.post("/customers/lookup", summary="Look customers up")
async def look_up_customers(body: LookUp, desk: AtDesk) -> KnownCustomers:
    """Those of the customers that exist. Between services only: the gateway does not lead here."""
    found = await queries.lookup(desk.store, body.customer_ids)
    return KnownCustomers(customers=[KnownCustomer.model_validate(one, from_attributes=True) for one in found])
