"""A deal: its way through a pipeline until it is won or lost, and the money that came of it.

    open --win--> won, open --lose--> lost, won or lost --reopen--> open

What happened to a deal is told in the order it happened: nothing lies before the
latest change. Whoever reports hours late reports in order, or leaves the time out.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from backbone.contract.deals import DealOpened, DealRevised, StageChanged
from backbone.contract.envelope import EventData
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused
from services.customers.domain.pipeline import Pipeline

State = Literal["open", "won", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product of a deal; `amount` is the whole line's, in minor units of the deal's currency."""

    product_id: str
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What part of a deal a member is credited with, above 0 and at most 1."""

    member_id: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came in, in minor units of the deal's currency."""

    payment_id: str
    amount: int
    received_on: date
    due_on: date | None = None
    contract_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A deal as it stands; `amount` in minor units, `stage_since` when it came to its stage."""

    deal_id: str
    name: str | None = None
    owner_id: str
    team_id: str | None
    customer_id: str | None = None
    lead_id: str | None = None
    pipeline: str
    stage: str
    stage_since: datetime
    state: State = "open"
    amount: int
    currency: str
    probability: float
    expected_close_on: date | None = None
    product_ids: tuple[str, ...] = ()
    opened_at: datetime
    changed_at: datetime
    recorded_at: datetime
    decided_at: datetime | None = None
    reason: str | None = None
    lines: tuple[Line, ...] = ()
    credits: tuple[Credit, ...] = ()
    payments: tuple[Payment, ...] = ()


Decided = tuple[Deal, list[EventData]]


def open_deal(deal: Deal, now: datetime) -> Decided:
    """Let a deal enter a pipeline.

    Raises:
        Refused: it is with nobody, or lies in the future.
    """
    if deal.customer_id is None and deal.lead_id is None:
        raise Refused("no-counterpart", "Name the customer_id, or the lead_id while it is no customer yet.")
    check_happened(deal.opened_at, now, field="/opened_at")
    return deal, [
        DealOpened(
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            owner_id=deal.owner_id,
            team_id=deal.team_id,
            lead_id=deal.lead_id,
            pipeline=deal.pipeline,
            stage=deal.stage,
            amount=deal.amount,
            currency=deal.currency,
            probability=deal.probability,
            expected_close_on=deal.expected_close_on,
            product_ids=deal.product_ids,
        )
    ]


def move_stage(
    deal: Deal,
    at: datetime,
    now: datetime,
    *,
    pipeline: Pipeline,
    to_stage: str,
    probability: float | None = None,
    reason: str | None = None,
) -> Decided:
    """Move a deal to another stage, forward or back.

    Args:
        deal: as it stands.
        at: when it moved.
        now: the present instant.
        pipeline: the deal's own.
        to_stage: where it stands from now on.
        probability: of winning it, 0 to 1; the stage's own by default.
        reason: why; needed when a stage is passed by that is not optional.

    Raises:
        Refused: the deal is not open, the pipeline has no such stage, it stands
            there already, it passes stages by without a reason, or `at` does not
            lie between its latest change and now.
    """
    check_open(deal)
    check_order(deal, at, now)
    stage = pipeline.stages[pipeline.place_of(to_stage, field="/to_stage")]
    if to_stage == deal.stage:
        raise Refused("same-stage", f"The deal stands in {to_stage!r} already.", field="/to_stage")
    if reason is None and (passed := pipeline.passed_by(deal.stage, to_stage)):
        left_out = ", ".join(stage.stage for stage in passed)
        raise Refused("no-reason", f"This move passes {left_out} by; say why.", field="/reason")
    moved = replace(
        deal,
        stage=to_stage,
        stage_since=at,
        changed_at=at,
        probability=stage.probability if probability is None else probability,
    )
    return moved, [
        StageChanged(
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            owner_id=deal.owner_id,
            team_id=deal.team_id,
            pipeline=deal.pipeline,
            from_stage=deal.stage,
            to_stage=to_stage,
            amount=deal.amount,
            currency=deal.currency,
            probability=moved.probability,
            expected_close_on=deal.expected_close_on,
            seconds_in_from_stage=int((at - deal.stage_since).total_seconds()),
            reason=reason,
        )
    ]


def revise(
    deal: Deal,
    at: datetime,
    now: datetime,
    *,
    amount: int | None = None,
    expected_close_on: date | None = None,
    reason: str | None = None,
) -> Decided:
    """Correct what a deal is worth or when it will be decided; None leaves a value as it is.

    Raises:
        Refused: the deal is not open, nothing is new, or `at` does not lie
            between its latest change and now.
    """
    check_open(deal)
    check_order(deal, at, now)
    revised = replace(
        deal,
        amount=deal.amount if amount is None else amount,
        expected_close_on=expected_close_on or deal.expected_close_on,
        changed_at=at,
    )
    if (revised.amount, revised.expected_close_on) == (deal.amount, deal.expected_close_on):
        raise Refused("nothing-new", "Give another amount or another expected_close_on.")
    return revised, [
        DealRevised(
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            owner_id=deal.owner_id,
            team_id=deal.team_id,
            pipeline=deal.pipeline,
            stage=deal.stage,
            from_amount=deal.amount,
            amount=revised.amount,
            currency=deal.currency,
            from_expected_close_on=deal.expected_close_on,
            expected_close_on=revised.expected_close_on,
            reason=reason,
        )
    ]


def check_open(deal: Deal) -> None:
    """Refuse a change of a deal that is won or lost.

    Raises:
        Refused: it is.
    """
    if deal.state != "open":
        raise Refused("not-open", f"This deal is {deal.state}; reopen it first.")


def check_order(deal: Deal, at: datetime, now: datetime) -> None:
    """Refuse what lies before the latest change of a deal, or in the future.

    Raises:
        Refused: it does.
    """
    check_happened(at, now)
    check_not_before(at, deal.changed_at, "the deal's latest change")
