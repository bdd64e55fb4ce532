"""How a deal moves through its pipeline: forward, back, past stages, and along when a stage goes."""

from dataclasses import replace
from datetime import datetime

from backbone.contract.deals import Direction, StageChanged
from backbone.problems import Refused
from services.customers.domain.deal import (
    Deal,
    Decided,
    Hand,
    Step,
    check_open,
    check_order,
    direction_of,
    stepped,
    whose,
)
from services.customers.domain.gates import check_needs
from services.customers.domain.pipeline import Pipeline, check_permission

PIPELINE_CHANGED = "pipeline-changed"
"""Why a deal moves when its stage goes."""


def move_stage(
    deal: Deal,
    at: datetime,
    now: datetime,
    *,
    pipeline: Pipeline,
    to_stage: str,
    hand: Hand,
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
        hand: who moves it.
        probability: of winning it, 0 to 1; the stage's own by default.
        reason: why; the pipeline's rules say when it is needed.

    Raises:
        Refused: the deal is not open, the pipeline has no such stage, it stands there already, the
            rules do not let it move back or pass stages by, something is missing to leave the one
            stage or to come into the other, or `at` does not lie between its latest change and now.
    """
    check_open(deal)
    check_order(deal, at, now)
    stage = pipeline.stages[pipeline.place_of(to_stage, field="/to_stage")]
    if to_stage == deal.stage:
        raise Refused("same-stage", f"The deal stands in {to_stage!r} already.", field="/to_stage")
    direction = direction_of(pipeline, deal.stage, to_stage)
    if direction == "back":
        check_permission(pipeline.back, "Moving back", reason, decides=hand.decides)
    else:
        _check_forward(deal, pipeline, to_stage, hand, reason)
    check_needs(
        deal, stage.required, f"To come into stage {to_stage!r}", contact_known=hand.contact_known, field="/to_stage"
    )
    expected = stage.probability if probability is None else probability
    return _moved(deal, at, to_stage=to_stage, probability=expected, direction=direction, by=hand.by, reason=reason)


def _check_forward(deal: Deal, pipeline: Pipeline, to_stage: str, hand: Hand, reason: str | None) -> None:
    if passed := pipeline.passed_by(deal.stage, to_stage):
        left_out = ", ".join(stage.stage for stage in passed)
        check_permission(pipeline.skip, f"Passing {left_out} by", reason, decides=hand.decides)
    leaving = pipeline.stage_of(deal.stage)
    check_needs(
        deal, leaving.exit_rules, f"To leave stage {deal.stage!r}", contact_known=hand.contact_known, field="/to_stage"
    )


def follow_pipeline(deal: Deal, at: datetime, *, pipeline: Pipeline, by: str) -> Decided:
    """Take an open deal out of a stage that its pipeline does not have any more.

    Args:
        deal: as it stands.
        at: the present instant.
        pipeline: the deal's own.
        by: who changed the pipeline.

    Raises:
        Refused: the deal is not open, or its stage is there.
    """
    check_open(deal)
    stage = pipeline.stage_of(deal.stage)
    if stage.stage == deal.stage:
        raise Refused("same-stage", f"Stage {deal.stage!r} is there.")
    # A deal may have been told of from a few minutes ahead.
    moment = max(at, deal.changed_at)
    return _moved(
        deal,
        moment,
        to_stage=stage.stage,
        probability=stage.probability,
        direction="mapped",
        by=by,
        reason=PIPELINE_CHANGED,
    )


def _moved(
    deal: Deal,
    at: datetime,
    *,
    to_stage: str,
    probability: float,
    direction: Direction,
    by: str,
    reason: str | None,
) -> Decided:
    step = Step(at=at, turn=direction, from_stage=deal.stage, to_stage=to_stage, by=by, reason=reason)
    moved = replace(
        deal,
        stage=to_stage,
        stage_since=at,
        changed_at=at,
        probability=probability,
        history=stepped(deal, step),
    )
    return moved, [
        StageChanged(
            **whose(deal),
            pipeline=deal.pipeline,
            from_stage=deal.stage,
            to_stage=to_stage,
            amount=deal.amount,
            currency=deal.currency,
            probability=probability,
            expected_close_on=deal.expected_close_on,
            seconds_in_from_stage=int((at - deal.stage_since).total_seconds()),
            direction=direction,
            reason=reason,
        )
    ]
