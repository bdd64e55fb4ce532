"""What can be done with a deal.

Every change raises NotFound for a deal outside the caller's row scope, Conflict
when it has another version by now, and Refused where `domain` says no.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from backbone.outbox import Saved
from backbone.rows import Told, read_row
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import deal as deals
from services.customers.domain import decision, moves, worth
from services.customers.domain.customer import Customer
from services.customers.domain.deal import Credit, Deal, Line
from services.customers.domain.gates import check_needs
from services.customers.domain.pipeline import Pipeline
from services.customers.domain.worth import Revision
from services.customers.handlers.customers import known_customer
from services.customers.handlers.hands import hand_of, move_deal
from services.customers.handlers.pipelines import known_pipeline, pipeline_for, pipeline_if_known


@dataclass(frozen=True, slots=True)
class Ground:
    """What a new deal stands on: its pipeline, and the customer it is with, unless it is with a lead."""

    pipeline: Pipeline
    customer: Customer | None


async def ground_of(
    desk: Desk,
    asks: Asks,
    customer_id: str | None,
    pipeline_id: str | None,
    product_ids: tuple[str, ...],
    stage: str | None,
) -> Ground:
    """What a deal that is with this customer stands on, by the pipeline it names or else by its products.

    Raises:
        Refused: there is no such pipeline, or no such customer in the caller's row scope.
    """
    pipeline = await pipeline_for(desk, pipeline_id, product_ids, stage)
    if customer_id is None:
        return Ground(pipeline, None)
    return Ground(pipeline, await known_customer(desk, asks, customer_id, field="/customer_id"))


async def open_deal(desk: Desk, asks: Asks, deal: Deal, ground: Ground) -> Saved[Deal]:
    """Let a deal enter a pipeline."""
    await _check_members(desk, deal.credits)
    stage = ground.pipeline.stages[ground.pipeline.place_of(deal.stage)]
    contact_known = ground.customer is not None and bool(ground.customer.contacts)
    doing = f"To begin in stage {stage.stage!r}"
    check_needs(deal, stage.required, doing, contact_known=contact_known, field="/stage")
    state, events = deals.open_deal(deal, desk.now(), by=asks.by.actor)
    return await desk.store.deals.create(deal.deal_id, state, events, at=state.opened_at, by=asks.by)


async def move_stage(
    desk: Desk, asks: Asks, deal_id: str, told: Told, to_stage: str, probability: float | None, reason: str | None
) -> Saved[Deal]:
    """Move a deal to another stage of its pipeline, forward or back."""
    deal = await _deal(desk, asks, deal_id)
    decide = partial(
        moves.move_stage,
        pipeline=await known_pipeline(desk, deal.pipeline),
        to_stage=to_stage,
        hand=await hand_of(desk, asks, deal),
        probability=probability,
        reason=reason,
    )
    return await move_deal(desk, asks, deal_id, told, decide)


async def revise(desk: Desk, asks: Asks, deal_id: str, told: Told, new: Revision, reason: str | None) -> Saved[Deal]:
    """Correct what a deal is worth, when it will be decided, what is in it, who shares it, who else wants it."""
    await _check_members(desk, new.credits or ())
    if new.customer_id is not None:
        await known_customer(desk, asks, new.customer_id, field="/customer_id")
    return await move_deal(desk, asks, deal_id, told, partial(worth.revise, new=new, reason=reason))


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
    await _check_members(desk, shares)
    deal = await _deal(desk, asks, deal_id)
    decide = partial(
        decision.win,
        pipeline=await pipeline_if_known(desk, deal.pipeline),
        hand=await hand_of(desk, asks, deal),
        lines=lines,
        credits=shares,
        reason=reason,
    )
    return await move_deal(desk, asks, deal_id, told, decide)


async def lose(
    desk: Desk, asks: Asks, deal_id: str, told: Told, reason: str, lost_to: str | None = None
) -> Saved[Deal]:
    """Note that the customer said no, or that we gave up."""
    deal = await _deal(desk, asks, deal_id)
    decide = partial(
        decision.lose,
        pipeline=await pipeline_if_known(desk, deal.pipeline),
        hand=await hand_of(desk, asks, deal),
        reason=reason,
        lost_to=lost_to,
    )
    return await move_deal(desk, asks, deal_id, told, decide)


async def reopen(desk: Desk, asks: Asks, deal_id: str, told: Told, reason: str | None) -> Saved[Deal]:
    """Take a decision back."""
    deal = await _deal(desk, asks, deal_id)
    decide = partial(
        decision.reopen,
        pipeline=await known_pipeline(desk, deal.pipeline),
        hand=await hand_of(desk, asks, deal),
        reason=reason,
    )
    return await move_deal(desk, asks, deal_id, told, decide)


async def change_owner(
    desk: Desk, asks: Asks, deal_id: str, told: Told, owner_id: str, reason: str | None
) -> Saved[Deal]:
    """Give a deal to another member, one the caller may act for."""
    owner = await desk.members.acting(asks.caller, owner_id, field="/owner_id")
    decide = partial(worth.change_owner, owner_id=owner.member_id, team_id=owner.team_id, reason=reason)
    return await move_deal(desk, asks, deal_id, told, decide)


async def _deal(desk: Desk, asks: Asks, deal_id: str) -> Deal:
    return (await read_row(desk.store.deals, asks.caller, deal_id)).state


async def _check_members(desk: Desk, shares: Sequence[Credit]) -> None:
    for place, credit in enumerate(shares):
        await desk.members.known(credit.member_id, field=f"/credits/{place}/member_id")
