"""Pipelines over HTTP."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone.auth import allowed
from backbone.bodies import Body, view_of
from backbone.contract.fields import Code, Probability, Text
from backbone.paging import Cursor, Limit, Page
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.door import AtDesk
from services.customers.domain.pipeline import Pipeline, Stage
from services.customers.handlers import pipelines as handlers

router = APIRouter(tags=["pipelines"])

ADMINS: Final = [Depends(allowed())]


class StageShape(Body):
    """One stage of a pipeline."""

    model_config = ConfigDict(from_attributes=True)

    stage: Code = Field(description="Its code; events carry it.")
    name: Text = Field(description="As people read it.")
    probability: Probability = Field(description="How likely a deal in it is to be won, 0 to 1.")
    optional: bool = Field(False, description="Whether deals may pass it by without a reason.")


class PipelineToMake(Body):
    """A pipeline with its stages in order; won and lost come after the last by themselves."""

    pipeline_id: Code
    name: Text
    stages: Annotated[list[StageShape], Field(min_length=1, max_length=50)]


class PipelineView(BaseModel):
    """A pipeline."""

    pipeline_id: str
    version: int
    name: str
    stages: list[StageShape]
    created_at: datetime


@router.post("/pipelines", status_code=201, summary="Add a pipeline", dependencies=ADMINS)
async def make_pipeline(body: PipelineToMake, desk: AtDesk, asks: Asking, response: Response) -> PipelineView:
    """For admins. `standard` is there from the start."""
    pipeline = Pipeline(
        pipeline_id=body.pipeline_id,
        name=body.name,
        stages=tuple(Stage(**stage.model_dump()) for stage in body.stages),
        created_at=desk.now(),
    )
    return view_of(PipelineView, await handlers.make_pipeline(desk, asks, pipeline), response)


@router.get("/pipelines", summary="List pipelines")
async def list_pipelines(
    desk: AtDesk, _caller: Calling, cursor: Cursor = None, limit: Limit = 50
) -> Page[PipelineView]:
    """Every pipeline with its stages in order."""
    found, following = await queries.pipeline_page(desk.store, cursor=cursor, limit=limit)
    return Page(items=[view_of(PipelineView, saved) for saved in found], next=following)


@router.get("/pipelines/{pipeline_id}", summary="Read a pipeline")
async def read_pipeline(pipeline_id: str, desk: AtDesk, _caller: Calling) -> PipelineView:
    """One pipeline with its stages in order."""
    return view_of(PipelineView, await queries.pipeline(desk.store, pipeline_id))
