"""How a deal ends: won or lost, and open again when that was not the last word."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from backbone.contract import deals as contract
from backbone.contract.deals import DealLost, DealReopened, DealWon
from backbone.problems import Refused
from services.customers.domain.deal import Credit, Deal, Decided, Line, check_open, check_order
from services.customers.domain.pipeline import Pipeline

Outcome = Literal["won", "lost"]

SHARE_TOLERANCE: Final = 1e-6


def win(
    deal: Deal,
    at: datetime,
    now: datetime,
    *,
    lines: Sequence[Line] = (),
    credits: Sequence[Credit] = (),  # noqa: A002 - the contract's word for it
    reason: str | None = None,
) -> Decided:
    """Note that the customer said yes.

    Args:
        deal: as it stands.
        at: when he did.
        now: the present instant.
        lines: the products; they need not add up to the amount.
        credits: who shares the credit; none means the owner alone.
        reason: why, as a code.

    Raises:
        Refused: the deal is not open, the shares do not add up to 1 or name a
            member twice, or `at` does not lie between its latest change and now.
    """
    _check_credits(credits)
    won = replace(_decided(deal, "won", at, now, reason), lines=tuple(lines), credits=tuple(credits))
    return won, [
        DealWon(
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            owner_id=deal.owner_id,
            team_id=deal.team_id,
            pipeline=deal.pipeline,
            stage=deal.stage,
            amount=deal.amount,
            currency=deal.currency,
            lines=tuple(
                contract.Line(product_id=line.product_id, quantity=line.quantity, amount=line.amount) for line in lines
            ),
            reason=reason,
            credits=tuple(contract.Credit(member_id=credit.member_id, share=credit.share) for credit in credits),
        )
    ]


def lose(deal: Deal, at: datetime, now: datetime, *, reason: str) -> Decided:
    """Note that the customer said no, or that we gave up.

    Raises:
        Refused: the deal is not open, or `at` does not lie between its latest change and now.
    """
    return _decided(deal, "lost", at, now, reason), [
        DealLost(
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            owner_id=deal.owner_id,
            team_id=deal.team_id,
            pipeline=deal.pipeline,
            stage=deal.stage,
            amount=deal.amount,
            currency=deal.currency,
            reason=reason,
        )
    ]


def reopen(deal: Deal, at: datetime, now: datetime, *, pipeline: Pipeline, reason: str | None = None) -> Decided:
    """Take a decision back: the deal stands again in the stage it was decided in.

    Raises:
        Refused: the deal is open, or `at` does not lie between its decision and now.
    """
    if deal.state == "open":
        raise Refused("not-decided", "This deal is open; only a won or lost one is reopened.")
    check_order(deal, at, now)
    reopened = replace(
        deal,
        state="open",
        stage_since=at,
        changed_at=at,
        probability=pipeline.stages[pipeline.place_of(deal.stage)].probability,
        decided_at=None,
        reason=None,
        lines=(),
        credits=(),
    )
    return reopened, [
        DealReopened(
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            owner_id=deal.owner_id,
            team_id=deal.team_id,
            pipeline=deal.pipeline,
            from_outcome=deal.state,
            stage=deal.stage,
            amount=deal.amount,
            currency=deal.currency,
            reason=reason,
        )
    ]


def _decided(deal: Deal, outcome: Outcome, at: datetime, now: datetime, reason: str | None) -> Deal:
    check_open(deal)
    check_order(deal, at, now)
    probability = 1.0 if outcome == "won" else 0.0
    return replace(deal, state=outcome, changed_at=at, decided_at=at, reason=reason, probability=probability)


def _check_credits(shares: Sequence[Credit]) -> None:
    if not shares:
        return
    if not math.isclose(math.fsum(credit.share for credit in shares), 1, abs_tol=SHARE_TOLERANCE):
        raise Refused("bad-shares", "The shares must add up to 1.", field="/credits")
    if len({credit.member_id for credit in shares}) < len(shares):
        raise Refused("member-twice", "Name a member once.", field="/credits")
