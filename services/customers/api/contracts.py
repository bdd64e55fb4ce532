"""Contracts of deals over HTTP: drafted, submitted, approved or returned, signed; and their payment plans."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.calendar import local_day
from backbone.contract.fields import Amount as MinorUnits
from backbone.contract.fields import Code, Day, Id, Share
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing
from backbone.outbox import Saved
from backbone.paging import Page
from backbone.rows import Told
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.door import AtDesk
from services.customers.api.flat import listed_parts
from services.customers.domain.deal import Contract, ContractState, Deal, Instalment
from services.customers.domain.plan import MOST_INSTALMENTS, Part, owed, plan_of
from services.customers.handlers import contracts as handlers
from services.customers.queries import money

router = APIRouter(tags=["contracts"])

PATH: Final = "/deals/{deal_id}/contracts"
ONE: Final = PATH + "/{contract_id}"

CONTRACTS: Final = Listing(
    "contracts", order={"changed_at": datetime}, equal={"customer_id": str, "owner_id": str, "team_id": str}
)


class InstalmentShape(Body):
    """One payment of a plan."""

    payment_id: Id | None = Field(None, description="Its name; by default its place, such as `2`.")
    due_on: Day = Field(description="The last day to pay in time.")
    amount: MinorUnits | None = Field(None, description="In minor units; all of them have one, or all have a share.")
    share: Share | None = Field(None, description="Of the contract's amount; split so that nothing is lost.")


class ContractToWrite(Change):
    """What is agreed, and when it is to be paid."""

    amount: MinorUnits = Field(description="In minor units of the deal's currency.")
    quote_id: Id | None = Field(None, description="The quote it follows.")
    starts_on: Day | None = None
    ends_on: Day | None = None
    plan: Annotated[list[InstalmentShape], Field(max_length=MOST_INSTALMENTS)] = Field(
        [],
        description="The instalments; they add up to the amount exactly.",
        examples=[[{"due_on": "2026-01-31", "share": 0.3}, {"due_on": "2026-06-30", "share": 0.7}]],
    )

    def instalments(self) -> tuple[Instalment, ...]:
        """The plan as the domain takes it.

        Raises:
            Refused: amounts or shares do not add up.
        """
        parts = [
            Part(payment_id=one.payment_id or str(place), due_on=one.due_on, amount=one.amount, share=one.share)
            for place, one in enumerate(self.plan, start=1)
        ]
        return plan_of(self.amount, parts)


class ContractToDraft(ContractToWrite):
    """A contract to draft."""

    number: Id = Field(description="As people and the bank know it; unique in the organisation.", max_length=64)


class Reasoned(Change):
    """Why."""

    reason: Code


class Signing(Change):
    """The day of the last signature."""

    signed_on: Day


class InstalmentView(BaseModel):
    """One payment of a plan, and what of it came in."""

    payment_id: str
    due_on: date
    amount: int
    paid: int
    left: int
    days_overdue: int


class ContractView(BaseModel):
    """A contract of a deal."""

    contract_id: str
    number: str
    state: ContractState
    amount: int
    quote_id: str | None
    starts_on: date | None
    ends_on: date | None
    drafted_by: str
    submitted_by: str | None
    decided_by: str | None
    signed_on: date | None
    reason: str | None
    plan: list[InstalmentView]


class ContractsView(BaseModel):
    """The contracts of a deal."""

    deal_id: str
    version: int = Field(description="The deal's; name it when you change its contracts.")
    currency: str
    contracts: list[ContractView]


class ListedContract(ContractView):
    """A contract, and whose it is."""

    deal_id: str
    version: int = Field(description="The deal's; name it when you change the contract.")
    customer_id: str | None
    owner_id: str | None
    team_id: str | None
    currency: str


@router.get("/contracts", summary="List contracts", response_model=Page[ListedContract], responses=EXPORTS)
async def list_contracts(
    desk: AtDesk,
    caller: Calling,
    asked: Annotated[Asked, Depends(CONTRACTS)],
    state: Annotated[ContractState | None, Query(description="Such as `submitted`: those to decide on.")] = None,
) -> Page[ListedContract] | Response:
    """Contracts in the caller's row scope by deal, newest first; `limit` counts deals."""
    today = local_day(desk.now(), desk.zone)

    def show(part: tuple[Saved[Deal], Contract]) -> ListedContract:
        saved, contract = part
        return ListedContract(
            **_shown(saved.state, contract, today).model_dump(),
            deal_id=saved.id,
            version=saved.version,
            customer_id=saved.state.customer_id,
            owner_id=saved.state.owner_id,
            team_id=saved.state.team_id,
            currency=saved.state.currency,
        )

    return await listed_parts(asked, money.contracts(desk.store, caller, state), ListedContract, show)


@router.get(PATH, summary="List a deal's contracts")
async def list_deal_contracts(deal_id: str, desk: AtDesk, caller: Calling) -> ContractsView:
    """The contracts of one deal, with what of each instalment came in."""
    return _view(desk, await queries.deal(desk.store, caller, deal_id))


@router.post(PATH, status_code=201, summary="Draft a contract")
async def draft_contract(
    deal_id: str, body: ContractToDraft, desk: AtDesk, asks: Asking, response: Response
) -> ContractsView:
    """Begin a contract under a number nobody else has; a plan's instalments add up to its amount exactly."""
    contract = Contract(
        contract_id=new_event_id(),
        number=body.number,
        amount=body.amount,
        quote_id=body.quote_id,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        plan=body.instalments(),
        drafted_by=asks.by.actor,
    )
    return _view(desk, await handlers.draft_contract(desk, asks, deal_id, Told(body.version), contract), response)


@router.put(ONE, summary="Write a draft anew")
async def revise_contract(
    deal_id: str, contract_id: str, body: ContractToWrite, desk: AtDesk, asks: Asking, response: Response
) -> ContractsView:
    """Amount, plan, quote and dates of a contract that was not submitted yet, or was returned."""
    saved = await handlers.revise_contract(
        desk,
        asks,
        deal_id,
        Told(body.version),
        contract_id,
        amount=body.amount,
        plan=body.instalments(),
        quote_id=body.quote_id,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
    return _view(desk, saved, response)


@router.post(f"{ONE}/submit", summary="Submit a contract for approval")
async def submit_contract(
    deal_id: str, contract_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response
) -> ContractsView:
    """From now on a manager or finance decides, not who submits it."""
    told = Told(body.version)
    return _view(desk, await handlers.submit_contract(desk, asks, deal_id, told, contract_id), response)


@router.post(f"{ONE}/approve", summary="Approve a contract")
async def approve_contract(
    deal_id: str, contract_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response
) -> ContractsView:
    """For managers and finance; never for who submitted it."""
    told = Told(body.version)
    return _view(desk, await handlers.approve_contract(desk, asks, deal_id, told, contract_id), response)


@router.post(f"{ONE}/return", summary="Return a contract")
async def return_contract(
    deal_id: str, contract_id: str, body: Reasoned, desk: AtDesk, asks: Asking, response: Response
) -> ContractsView:
    """For managers and finance: give it back to be written anew, with the reason."""
    saved = await handlers.return_contract(desk, asks, deal_id, Told(body.version), contract_id, body.reason)
    return _view(desk, saved, response)


@router.post(f"{ONE}/sign", summary="Note that a contract is signed")
async def sign_contract(
    deal_id: str, contract_id: str, body: Signing, desk: AtDesk, asks: Asking, response: Response
) -> ContractsView:
    """Only an approved one; from now on its instalments are owed and fall due."""
    saved = await handlers.sign_contract(desk, asks, deal_id, Told(body.version), contract_id, body.signed_on)
    return _view(desk, saved, response)


@router.post(f"{ONE}/cancel", summary="Cancel a contract")
async def cancel_contract(
    deal_id: str, contract_id: str, body: Reasoned, desk: AtDesk, asks: Asking, response: Response
) -> ContractsView:
    """Put a contract away that is not signed; its number stays taken."""
    saved = await handlers.cancel_contract(desk, asks, deal_id, Told(body.version), contract_id, body.reason)
    return _view(desk, saved, response)


def _view(desk: AtDesk, saved: Saved[Deal], response: Response | None = None) -> ContractsView:
    today = local_day(desk.now(), desk.zone)
    contracts = [_shown(saved.state, contract, today) for contract in saved.state.contracts]
    return view_of(ContractsView, saved, response, contracts=contracts)


def _shown(deal: Deal, contract: Contract, today: date) -> ContractView:
    laid = {one.instalment.payment_id: one for one in owed(deal) if one.contract.contract_id == contract.contract_id}
    plan = [
        InstalmentView(
            payment_id=one.payment_id,
            due_on=one.due_on,
            amount=one.amount,
            paid=laid[one.payment_id].paid if one.payment_id in laid else 0,
            left=laid[one.payment_id].left if one.payment_id in laid else one.amount,
            days_overdue=laid[one.payment_id].days_overdue(today) if one.payment_id in laid else 0,
        )
        for one in contract.plan
    ]
    values = {name: getattr(contract, name) for name in ContractView.model_fields if name != "plan"}
    return ContractView(**values, plan=plan)
