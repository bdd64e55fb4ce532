"""How a deal ends: won or lost, and open again when that was not the last word."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from backbone.contract.deals import DealLost, DealReopened, DealWon
from backbone.problems import Refused
from services.customers.domain.deal import (
    Credit,
    Deal,
    Decided,
    Hand,
    Line,
    Step,
    check_credits,
    check_open,
    check_order,
    stepped,
    told_credits,
    told_lines,
    whose,
    worth,
)
from services.customers.domain.gates import check_needs
from services.customers.domain.pipeline import Pipeline, check_permission

Outcome = Literal["won", "lost"]


def win(
    deal: Deal,
    at: datetime,
    now: datetime,
    *,
    pipeline: Pipeline | None,
    hand: Hand,
    lines: Sequence[Line] = (),
    credits: Sequence[Credit] = (),  # noqa: A002 - the contract's word for it
    reason: str | None = None,
) -> Decided:
    """Note that the customer said yes.

    Args:
        deal: as it stands.
        at: when he did.
        now: the present instant.
        pipeline: the deal's own; None for one that came from outside and that nobody made here.
        hand: who notes it.
        lines: the products; the deal's own by default. They need not add up to the amount.
        credits: who shares the credit; as agreed before by default, and without any the owner alone.
        reason: why, as a code.

    Raises:
        Refused: the deal is not open, something is missing to leave its stage, the shares do not add
            up to 1 or name a member twice, or `at` does not lie between its latest change and now.
    """
    check_open(deal)
    check_credits(credits or deal.credits)
    if pipeline is not None:
        leaving = pipeline.stage_of(deal.stage)
        check_needs(deal, leaving.exit_rules, "To be won", contact_known=hand.contact_known)
    decided = _decided(deal, "won", at, now, reason, hand)
    won = replace(decided, lines=tuple(lines) or deal.lines, credits=tuple(credits) or deal.credits)
    return won, [
        DealWon(
            **whose(deal),
            **worth(deal),
            lines=told_lines(won.lines),
            reason=reason,
            credits=told_credits(won.credits),
        )
    ]


def lose(
    deal: Deal,
    at: datetime,
    now: datetime,
    *,
    pipeline: Pipeline | None,
    hand: Hand,
    reason: str,
    lost_to: str | None = None,
) -> Decided:
    """Note that the customer said no, or that we gave up.

    Args:
        deal: as it stands.
        at: when he did.
        now: the present instant.
        pipeline: the deal's own; None for one that came from outside and that nobody made here.
        hand: who notes it.
        reason: why; one of the pipeline's, where it has any.
        lost_to: the competitor who got the order.

    Raises:
        Refused: the deal is not open, the pipeline does not know the reason, or `at` does not lie
            between its latest change and now.
    """
    known = () if pipeline is None else pipeline.lost_reasons
    if known and reason not in known:
        raise Refused("unknown-reason", f"Deals of this pipeline are lost for: {', '.join(known)}.", field="/reason")
    lost = replace(_decided(deal, "lost", at, now, reason, hand), lost_to=lost_to)
    return lost, [DealLost(**whose(deal), **worth(deal), reason=reason, lost_to=lost_to)]


def reopen(
    deal: Deal, at: datetime, now: datetime, *, pipeline: Pipeline, hand: Hand, reason: str | None = None
) -> Decided:
    """Take a decision back: the deal stands again in the stage it was decided in, or the one that stands for it.

    Raises:
        Refused: the deal is open, the pipeline's rules do not allow it, or `at` does not lie between
            its decision and now.
    """
    if deal.state == "open":
        raise Refused("not-decided", "This deal is open; only a won or lost one is reopened.")
    check_order(deal, at, now)
    check_permission(pipeline.reopen, "Reopening", reason, decides=hand.decides)
    stage = pipeline.stage_of(deal.stage)
    step = Step(at=at, turn="reopened", from_stage=deal.state, to_stage=stage.stage, by=hand.by, reason=reason)
    reopened = replace(
        deal,
        state="open",
        stage=stage.stage,
        stage_since=at,
        changed_at=at,
        probability=stage.probability,
        decided_at=None,
        reason=None,
        lost_to=None,
        history=stepped(deal, step),
    )
    return reopened, [DealReopened(**whose(deal), **worth(reopened), from_outcome=deal.state, reason=reason)]


def _decided(deal: Deal, outcome: Outcome, at: datetime, now: datetime, reason: str | None, hand: Hand) -> Deal:
    check_open(deal)
    check_order(deal, at, now)
    step = Step(at=at, turn=outcome, from_stage=deal.stage, to_stage=outcome, by=hand.by, reason=reason)
    return replace(
        deal,
        state=outcome,
        changed_at=at,
        decided_at=at,
        reason=reason,
        probability=1.0 if outcome == "won" else 0.0,
        history=stepped(deal, step),
    )
