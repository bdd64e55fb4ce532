"""Deals for unit tests, and the ways to change one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.customers.domain import decision, moves, worth
from services.customers.domain.deal import (
    Credit,
    Deal,
    Decided,
    Hand,
    Line,
)
from services.customers.domain.pipeline import Pipeline, standard_pipeline
from services.customers.domain.worth import Revision

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(days=30)
STANDARD = standard_pipeline(OPENED)

DEAL = Deal(
    deal_id="deal-1",
    owner_id="li",
    team_id="north",
    customer_id="customer-1",
    pipeline="standard",
    stage="lead-in",
    stage_since=OPENED,
    amount=500_000,
    currency="CNY",
    probability=0.1,
    opened_at=OPENED,
    changed_at=OPENED,
    recorded_at=OPENED,
)

WHOSE: dict[str, Any] = {
    "deal_id": "deal-1",
    "customer_id": "customer-1",
    "owner_id": "li",
    "team_id": "north",
    "pipeline": "standard",
}

LI = Hand(by="li")


def days(count: float) -> datetime:
    return OPENED + timedelta(days=count)


def moved(
    deal: Deal,
    at: datetime,
    now: datetime,
    to_stage: str = "contacted",
    reason: str | None = None,
    pipeline: Pipeline = STANDARD,
    hand: Hand = LI,
) -> Decided:
    return moves.move_stage(deal, at, now, pipeline=pipeline, to_stage=to_stage, hand=hand, reason=reason)


def revised(deal: Deal, at: datetime, now: datetime) -> Decided:
    return worth.revise(deal, at, now, new=Revision(amount=deal.amount + 1))


def won(deal: Deal, at: datetime, now: datetime, lines: Sequence[Line] = (), shares: Sequence[Credit] = ()) -> Decided:
    return decision.win(deal, at, now, pipeline=STANDARD, hand=LI, lines=lines, credits=shares, reason="quality")


WON, _ = won(DEAL, days(5), NOW)
