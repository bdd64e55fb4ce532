"""A pipeline: the stages a deal goes through until it is won or lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backbone.problems import Refused

OUTCOMES: Final = frozenset({"won", "lost"})
"""Where a deal ends in every pipeline; no stage may be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: how likely a deal in it is to be won (0 to 1), and whether deals may pass it by without a word."""

    stage: str
    name: str
    probability: float
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A pipeline with its stages in order; a deal begins in the first unless told otherwise."""

    pipeline_id: str
    name: str
    stages: tuple[Stage, ...]
    created_at: datetime

    def place_of(self, stage: str, *, field: str = "/stage") -> int:
        """Where a stage stands, counted from 0.

        Raises:
            Refused: the pipeline has no such stage.
        """
        for place, known in enumerate(self.stages):
            if known.stage == stage:
                return place
        known_stages = ", ".join(known.stage for known in self.stages)
        raise Refused(
            "unknown-stage",
            f"Pipeline {self.pipeline_id!r} has no stage {stage!r}; it has: {known_stages}.",
            field=field,
        )

    def passed_by(self, from_stage: str, to_stage: str) -> Sequence[Stage]:
        """The stages between two that a move forward leaves out and should not; none for a move back."""
        return [
            stage
            for stage in self.stages[self.place_of(from_stage) + 1 : self.place_of(to_stage)]
            if not stage.optional
        ]


def make_pipeline(pipeline: Pipeline) -> Pipeline:
    """Check a new pipeline.

    Raises:
        Refused: it has no stage, one twice, or one that is called like an outcome.
    """
    names = [stage.stage for stage in pipeline.stages]
    if not names:
        raise Refused("no-stages", "A pipeline has one stage at least.", field="/stages")
    if len(set(names)) < len(names):
        raise Refused("stage-twice", "Name every stage once.", field="/stages")
    if taken := OUTCOMES.intersection(names):
        raise Refused(
            "outcome-as-stage",
            f"{min(taken)!r} is how a deal ends, in every pipeline; leave it out of the stages.",
            field="/stages",
        )
    return pipeline


def standard_pipeline(created_at: datetime) -> Pipeline:
    """The pipeline that is there from the start."""
    return Pipeline(
        pipeline_id="standard",
        name="Standard",
        stages=(
            Stage(stage="lead-in", name="Lead In", probability=0.1),
            Stage(stage="contacted", name="Contacted", probability=0.25, optional=True),
            Stage(stage="proposal", name="Proposal", probability=0.5),
            Stage(stage="negotiation", name="Negotiation", probability=0.75, optional=True),
        ),
        created_at=created_at,
    )
