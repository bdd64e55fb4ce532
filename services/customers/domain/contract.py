"""Contracts of a deal: drafted, submitted, approved by somebody else, signed.

    drafted --submit--> submitted --approve--> approved --sign--> signed
                        submitted --return, with a reason--> drafted
    whatever is not signed --cancel, with a reason--> cancelled

A manager or finance decides, never who submitted it. Numbers are unique in the organisation: the
store keeps them (`handlers.numbers`).
"""

from dataclasses import replace
from datetime import date
from typing import Final

from backbone.contract.papers import ContractAdvanced, ContractSigned
from backbone.problems import Refused
from services.customers.domain.deal import Contract, ContractState, Deal, Decided, Instalment, whose
from services.customers.domain.plan import watched

MOST_CONTRACTS: Final = 20


def draft_contract(deal: Deal, contract: Contract) -> Decided:
    """Begin a contract.

    Raises:
        Refused: the deal is lost, has as many contracts as it may have, one with this number, no
            such quote, or the contract ends before it starts.
    """
    if deal.state == "lost":
        raise Refused("deal-lost", "This deal is lost; reopen it first.")
    if len(deal.contracts) >= MOST_CONTRACTS:
        raise Refused("too-many-contracts", f"A deal has {MOST_CONTRACTS} contracts at most.")
    if any(one.number == contract.number for one in deal.contracts):
        raise Refused("number-taken", f"There is a contract {contract.number!r} already.", field="/number")
    _check(deal, contract)
    drafted = replace(deal, contracts=(*deal.contracts, contract))
    return drafted, [_told(drafted, contract, None, contract.drafted_by)]


def revise_contract(
    deal: Deal,
    contract_id: str,
    *,
    amount: int,
    plan: tuple[Instalment, ...],
    quote_id: str | None,
    starts_on: date | None,
    ends_on: date | None,
) -> Decided:
    """Write a draft anew.

    Raises:
        Refused: there is no such draft, no such quote, or it ends before it starts.
    """
    found = contract_of(deal, contract_id)
    _check_state(found, "drafted", "changed")
    revised = replace(found, amount=amount, plan=plan, quote_id=quote_id, starts_on=starts_on, ends_on=ends_on)
    _check(deal, revised)
    return replace(deal, contracts=_with(deal, revised)), []


def submit_contract(deal: Deal, contract_id: str, *, by: str) -> Decided:
    """Ask for approval.

    Raises:
        Refused: there is no such draft.
    """
    found = contract_of(deal, contract_id)
    _check_state(found, "drafted", "submitted")
    return _advanced(deal, found, replace(found, state="submitted", submitted_by=by, decided_by=None, reason=None), by)


def approve_contract(deal: Deal, contract_id: str, *, by: str) -> Decided:
    """Say yes to a contract that somebody else submitted.

    Raises:
        Refused: it does not wait for approval, or who approves submitted it himself.
    """
    found = contract_of(deal, contract_id)
    _check_state(found, "submitted", "approved")
    _check_other(found, by)
    return _advanced(deal, found, replace(found, state="approved", decided_by=by), by)


def return_contract(deal: Deal, contract_id: str, *, by: str, reason: str) -> Decided:
    """Give a contract back to be written anew.

    Raises:
        Refused: it does not wait for approval, or who returns it submitted it himself.
    """
    found = contract_of(deal, contract_id)
    _check_state(found, "submitted", "returned")
    _check_other(found, by)
    return _advanced(deal, found, replace(found, state="drafted", decided_by=by, reason=reason), by)


def cancel_contract(deal: Deal, contract_id: str, *, by: str, reason: str) -> Decided:
    """Put a contract away that was not signed; its number stays taken.

    Raises:
        Refused: there is no such contract, it is signed, or was cancelled before.
    """
    found = contract_of(deal, contract_id)
    if found.state in ("signed", "cancelled"):
        raise Refused("not-cancellable", f"This contract is {found.state}; it cannot be cancelled.")
    return _advanced(deal, found, replace(found, state="cancelled", reason=reason), by)


def sign_contract(deal: Deal, contract_id: str, *, signed_on: date, today: date) -> Decided:
    """Note that both sides signed; from now on its instalments are owed.

    Args:
        deal: as it stands.
        contract_id: which.
        signed_on: the day of the last signature.
        today: the organisation's day.

    Raises:
        Refused: it is not approved, or the day has not come yet.
    """
    found = contract_of(deal, contract_id)
    _check_state(found, "approved", "signed")
    if signed_on > today:
        raise Refused("future-day", "This day has not come yet; note it when it is signed.", field="/signed_on")
    signed = replace(found, state="signed", signed_on=signed_on)
    return watched(replace(deal, contracts=_with(deal, signed))), [
        ContractSigned(
            **whose(deal),
            contract_id=signed.contract_id,
            contract_number=signed.number,
            amount=signed.amount,
            currency=deal.currency,
            signed_on=signed_on,
            starts_on=signed.starts_on,
            ends_on=signed.ends_on,
        )
    ]


def contract_of(deal: Deal, contract_id: str) -> Contract:
    """A contract of a deal.

    Raises:
        Refused: the deal has none of this id.
    """
    for contract in deal.contracts:
        if contract.contract_id == contract_id:
            return contract
    raise Refused("unknown-contract", f"This deal has no contract {contract_id!r}.")


def _check(deal: Deal, contract: Contract) -> None:
    if contract.quote_id is not None and all(quote.quote_id != contract.quote_id for quote in deal.quotes):
        raise Refused("unknown-quote", f"This deal has no quote {contract.quote_id!r}.", field="/quote_id")
    if contract.starts_on is not None and contract.ends_on is not None and contract.ends_on < contract.starts_on:
        raise Refused("ends-early", "A contract does not end before it starts.", field="/ends_on")


def _check_state(contract: Contract, state: ContractState, done: str) -> None:
    if contract.state != state:
        raise Refused(f"not-{state}", f"This contract is {contract.state}; only one that is {state} can be {done}.")


def _check_other(contract: Contract, by: str) -> None:
    if contract.submitted_by == by:
        raise Refused("own-contract", "Who submitted a contract does not decide on it; ask a manager or finance.")


def _advanced(deal: Deal, before: Contract, after: Contract, by: str) -> Decided:
    return replace(deal, contracts=_with(deal, after)), [_told(deal, after, before.state, by)]


def _with(deal: Deal, contract: Contract) -> tuple[Contract, ...]:
    return tuple(contract if one.contract_id == contract.contract_id else one for one in deal.contracts)


def _told(deal: Deal, contract: Contract, from_state: ContractState | None, by: str) -> ContractAdvanced:
    return ContractAdvanced(
        **whose(deal),
        contract_id=contract.contract_id,
        contract_number=contract.number,
        from_state=from_state,
        to_state=contract.state,
        amount=contract.amount,
        currency=deal.currency,
        member_id=by,
        reason=contract.reason,
    )
