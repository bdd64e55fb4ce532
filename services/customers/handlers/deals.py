"""What can be done with a deal.

Every change raises NotFound for a deal outside the caller's row scope, Conflict
when it has another version by now, and Refused where `domain` says no.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from backbone.calendar import local_day
from backbone.outbox import Saved
from backbone.rows import Decide, Told, move_row, read_row
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import deal as deals
from services.customers.domain import decision
from services.customers.domain.deal import Credit, Deal, Decided, Line, Payment
from services.customers.domain.payment import receive_payment as received
from services.customers.handlers.customers import known_customer
from services.customers.handlers.pipelines import known_pipeline


async def open_deal(desk: Desk, asks: Asks, deal: Deal) -> Saved[Deal]:
    """Let a deal enter a pipeline."""
    if deal.customer_id is not None:
        await known_customer(desk, asks, deal.customer_id, field="/customer_id")
    state, events = deals.open_deal(deal, desk.now())
    return await desk.store.deals.create(deal.deal_id, state, events, at=state.opened_at, by=asks.by)


async def move_stage(
    desk: Desk, asks: Asks, deal_id: str, told: Told, to_stage: str, probability: float | None, reason: str | None
) -> Saved[Deal]:
    """Move a deal to another stage of its pipeline, forward or back."""
    pipeline = await known_pipeline(desk, await _pipeline_of(desk, asks, deal_id))
    decide = partial(deals.move_stage, pipeline=pipeline, to_stage=to_stage, probability=probability, reason=reason)
    return await _move(desk, asks, deal_id, told, decide)


async def revise(
    desk: Desk,
    asks: Asks,
    deal_id: str,
    told: Told,
    amount: int | None,
    expected_close_on: date | None,
    reason: str | None,
) -> Saved[Deal]:
    """Correct what a deal is worth or when it will be decided."""
    decide = partial(deals.revise, amount=amount, expected_close_on=expected_close_on, reason=reason)
    return await _move(desk, asks, deal_id, told, decide)


async def win(
    desk: Desk,
    asks: Asks,
    deal_id: str,
    told: Told,
    lines: Sequence[Line],
    shares: Sequence[Credit],
    reason: str | None,
) -> Saved[Deal]:
    """Note that the customer said yes."""
    for place, credit in enumerate(shares):
        await desk.members.known(credit.member_id, field=f"/credits/{place}/member_id")
    return await _move(desk, asks, deal_id, told, partial(decision.win, lines=lines, credits=shares, reason=reason))


async def lose(desk: Desk, asks: Asks, deal_id: str, told: Told, reason: str) -> Saved[Deal]:
    """Note that the customer said no, or that we gave up."""
    return await _move(desk, asks, deal_id, told, partial(decision.lose, reason=reason))


async def reopen(desk: Desk, asks: Asks, deal_id: str, told: Told, reason: str | None) -> Saved[Deal]:
    """Take a decision back."""
    pipeline = await known_pipeline(desk, await _pipeline_of(desk, asks, deal_id))
    return await _move(desk, asks, deal_id, told, partial(decision.reopen, pipeline=pipeline, reason=reason))


async def receive_payment(desk: Desk, asks: Asks, deal_id: str, version: int, payment: Payment) -> Saved[Deal]:
    """Note money that came in."""
    today = local_day(desk.now(), desk.zone)

    def decide(deal: Deal, _at: datetime, _now: datetime) -> Decided:
        return received(deal, payment, today)

    return await _move(desk, asks, deal_id, Told(version), decide)


async def _pipeline_of(desk: Desk, asks: Asks, deal_id: str) -> str:
    return (await read_row(desk.store.deals, asks.caller, deal_id)).state.pipeline


async def _move(desk: Desk, asks: Asks, deal_id: str, told: Told, decide: Decide[Deal]) -> Saved[Deal]:
    return await move_row(desk.store.deals, desk.members, asks, deal_id, told, desk.now(), decide)
