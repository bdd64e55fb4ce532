"""Money over HTTP: what came in, what is owed, what nobody knows yet whose it is."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.bodies import Change, view_of
from backbone.calendar import local_day
from backbone.callers import Role
from backbone.contract.fields import Amount as MinorUnits
from backbone.contract.fields import Day, Id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.customers.api.deal_shapes import DealView
from services.customers.api.door import AtDesk
from services.customers.api.flat import listed_parts
from services.customers.domain.deal import Payment
from services.customers.handlers import payments as handlers
from services.customers.queries import money
from services.customers.queries.money import By, Due

router = APIRouter(tags=["payments"])

FINANCE: Final = [Depends(allowed(Role.FINANCE))]

RECEIVABLES: Final = Listing(
    "receivables", order={"owed_since": date}, equal={"customer_id": str, "owner_id": str, "team_id": str}
)
UNMATCHED: Final = Listing(
    "unmatched-payments",
    order={"received_on": date, "amount": int, "recorded_at": datetime},
    equal={"customer_id": str, "contract_number": str, "reason": str, "currency": str},
)


class PaymentToNote(Change):
    """Money that came in."""

    payment_id: Id
    amount: Annotated[MinorUnits, Field(ge=1)] = Field(description="In minor units of the deal's currency.")
    received_on: Day
    due_on: Day | None = None
    contract_id: Id | None = Field(None, description="The contract's id or number; the deal's only one by default.")


class Match(Change):
    """Whose money it is."""

    deal_id: Id
    contract_id: Id | None = Field(None, description="The contract's id or number; the deal's only one by default.")


class ReceivableView(BaseModel):
    """An instalment that is still owed; amounts in minor units."""

    customer_id: str | None
    owner_id: str | None
    team_id: str | None
    deal_id: str
    contract_id: str
    contract_number: str
    payment_id: str
    due_on: date
    days_overdue: int
    amount: int
    paid: int
    left: int
    currency: str


class DebtView(BaseModel):
    """What is overdue of one customer, or of the customers of one owner, in one currency (minor units)."""

    id: str | None
    currency: str
    instalments: int
    left: int
    days_overdue: int = Field(description="Of the oldest instalment.")


class UnmatchedView(BaseModel):
    """Money from outside that no deal took."""

    payment_id: str
    version: int = Field(description="Name it when you match the payment.")
    state: Literal["unmatched", "matching", "matched"]
    customer_id: str | None
    deal_id: str | None = Field(description="As the sender named it.")
    contract_id: str | None
    contract_number: str | None
    amount: int
    currency: str
    received_on: date
    due_on: date | None
    reason: str = Field(description="Why no deal took it, such as nothing-named, unknown-deal or other-currency.")
    source: str
    recorded_at: datetime
    matched_deal_id: str | None
    matched_contract_id: str | None
    matched_by: str | None


@router.post("/deals/{deal_id}/payments", status_code=201, summary="Note a payment", dependencies=FINANCE)
async def note_payment(deal_id: str, body: PaymentToNote, desk: AtDesk, asks: Asking, response: Response) -> DealView:
    """For finance: money came in for a deal that is won or has a signed contract."""
    payment = Payment(**body.model_dump(exclude={"version"}))
    return view_of(DealView, await handlers.note_payment(desk, asks, deal_id, body.version, payment), response)


@router.get("/receivables", summary="List what is owed", response_model=Page[ReceivableView], responses=EXPORTS)
async def list_receivables(
    desk: AtDesk,
    caller: Calling,
    asked: Annotated[Asked, Depends(RECEIVABLES)],
    overdue: Annotated[bool, Query(description="Only what should have been paid before today.")] = True,
) -> Page[ReceivableView] | Response:
    """Instalments still owed with the days they are overdue; by deal, and `limit` counts deals."""
    today = local_day(desk.now(), desk.zone)
    rows = money.owing(desk.store, caller, today, overdue=overdue)
    return await listed_parts(asked, rows, ReceivableView, _shown)


@router.get("/receivables/summary", summary="Sum up what is overdue")
async def sum_receivables(
    desk: AtDesk,
    caller: Calling,
    by: Annotated[By, Query(description="Whose debts are summed up.")] = "customer",
) -> list[DebtView]:
    """What is overdue by customer or by owner and by currency, the largest sum first."""
    today = local_day(desk.now(), desk.zone)
    found = await money.debts(desk.store, caller, today, by)
    return [DebtView.model_validate(debt, from_attributes=True) for debt in found]


@router.get(
    "/payments/unmatched", summary="List payments nobody matched", response_model=Page[UnmatchedView], responses=EXPORTS
)
async def list_unmatched(
    desk: AtDesk,
    caller: Calling,
    asked: Annotated[Asked, Depends(UNMATCHED)],
    state: Annotated[
        Literal["unmatched", "matched"], Query(description="Those that wait, or those done.")
    ] = "unmatched",
) -> Page[UnmatchedView] | Response:
    """Money outside systems told of that no deal took, with the reason; newest first."""
    return await views(asked, money.unmatched_rows(desk.store, caller, state), UnmatchedView)


@router.post("/payments/{payment_id}/match", summary="Match a payment by hand", dependencies=FINANCE)
async def match_payment(payment_id: str, body: Match, desk: AtDesk, asks: Asking, response: Response) -> UnmatchedView:
    """For finance: say to which deal the money belongs; asked again after a crash it is still laid to it once."""
    saved = await handlers.match_by_hand(desk, asks, payment_id, body.version, body.deal_id, body.contract_id)
    return view_of(UnmatchedView, saved, response)


def _shown(due: Due) -> ReceivableView:
    deal, one = due.deal, due.owed
    return ReceivableView(
        customer_id=deal.customer_id,
        owner_id=deal.owner_id,
        team_id=deal.team_id,
        deal_id=deal.deal_id,
        contract_id=one.contract.contract_id,
        contract_number=one.contract.number,
        payment_id=one.instalment.payment_id,
        due_on=one.instalment.due_on,
        days_overdue=due.days_overdue,
        amount=one.instalment.amount,
        paid=one.paid,
        left=one.left,
        currency=deal.currency,
    )
