"""Reading what is owed and by whom, contracts on their way, and money nobody knows yet whose it is."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from backbone.callers import Caller
from backbone.keyset import both
from backbone.listing import STATE, Rows
from backbone.mongo import Document
from backbone.outbox import Saved
from services.customers.domain.deal import Contract, Deal
from services.customers.domain.payment import Unmatched
from services.customers.domain.plan import Owed, owed
from services.customers.queries.deals import deal_rows
from services.customers.store import Store

By = Literal["customer", "owner"]


@dataclass(frozen=True, slots=True)
class Due:
    """An instalment that is still owed, and the deal it belongs to."""

    deal: Deal
    owed: Owed
    days_overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What one customer owes, or what the customers of one owner owe, in one currency (minor units)."""

    id: str | None
    currency: str
    instalments: int
    left: int
    days_overdue: int


def owing(store: Store, caller: Caller, today: date, *, overdue: bool) -> Rows[list[Due]]:
    """Deals in the caller's row scope with what is still owed of each, or only what is overdue."""
    rows = deal_rows(store, caller)
    # A day as text sorts as the day itself.
    since: Document = {"$lt": today.isoformat()} if overdue else {"$gt": ""}

    def read(document: Document) -> list[Due]:
        return dues_of(store.deals.read(document).state, today, overdue=overdue)

    return Rows(rows.collection, both({"state.owed_since": since}, rows.scope), read, STATE)


def dues_of(deal: Deal, today: date, *, overdue: bool) -> list[Due]:
    """What is still owed of a deal, the oldest first; only what is overdue, if so asked."""
    found = [Due(deal, one, one.days_overdue(today)) for one in owed(deal) if one.left]
    wanted = [due for due in found if due.days_overdue or not overdue]
    return sorted(wanted, key=lambda due: (due.owed.instalment.due_on, due.owed.instalment.payment_id))


async def debts(store: Store, caller: Caller, today: date, by: By) -> list[Debt]:
    """What is overdue by customer or by owner, and currency; the largest first. `days_overdue` is the longest."""
    sums: dict[tuple[str | None, str], list[int]] = {}
    rows = owing(store, caller, today, overdue=True)
    async for document in rows.collection.find(rows.scope):
        for due in rows.read(document):
            id_ = due.deal.customer_id if by == "customer" else due.deal.owner_id
            found = sums.setdefault((id_, due.deal.currency), [0, 0, 0])
            found[0] += 1
            found[1] += due.owed.left
            found[2] = max(found[2], due.days_overdue)
    debts_ = [
        Debt(id=id_, currency=currency, instalments=count, left=left, days_overdue=days)
        for (id_, currency), (count, left, days) in sums.items()
    ]
    return sorted(debts_, key=lambda debt: (-debt.left, debt.id or "", debt.currency))


def contracts(store: Store, caller: Caller, state: str | None) -> Rows[list[tuple[Saved[Deal], Contract]]]:
    """The contracts of deals in the caller's row scope, in one state or in any."""
    rows = deal_rows(store, caller)
    wanted: Document = {"state.contracts.state": state} if state else {"state.contracts.contract_id": {"$exists": True}}

    def read(document: Document) -> list[tuple[Saved[Deal], Contract]]:
        saved = store.deals.read(document)
        return [(saved, contract) for contract in saved.state.contracts if state in (None, contract.state)]

    return Rows(rows.collection, both(wanted, rows.scope), read, STATE)


def unmatched_rows(store: Store, caller: Caller, state: str) -> Rows[Saved[Unmatched]]:
    """Money from outside in the caller's row scope, that waits or that was matched."""
    return Rows(store.payments.collection, both({"state.state": state}, caller.rows()), store.payments.read, STATE)
