"""What can be done with money that came in: noted for a deal, or taken from outside and matched.

Money from outside is never lost: what no deal takes stands in a list, with the reason, to be matched
by hand. A match is three writes: it is claimed in the list, laid to the deal, and settled in the list.
Whoever dies in between leaves a claim, which `finish_matches` brings to its end.
"""

from datetime import datetime
from typing import Final

from backbone.calendar import local_day
from backbone.contract.envelope import Envelope, EventData
from backbone.contract.ids import new_event_id
from backbone.contract.papers import PaymentReceived
from backbone.failpoints import reached
from backbone.idempotency import By
from backbone.inbox import adopt
from backbone.outbox import Saved
from backbone.problems import Conflict, Refused
from backbone.rows import Told, find
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain.deal import Deal, Decided, Payment
from services.customers.domain.payment import (
    MatchedBy,
    Unmatched,
    check_currency,
    claim,
    holds,
    match_payment,
    receive_payment,
    release,
    settle,
    taken,
)
from services.customers.handlers.hands import change_part
from services.customers.handlers.numbers import deal_of_number

PAYMENT: Final = "payment"
TOGETHER: Final = 200
"""Claims looked at before the next look."""


async def note_payment(desk: Desk, asks: Asks, deal_id: str, version: int, payment: Payment) -> Saved[Deal]:
    """Note money that came in for a deal."""
    today = local_day(desk.now(), desk.zone)

    def decide(deal: Deal, _at: datetime, _now: datetime) -> Decided:
        return receive_payment(deal, payment, today)

    return await change_part(desk, asks, deal_id, Told(version), PAYMENT, decide)


async def match_by_hand(
    desk: Desk, asks: Asks, payment_id: str, version: int, deal_id: str, contract_id: str | None
) -> Saved[Unmatched]:
    """Say whose money it is.

    Raises:
        NotFound: there is no such money or deal the caller may see.
        Refused: the deal does not take it, or another one has it.
    """
    rows = desk.store.payments
    found = await rows.get(payment_id)
    asks.caller.check_may_see(PAYMENT, payment_id, found.state.owner_id, found.state.team_id)
    asks.caller.check_may_change(PAYMENT, payment_id, found.state.owner_id, found.state.team_id)
    if again := rows.replay(found, asks.by):
        return await _finish(desk, again)
    if version != found.version:
        raise Conflict(PAYMENT, payment_id, found.version)
    deal = (await desk.store.deals.get(deal_id)).state
    asks.caller.check_may_change(PAYMENT, deal_id, deal.owner_id, deal.team_id, deal.group_ids)
    now = desk.now()
    state = claim(found.state, deal, local_day(now, desk.zone), contract_id=contract_id, by=asks.by.actor)
    claimed = await rows.change(found, state, [], at=now, by=asks.by)
    reached("payment:claimed")
    return await _finish(desk, claimed)


async def finish_matches(desk: Desk) -> int:
    """Bring claims to their end that somebody died over; tells of how many."""
    claims = await desk.store.payments.collection.find({"state.state": "matching"}).limit(TOGETHER).to_list(None)
    for document in claims:
        try:
            await _finish(desk, desk.store.payments.read(document))
        except (Refused, Conflict):
            continue  # it waits to be matched again, or somebody else has just done it
    return len(claims)


async def _finish(desk: Desk, claimed: Saved[Unmatched]) -> Saved[Unmatched]:
    """Lay claimed money to its deal, and settle it.

    Raises:
        Refused: the deal does not take it any more; it waits to be matched again.
    """
    money = claimed.state
    if money.state != "matching" or money.matched_deal_id is None:
        return claimed
    rows = desk.store.payments
    by = By(money.matched_by or PAYMENT, new_event_id())
    try:
        await _lay(desk, money.matched_deal_id, money.payment, money.currency, "hand", by)
    except Refused as refused:
        await rows.change(claimed, release(money, refused.code), [], at=desk.now(), by=by)
        raise
    reached("payment:laid")
    deal = (await desk.store.deals.get(money.matched_deal_id)).state
    try:
        return await rows.change(claimed, settle(money, deal), [], at=desk.now(), by=by)
    except Conflict:
        return await rows.get(claimed.id)  # somebody else brought it to its end


async def adopt_payment(desk: Desk, envelope: Envelope, said: PaymentReceived, by: By) -> None:
    """Take in money an outside system tells of: laid to its deal, to that of its contract, or kept to be matched."""
    if await desk.store.payments.collection.find_one({"_id": said.payment_id}, {"_id": 1}) is not None:
        return  # it stands in the list, and a person says whose it is
    deal_id = said.deal_id
    told = deal_id is not None and await find(desk.store.deals, deal_id) is not None
    if not told:
        deal_id = await _deal_of(desk, said)
    if deal_id is None:
        await _keep(desk, envelope, said, "unknown-deal" if said.deal_id or said.contract_number else "nothing-named")
        return
    payment = Payment(
        payment_id=said.payment_id,
        amount=said.amount,
        received_on=said.received_on,
        due_on=said.due_on,
        contract_id=said.contract_id or said.contract_number,
    )
    try:
        await _lay(desk, deal_id, payment, said.currency, None if told else "contract-number", by)
    except Refused as refused:
        await _keep(desk, envelope, said, refused.code)


async def _lay(desk: Desk, deal_id: str, payment: Payment, currency: str, matched_by: MatchedBy | None, by: By) -> None:
    """Lay money to a deal, once; `matched_by` None = the log named the deal already, and nothing is told."""
    rows = desk.store.deals
    # The attempt belongs to the list's row, or to the event; the deal knows the money by its id.
    origin = By(by.actor, by.request_id, cause=by.cause, traceparent=by.traceparent, on_behalf_of=by.on_behalf_of)
    while True:
        found = await rows.get(deal_id)
        if holds(found.state, payment.payment_id):
            return
        check_currency(found.state, currency)
        now = desk.now()
        today = local_day(now, desk.zone)
        if matched_by is None:
            state: Deal = taken(found.state, payment, today)
            events: list[EventData] = []
        else:
            state, events = match_payment(found.state, payment, today, by=matched_by)
        try:
            await rows.change(found, state, events, at=now, by=origin)
        except Conflict:
            continue  # somebody was faster: decide again on what he left
        return


async def _keep(desk: Desk, envelope: Envelope, said: PaymentReceived, reason: str) -> None:
    now = desk.now()

    def decide(known: Unmatched | None) -> Unmatched:
        if known is not None:
            return known
        return Unmatched(
            payment_id=said.payment_id,
            owner_id=said.owner_id,
            team_id=said.team_id,
            customer_id=said.customer_id,
            deal_id=said.deal_id,
            contract_id=said.contract_id,
            contract_number=said.contract_number,
            amount=said.amount,
            currency=said.currency,
            received_on=said.received_on,
            due_on=said.due_on,
            reason=reason,
            source=envelope.source,
            recorded_at=now,
        )

    await adopt(desk.store.payments, said.payment_id, envelope, decide)


async def _deal_of(desk: Desk, said: PaymentReceived) -> str | None:
    for number in (said.contract_number, said.contract_id):
        if number is not None and (deal_id := await deal_of_number(desk, number)):
            return deal_id
    return None
