"""Pipelines over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone.auth import allowed
from backbone.bodies import Body, view_of
from backbone.contract.fields import Code, Probability, ProductIds, Seconds, Text
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.door import AtDesk
from services.customers.domain.pipeline import Need, Permission, Pipeline, Plan, Stage
from services.customers.handlers import pipelines as handlers

router = APIRouter(tags=["pipelines"])

PIPELINES: Final = Listing("pipelines", order={"created_at": datetime, "name": str})
ADMINS: Final = [Depends(allowed())]

Needs = Annotated[tuple[Need, ...], Field(strict=False, max_length=10)]


class StageShape(Body):
    """One stage of a pipeline."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "stage": "proposal",
                    "name": "Proposal",
                    "probability": 0.5,
                    "required": ["amount", "expected-close"],
                    "exit_rules": ["quote-sent", "contact"],
                    "longest_stay_seconds": 1209600,
                }
            ]
        },
    )

    stage: Code = Field(description="Its code; events carry it.")
    name: Text = Field(description="As people read it.")
    probability: Probability = Field(description="How likely a deal in it is to be won, 0 to 1.")
    optional: bool = Field(False, description="Whether deals may pass it by without a reason.")
    required: Needs = Field((), description="What must be known of a deal to come into it.")
    exit_rules: Needs = Field((), description="What must hold to leave it forward, or to be won in it.")
    longest_stay_seconds: Annotated[Seconds, Field(ge=1)] | None = Field(
        None, description="How long a deal should stand in it at most; overdue ones are listed."
    )


class Rules(Body):
    """The stages of a pipeline in order, and what is allowed on the way."""

    name: Text
    stages: Annotated[list[StageShape], Field(min_length=1, max_length=50)] = Field(
        description="In order; won and lost come after the last by themselves."
    )
    product_ids: ProductIds = Field((), description="Products whose deals take it unless they name another.")
    back: Permission = Field("free", description="Whether deals move back.")
    skip: Permission = Field("reason", description="Whether deals pass stages by that are not optional.")
    reopen: Permission = Field("free", description="Whether decided deals are opened again.")
    lost_reasons: Annotated[tuple[Code, ...], Field(strict=False, max_length=100)] = Field(
        (), description="The reasons a deal may be lost for; none given means any code."
    )

    def rules(self) -> dict[str, Any]:
        """The fields as the domain takes them."""
        values = {name: getattr(self, name) for name in Rules.model_fields}
        return {**values, "stages": tuple(Stage(**stage.model_dump()) for stage in self.stages)}


class PipelineToMake(Rules):
    """A pipeline with its stages in order."""

    pipeline_id: Code


class PipelineChange(Rules):
    """A pipeline as it is to be; a stage that is left out goes."""

    version: int = Field(ge=1, description="The version you have seen; another one by now is answered with 409.")
    moved: Annotated[dict[Code, Code], Field(max_length=50)] = Field(
        {},
        description="By stage that goes: where its deals stand from now on; needed where open deals stand in it.",
        examples=[{"contacted": "lead-in"}],
    )


class RevisionView(BaseModel):
    """A pipeline as it was."""

    revision: int
    until: datetime
    by: str
    stages: list[StageShape]
    moved: dict[str, str] = Field(description="Where the deals of the stages that went then stood.")


class PipelineView(BaseModel):
    """A pipeline."""

    pipeline_id: str
    version: int = Field(description="Name it when you change the pipeline.")
    revision: int = Field(description="How often its stages or rules were written.")
    name: str
    stages: list[StageShape]
    product_ids: list[str]
    back: Permission
    skip: Permission
    reopen: Permission
    lost_reasons: list[str]
    settled: bool = Field(description="False while deals are still on their way out of a stage that went.")
    created_at: datetime


class RevisionsView(BaseModel):
    """The earlier forms of a pipeline, the latest last."""

    pipeline_id: str
    version: int
    revision: int
    revisions: list[RevisionView]


@router.post("/pipelines", status_code=201, summary="Add a pipeline", dependencies=ADMINS)
async def make_pipeline(body: PipelineToMake, desk: AtDesk, asks: Asking, response: Response) -> PipelineView:
    """For admins. `standard` is there from the start."""
    pipeline = Pipeline(pipeline_id=body.pipeline_id, created_at=desk.now(), **body.rules())
    return view_of(PipelineView, await handlers.make_pipeline(desk, asks, pipeline), response)


@router.put("/pipelines/{pipeline_id}", summary="Change a pipeline", dependencies=ADMINS)
async def change_pipeline(
    pipeline_id: str, body: PipelineChange, desk: AtDesk, asks: Asking, response: Response
) -> PipelineView:
    """For admins. The whole pipeline is given; deals in a stage that goes follow `moved`, each with its event."""
    plan = Plan(**body.rules(), moved=body.moved)
    return view_of(PipelineView, await handlers.change_pipeline(desk, asks, pipeline_id, body.version, plan), response)


@router.get("/pipelines", summary="List pipelines", response_model=Page[PipelineView], responses=EXPORTS)
async def list_pipelines(
    desk: AtDesk, _caller: Calling, asked: Annotated[Asked, Depends(PIPELINES)]
) -> Page[PipelineView] | Response:
    """Every pipeline with its stages in order; by id from the last to the first unless a `sort` is named."""
    return await views(asked, queries.pipelines(desk.store), PipelineView)


@router.get("/pipelines/{pipeline_id}", summary="Read a pipeline")
async def read_pipeline(pipeline_id: str, desk: AtDesk, _caller: Calling) -> PipelineView:
    """One pipeline with its stages in order."""
    return view_of(PipelineView, await queries.pipeline(desk.store, pipeline_id))


@router.get("/pipelines/{pipeline_id}/revisions", summary="Read what a pipeline was")
async def read_revisions(pipeline_id: str, desk: AtDesk, _caller: Calling) -> RevisionsView:
    """Its latest twenty earlier forms: the stages, until when, who changed them, where deals went."""
    return view_of(RevisionsView, await queries.pipeline(desk.store, pipeline_id))
