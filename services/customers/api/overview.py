"""The 360 view of a customer over HTTP: one call, everything the caller may see of it."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from backbone.auth import COOKIE
from backbone.bodies import view_of
from backbone.calendar import local_day
from backbone.callers import FOR_HEADER
from backbone.web import Calling
from services.customers.api.contacts import ContactView
from services.customers.api.customer_shapes import CustomerView
from services.customers.api.deal_shapes import DealView
from services.customers.api.door import AtDesk
from services.customers.api.search import knows_people
from services.customers.domain.deal import Deal
from services.customers.queries.money import dues_of
from services.customers.queries.overview import Missing, Passing, overview

router = APIRouter(tags=["customers"])

PASSED_ON: Final = ("authorization", FOR_HEADER, "traceparent")


def _passing(request: Request) -> Passing:
    passing: Passing = request.app.state.passing
    return passing


def _credentials(request: Request) -> dict[str, str]:
    """What the caller showed, to be shown again: his own key, never the platform's."""
    shown = {name: value for name in PASSED_ON if (value := request.headers.get(name))}
    if "authorization" not in shown and (key := request.cookies.get(COOKIE)):
        shown["authorization"] = f"Bearer {key}"
    return {**shown, "x-request-id": request.state.request_id}


AtPassing = Annotated[Passing, Depends(_passing)]
Credentials = Annotated[dict[str, str], Depends(_credentials)]


class FactsView(BaseModel):
    """What visits, follow-ups and deals say of it; sums look back 365 days."""

    last_visit_at: datetime | None
    last_contact_at: datetime | None
    visits: int
    open_deals: int
    deals_won: int
    turnover: int = Field(description="What deals won are worth, in minor units of the organisation's currency.")


class PaidView(BaseModel):
    """Money that came in."""

    deal_id: str
    payment_id: str
    amount: int
    currency: str
    received_on: date


class OwedView(BaseModel):
    """Money that is owed."""

    deal_id: str
    payment_id: str
    due_on: date
    left: int = Field(description="What is still owed, in minor units of the currency.")
    currency: str
    days_overdue: int


class MissingView(BaseModel):
    """A part that could not be had."""

    part: str
    service: str
    why: str


class OverviewView(BaseModel):
    """Everything about one customer that the caller may see; lists of others hold the latest ten."""

    customer: CustomerView
    contacts: list[ContactView] | None = Field(description="Null for keys that learn nothing of people.")
    facts: FactsView
    open_deals: list[DealView]
    closed_deals: list[DealView]
    payments: list[PaidView] = Field(description="The latest first.")
    receivables: list[OwedView] = Field(description="The oldest first.")
    visits: list[dict[str, Any]] | None = Field(description="As the activities service shows them.")
    follow_ups: list[dict[str, Any]] | None
    planned_visits: list[dict[str, Any]] | None
    planned_follow_ups: list[dict[str, Any]] | None
    complaints: list[dict[str, Any]] | None = Field(description="Those that are not closed.")
    missing: list[MissingView] = Field(description="Parts that could not be had now; ask again for the whole.")
    as_of: datetime


@router.get("/customers/{customer_id}/overview", summary="See everything about a customer")
async def show_overview(
    customer_id: str, desk: AtDesk, caller: Calling, passing: AtPassing, credentials: Credentials
) -> OverviewView:
    """The customer with its people, deals, money, visits, plans and open complaints, as far as the caller may see them.

    Other services are asked with the caller's own key. When one does not answer, its parts are null and
    stand in `missing`; the answer is 200 all the same.
    """
    found = await overview(desk.store, caller, passing, credentials, customer_id)
    now = desk.now()
    states = [saved.state for saved in found.deals]
    missing = list(found.missing)
    if found.more_deals:
        missing.append(Missing("deals", "customers", "There are more deals than one answer holds; list them."))
    complaints = found.told.get("complaints")
    return OverviewView(
        customer=view_of(CustomerView, found.customer),
        contacts=[ContactView.model_validate(one, from_attributes=True) for one in found.customer.state.contacts]
        if knows_people(caller)
        else None,
        facts=FactsView.model_validate(found.facts, from_attributes=True),
        open_deals=[view_of(DealView, saved) for saved in found.deals if saved.state.state == "open"],
        closed_deals=[view_of(DealView, saved) for saved in found.deals if saved.state.state != "open"],
        payments=_payments(states),
        receivables=_receivables(states, local_day(now, desk.zone)),
        visits=found.told.get("visits"),
        follow_ups=found.told.get("follow_ups"),
        planned_visits=found.told.get("planned_visits"),
        planned_follow_ups=found.told.get("planned_follow_ups"),
        complaints=None if complaints is None else [one for one in complaints if one.get("state") != "closed"],
        missing=[MissingView.model_validate(one, from_attributes=True) for one in missing],
        as_of=now,
    )


def _payments(deals: list[Deal]) -> list[PaidView]:
    found = [
        PaidView(
            deal_id=deal.deal_id,
            payment_id=one.payment_id,
            amount=one.amount,
            currency=deal.currency,
            received_on=one.received_on,
        )
        for deal in deals
        for one in deal.payments
    ]
    return sorted(found, key=lambda one: (one.received_on, one.payment_id), reverse=True)


def _receivables(deals: list[Deal], today: date) -> list[OwedView]:
    found = [
        OwedView(
            deal_id=due.deal.deal_id,
            payment_id=due.owed.instalment.payment_id,
            due_on=due.owed.instalment.due_on,
            left=due.owed.left,
            currency=due.deal.currency,
            days_overdue=due.days_overdue,
        )
        for deal in deals
        for due in dues_of(deal, today, overdue=False)
    ]
    return sorted(found, key=lambda one: (one.due_on, one.payment_id))
