"""What can be done with a pipeline."""

from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict, NotFound, Refused
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import pipeline as pipelines
from services.customers.domain.pipeline import Pipeline, standard_pipeline


async def make_pipeline(desk: Desk, asks: Asks, pipeline: Pipeline) -> Saved[Pipeline]:
    """Add a pipeline.

    Raises:
        Conflict: there is one of this id.
        Refused: see `domain.pipeline.make_pipeline`.
    """
    state = pipelines.make_pipeline(pipeline)
    return await desk.store.pipelines.create(pipeline.pipeline_id, state, [], at=state.created_at, by=asks.by)


async def ensure_standard_pipeline(desk: Desk) -> None:
    """Make the pipeline `standard` unless it is there."""
    standard = standard_pipeline(desk.now())
    try:
        await desk.store.pipelines.create(
            standard.pipeline_id, standard, [], at=standard.created_at, by=By("customers", "start")
        )
    except Conflict:
        return


async def known_pipeline(desk: Desk, pipeline_id: str) -> Pipeline:
    """The pipeline a deal names.

    Raises:
        Refused: there is none.
    """
    try:
        return (await desk.store.pipelines.get(pipeline_id)).state
    except NotFound as unknown:
        raise Refused("unknown-pipeline", unknown.detail, field="/pipeline") from unknown
