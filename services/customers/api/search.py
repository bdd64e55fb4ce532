"""Finding customers and people, and the days to remember, over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from backbone.bodies import view_of
from backbone.calendar import local_day
from backbone.callers import Caller, Role
from backbone.contract.fields import Day
from backbone.web import Calling
from services.customers.api.contacts import PEOPLE, ContactView
from services.customers.api.customer_shapes import CustomerView
from services.customers.api.door import AtDesk
from services.customers.queries import feasts as days
from services.customers.queries import search as searching

router = APIRouter(tags=["search"])

NO_PEOPLE = frozenset((Role.VIEWER, Role.CLOCK, Role.PUBLISHER, Role.FINANCE))
"""Roles that never learn how to reach a person."""


class HitView(BaseModel):
    """A customer that was found."""

    customer: CustomerView
    how: searching.How = Field(
        description="Whether the words stand whole, at a beginning or within its own name, phone, mail or tax id; "
        "or only at a contact of it."
    )
    contacts: list[ContactView] = Field(description="Its contacts that the words were found at.")


class HitsView(BaseModel):
    """What was found, the closest first."""

    items: list[HitView]
    more: bool = Field(description="Whether there are more than these: type another letter.")


class FeastView(BaseModel):
    """One day to remember."""

    on: date
    kind: days.Kind
    customer_id: str
    customer_name: str
    contact_id: str | None
    contact_name: str | None
    years: int = Field(description="How old the person or the firm becomes.")


class FeastsView(BaseModel):
    """Days to remember, the nearest first."""

    items: list[FeastView]
    whole: bool = Field(description="False when there are too many to show all: ask for fewer days.")


def knows_people(caller: Caller) -> bool:
    """Whether the caller may know how to reach a person."""
    return caller.role not in NO_PEOPLE


@router.get("/customers/search", summary="Search customers and contacts")
async def search_customers(
    desk: AtDesk,
    caller: Calling,
    q: Annotated[str, Query(min_length=1, max_length=200, examples=["华信", "hx", "5555 0000", "ann@"])],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> HitsView:
    """By words of a name, a part of a phone or a mail address, the beginning of a tax id.

    A name is found by the beginning of any word of it, a Chinese one by any part, by its pinyin and the initials.
    Only customers in the caller's row scope are found; keys that read figures only find no people.
    """
    found = await searching.search(desk.store, caller, q, people=knows_people(caller), limit=limit)
    items = [
        HitView(
            customer=view_of(CustomerView, hit.customer),
            how=hit.how,
            contacts=[ContactView.model_validate(one, from_attributes=True) for one in hit.contacts],
        )
        for hit in found.items
    ]
    return HitsView(items=items, more=found.more)


@router.get("/anniversaries", summary="Birthdays and anniversaries soon", dependencies=PEOPLE)
async def list_anniversaries(
    desk: AtDesk,
    caller: Calling,
    within: Annotated[int, Query(alias="days", ge=1, le=92, description="How many days, today counted.")] = 30,
    from_on: Annotated[Day | None, Query(description="The first day; today by default.")] = None,
) -> FeastsView:
    """Whose birthday it is at customers in the caller's row scope, and which of them were founded on such a day."""
    first = from_on or local_day(desk.now(), desk.zone)
    found, whole = await days.feasts(desk.store, caller, first, within)
    return FeastsView(items=[FeastView.model_validate(one, from_attributes=True) for one in found], whole=whole)
