"""What can be done with the contracts of a deal. They follow the deal: its row scope, its version."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Final

from backbone.calendar import local_day
from backbone.callers import Role
from backbone.failpoints import reached
from backbone.outbox import Saved
from backbone.problems import Forbidden
from backbone.rows import Told, read_row
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import contract as contracts
from services.customers.domain.deal import Contract, Deal, Decided, Instalment
from services.customers.handlers.hands import change_part
from services.customers.handlers.numbers import take_number

CONTRACT: Final = "contract"
APPROVING: Final = frozenset({Role.ADMIN, Role.MANAGER, Role.FINANCE, Role.PLATFORM})


async def draft_contract(desk: Desk, asks: Asks, deal_id: str, told: Told, contract: Contract) -> Saved[Deal]:
    """Begin a contract under a number nobody else has."""
    found = await read_row(desk.store.deals, asks.caller, deal_id)
    if desk.store.deals.replay(found, asks.by) is None:
        # The rules first: a contract that cannot be takes no number.
        contracts.draft_contract(found.state, contract)
        await take_number(desk, contract.number, deal_id)
        reached("contract:number-taken")
    return await _change(desk, asks, deal_id, told, lambda deal: contracts.draft_contract(deal, contract))


async def revise_contract(
    desk: Desk,
    asks: Asks,
    deal_id: str,
    told: Told,
    contract_id: str,
    *,
    amount: int,
    plan: tuple[Instalment, ...],
    quote_id: str | None,
    starts_on: date | None,
    ends_on: date | None,
) -> Saved[Deal]:
    """Write a draft anew."""
    decide = partial(
        contracts.revise_contract,
        contract_id=contract_id,
        amount=amount,
        plan=plan,
        quote_id=quote_id,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    return await _change(desk, asks, deal_id, told, decide)


async def submit_contract(desk: Desk, asks: Asks, deal_id: str, told: Told, contract_id: str) -> Saved[Deal]:
    """Ask for approval."""
    decide = partial(contracts.submit_contract, contract_id=contract_id, by=asks.by.actor)
    return await _change(desk, asks, deal_id, told, decide)


async def approve_contract(desk: Desk, asks: Asks, deal_id: str, told: Told, contract_id: str) -> Saved[Deal]:
    """Say yes to a contract; for managers and finance."""
    _check_approving(asks)
    decide = partial(contracts.approve_contract, contract_id=contract_id, by=asks.by.actor)
    return await _change(desk, asks, deal_id, told, decide)


async def return_contract(
    desk: Desk, asks: Asks, deal_id: str, told: Told, contract_id: str, reason: str
) -> Saved[Deal]:
    """Give a contract back to be written anew; for managers and finance."""
    _check_approving(asks)
    decide = partial(contracts.return_contract, contract_id=contract_id, by=asks.by.actor, reason=reason)
    return await _change(desk, asks, deal_id, told, decide)


async def sign_contract(
    desk: Desk, asks: Asks, deal_id: str, told: Told, contract_id: str, signed_on: date
) -> Saved[Deal]:
    """Note that both sides signed."""
    today = local_day(desk.now(), desk.zone)
    decide = partial(contracts.sign_contract, contract_id=contract_id, signed_on=signed_on, today=today)
    return await _change(desk, asks, deal_id, told, decide)


async def cancel_contract(
    desk: Desk, asks: Asks, deal_id: str, told: Told, contract_id: str, reason: str
) -> Saved[Deal]:
    """Put a contract away that was not signed."""
    decide = partial(contracts.cancel_contract, contract_id=contract_id, by=asks.by.actor, reason=reason)
    return await _change(desk, asks, deal_id, told, decide)


async def _change(desk: Desk, asks: Asks, deal_id: str, told: Told, decide: Callable[[Deal], Decided]) -> Saved[Deal]:
    def at_this_moment(deal: Deal, _at: datetime, _now: datetime) -> Decided:
        return decide(deal)

    return await change_part(desk, asks, deal_id, told, CONTRACT, at_this_moment)


def _check_approving(asks: Asks) -> None:
    if asks.caller.role not in APPROVING:
        raise Forbidden("wrong-role", "A manager or finance decides on contracts; ask yours.")
