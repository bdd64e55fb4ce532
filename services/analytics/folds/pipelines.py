"""Pipelines: in which order a funnel shows its stages. No figure moves.

The latest version by sequence holds, in whatever order they come (`superseded`); without sequences
the order of the log is the order.
"""

from typing import Final

from services.analytics.domain.entries import Entry
from services.analytics.domain.pipelines import Pipeline
from services.analytics.folds.decisions import Decision

KIND: Final = "pipeline-changed"


def fold_pipeline(entry: Entry, known: Pipeline | None, on: int | None) -> tuple[Decision, Pipeline]:
    """Fold one change of a pipeline.

    Args:
        entry: the event.
        known: the pipeline before it; None = never heard of.
        on: the event's day; None = undated.

    Returns:
        Whether it counts, and the pipeline after it.
    """
    event = entry.event
    decision = Decision(None, None, on)
    before = None if known is None else known.sequence
    if known is not None and event.sequence is not None and before is not None and event.sequence < before:
        decision.left_out = "superseded"
        return decision, known
    stages = tuple(stage.stage for stage in event.data.stages)
    return decision, Pipeline(stages, before if event.sequence is None else event.sequence)
