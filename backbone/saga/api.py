"""Where a saga stands, over HTTP: the same two routes in every service that has sagas.

The service sets `app.state.sagas` to its `SagaRunner` and takes `router` in.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from backbone.bodies import mark_replayed
from backbone.outbox import Saved
from backbone.saga.rules import Saga, SagaState
from backbone.saga.runner import NOUN, SagaRunner
from backbone.siblings import problem_as
from backbone.web import Calling

router = APIRouter(prefix="/sagas", tags=["sagas"])


def _runner(request: Request) -> SagaRunner:
    runner: SagaRunner = request.app.state.sagas
    return runner


AtRunner = Annotated[SagaRunner, Depends(_runner)]


class ReasonView(BaseModel):
    """Why it was refused."""

    code: str
    detail: str = Field(description="What to do about it.")
    field: str | None = Field(description="JSON pointer into the body of the request that began it.")


class SagaView(BaseModel):
    """A piece of work of several steps, as it stands."""

    saga_id: str
    kind: str = Field(examples=["conversion"])
    subject: str = Field(description="Id of what it is about.")
    state: SagaState = Field(
        description="running goes on by itself, done is complete, undoing and refused: see `reason`."
    )
    step: str = Field(description="What is done next; after a refusal, what was refused.")
    results: dict[str, dict[str, Any]] = Field(description="What each step made, by the step's name.")
    tries: int = Field(description="How often the present step has failed for now; it is tried again by itself.")
    trouble: str | None = Field(description="Why it failed last.")
    reason: ReasonView | None = Field(description="Why it was refused for good.")
    next_at: datetime | None = Field(description="When it is taken up again at the latest; null at the end.")
    started_at: datetime
    ended_at: datetime | None


@router.get("/{saga_id}", summary="See how far a piece of work has come")
async def read_saga(saga_id: str, runner: AtRunner, caller: Calling) -> SagaView:
    """One saga about something in the caller's row scope, or one that he began.

    Ask every second or so while `state` is running: nothing more has to be sent.
    """
    saga = (await runner.sagas.get(saga_id)).state
    if caller.member_id is None or caller.member_id not in (saga.origin.actor, saga.origin.on_behalf_of):
        caller.check_may_see(NOUN, saga_id, saga.owner_id, saga.team_id)
    return saga_view(saga)


def saga_view(saga: Saga) -> SagaView:
    """A saga as the API shows it."""
    return SagaView.model_validate(saga, from_attributes=True)


def answer_saga(saved: Saved[Saga], response: Response) -> SagaView:
    """The answer of a request that began a saga: 200 when it is done, 202 when it goes on by itself.

    Args:
        saved: the saga as it stands when the request is answered.
        response: gets the status, and the address to ask at.

    Raises:
        Problem: the saga was refused, with the status and the words of whoever refused it.
    """
    saga = saved.state
    if saga.reason is not None:
        raise problem_as(saga.reason.status, saga.reason.code, saga.reason.detail, saga.reason.field)
    response.status_code = 200 if saga.state is SagaState.DONE else 202
    response.headers["location"] = f"/sagas/{saga.saga_id}"
    mark_replayed(saved, response)
    return saga_view(saga)
