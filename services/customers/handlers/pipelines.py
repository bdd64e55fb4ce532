"""What can be done with a pipeline.

A change of a pipeline is one write; the deals of a stage that went follow one by one, swept until
none is left (`settle_pipelines`), also after a crash. Meanwhile nothing is stranded: the pipeline
itself knows which stage stands for one that went.
"""

from datetime import datetime
from typing import Final

from backbone.at_hand import EVERYWHERE_SECONDS
from backbone.contract.ids import new_event_id
from backbone.failpoints import reached
from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict, NotFound, Refused
from backbone.rows import find, to_change
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import pipeline as pipelines
from services.customers.domain.moves import follow_pipeline
from services.customers.domain.pipeline import Pipeline, Plan, standard_pipeline
from services.customers.store import STANDARD

TOGETHER: Final = 200
"""Deals moved out of a stage that went before the next look."""


async def make_pipeline(desk: Desk, asks: Asks, pipeline: Pipeline) -> Saved[Pipeline]:
    """Add a pipeline.

    Raises:
        Conflict: there is one of this id.
        Refused: see `domain.pipeline.make_pipeline`.
    """
    state, events = pipelines.make_pipeline(pipeline)
    saved = await desk.store.pipelines.create(pipeline.pipeline_id, state, events, at=state.created_at, by=asks.by)
    await desk.store.pipelines.at_hand.refresh()
    return saved


async def change_pipeline(desk: Desk, asks: Asks, pipeline_id: str, version: int, plan: Plan) -> Saved[Pipeline]:
    """Give a pipeline other stages, another order or other rules.

    Raises:
        NotFound: there is none of this id.
        Conflict: it has another version by now.
        Refused: see `domain.pipeline.change_pipeline`.
    """
    found = await to_change(desk.store.pipelines, asks, pipeline_id, version)
    if found.replayed:
        return found
    kept = {stage.stage for stage in plan.stages}
    in_use = {
        stage.stage: await _standing(desk, pipeline_id, stage.stage)
        for stage in found.state.stages
        if stage.stage not in kept
    }
    now = desk.now()
    state, events = pipelines.change_pipeline(found.state, plan, in_use, now, asks.by.actor)
    saved = await desk.store.pipelines.change(found, state, events, at=now, by=asks.by)
    reached("pipeline:changed")
    await desk.store.pipelines.at_hand.refresh()
    return saved


async def ensure_standard_pipeline(desk: Desk) -> None:
    """Make the pipeline `standard` unless it is there; read them all."""
    standard, events = pipelines.make_pipeline(standard_pipeline(desk.now()))
    by = By("customers", "start")
    try:
        await desk.store.pipelines.create(STANDARD, standard, events, at=standard.created_at, by=by)
    except Conflict:
        pass  # it is there
    await desk.store.pipelines.at_hand.refresh()


async def known_pipeline(desk: Desk, pipeline_id: str) -> Pipeline:
    """The pipeline a deal names.

    Raises:
        Refused: there is none.
    """
    try:
        return (await desk.store.pipelines.get(pipeline_id)).state
    except NotFound as unknown:
        raise Refused("unknown-pipeline", unknown.detail, field="/pipeline") from unknown


async def pipeline_if_known(desk: Desk, pipeline_id: str) -> Pipeline | None:
    """The pipeline of a deal that may have come from outside; None when nobody made it here."""
    found = await find(desk.store.pipelines, pipeline_id)
    return None if found is None else found.state


async def pipeline_for(
    desk: Desk, pipeline_id: str | None, product_ids: tuple[str, ...], stage: str | None
) -> Pipeline:
    """The pipeline a new deal takes: the one named, else the one for its products, else `standard`.

    It may be as it was a second ago, but a stage that was added is found; a deal in one that just went follows.

    Raises:
        Refused: there is no such pipeline.
    """
    found = await desk.store.pipelines.for_deal(pipeline_id, product_ids, stage)
    return await known_pipeline(desk, pipeline_id or STANDARD) if found is None else found


async def settle_pipelines(desk: Desk) -> int:
    """Move the deals that stand in stages that went; tells how many were moved."""
    moved = 0
    unsettled = await desk.store.pipelines.collection.find({"state.settled": False}).to_list(None)
    for document in unsettled:
        found = desk.store.pipelines.read(document)
        stranded = await _stranded(desk, found.state)
        for deal_id in stranded:
            moved += await _follow(desk, found.state, deal_id)
        if not stranded and _is_known_everywhere(found.state, desk.now()):
            await _settled(desk, found)
    return moved


def _is_known_everywhere(pipeline: Pipeline, now: datetime) -> bool:
    """Whether processes go by its present form; a deal that is slower still stands for the stage of now (`present`)."""
    changed_at = max((one.until for one in pipeline.revisions), default=pipeline.created_at)
    return (now - changed_at).total_seconds() >= EVERYWHERE_SECONDS


async def _stranded(desk: Desk, pipeline: Pipeline) -> list[str]:
    wanted = {
        "state.pipeline": pipeline.pipeline_id,
        "state.state": "open",
        "state.stage": {"$in": sorted(pipeline.moved)},
    }
    return [row["_id"] async for row in desk.store.deals.collection.find(wanted, {"_id": 1}).limit(TOGETHER)]


async def _follow(desk: Desk, pipeline: Pipeline, deal_id: str) -> int:
    found = await desk.store.deals.get(deal_id)
    now = desk.now()
    by = pipeline.revisions[-1].by if pipeline.revisions else "customers"
    try:
        state, events = follow_pipeline(found.state, now, pipeline=pipeline, by=by)
        origin = By(by, new_event_id())
        await desk.store.deals.change(found, state, events, at=state.changed_at, by=origin)
    except (Refused, Conflict):
        # Somebody decided it or moved it meanwhile: the next look sees how it stands then.
        return 0
    reached("pipeline:deal-moved")
    return 1


async def _settled(desk: Desk, found: Saved[Pipeline]) -> None:
    state, events = pipelines.settle(found.state)
    by = By("customers", new_event_id())
    try:
        await desk.store.pipelines.change(found, state, events, at=desk.now(), by=by)
    except Conflict:
        return  # changed once more: that change is settled on its own


async def _standing(desk: Desk, pipeline_id: str, stage: str) -> int:
    wanted = {"state.pipeline": pipeline_id, "state.stage": stage, "state.state": "open"}
    return await desk.store.deals.collection.count_documents(wanted)
