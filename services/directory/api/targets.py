"""Targets: what members and teams shall reach, by month, down the tree, approved from above."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Amount, Code, Currency, Id, Text
from backbone.listing import EXPORTS, Asked, Listing, listed
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.directory.api.door import PEOPLE, AtDesk
from services.directory.domain.target import State
from services.directory.handlers import targets as handlers
from services.directory.handlers.targets import Below, Wish
from services.directory.queries import targets as queries

router = APIRouter(prefix="/targets", tags=["targets"], dependencies=PEOPLE)

TARGETS = Listing(
    "targets",
    order={"period": str, "value": int},
    equal={"member_id": str, "team_id": str, "metric": str, "period": str, "state": State, "parent_id": str},
)

MOST_PARTS = 500
Weight = Annotated[int, Field(ge=0, le=1_000_000)]
Weights = Annotated[
    dict[str, Weight] | None,
    Field(
        description="By month, such as `2026-02`; a month that is left out gets nothing, the last month of the period "
        "takes the rounding. Null = all months alike.",
        examples=[{"2026-01": 3, "2026-02": 1, "2026-03": 4}],
    ),
]
Value = Annotated[
    Amount, Field(description="What to reach; money in minor units of the currency.", examples=[12_000_000])
]
Note = Annotated[Text | None, Field(description="What there is to say to it; it stays in the history.")]


class TargetToPropose(Body):
    """What a member or team shall reach."""

    member_id: Id | None = Field(None, description="For whom; null for a team.")
    team_id: Id | None = Field(None, description="For which team; a member's own team is taken by itself.")
    metric: Code = Field(description="The figure, as its board is called.", examples=["won-amount"])
    period: Code = Field(description="A year, quarter or month.", examples=["2026", "2026-Q1", "2026-03"])
    value: Value
    currency: Currency | None = Field(None, description="Of money; the organisation's by default.")
    weights: Weights = None
    note: Note = None


class TargetToProposeAnew(Change):
    """Another value for a target."""

    value: Value
    weights: Weights = None
    note: Note = None


class Decision(Change):
    """What somebody above says to a proposed target."""

    note: Note = None


class PartBody(Body):
    """Who gets a part of a team's target."""

    member_id: Id | None = Field(None, description="A member of this very team; null for a team.")
    team_id: Id | None = Field(None, description="A team right below it; null for a member.")
    weight: Weight = Field(1, description="How much of it against the others.")


class TargetToSpread(Change):
    """Over whom a team's target is spread."""

    parts: list[PartBody] = Field(
        min_length=1, max_length=MOST_PARTS, description="In order; in every month the last one takes the rounding."
    )


class StepView(BaseModel):
    """One step of a target's history."""

    state: State
    value: int
    by: str
    on_behalf_of: str | None
    at: datetime
    note: str | None


class TargetView(BaseModel):
    """A target as it stands."""

    target_id: str
    version: int = Field(description="Name it when you change the target.")
    member_id: str | None
    team_id: str | None
    metric: str
    period: str
    state: State
    value: int = Field(description="As it stands proposed, approved or returned; money in minor units.")
    currency: str | None
    months: dict[str, int] = Field(description="The value of each month; they add up to it exactly.")
    approved_value: int | None = Field(description="What counts now; null while nothing was approved.")
    parent_id: str | None = Field(description="The team target it is a part of.")
    history: list[StepView]


class TargetTree(BaseModel):
    """A team's target and those right below it."""

    target: TargetView
    parts: list[TargetView] = Field(description="In the order in which it was spread.")
    value_of_parts: int = Field(description="What the parts add up to as they stand.")
    left: int = Field(description="The target's value less that: 0 as long as no part was proposed anew.")


@router.post("", status_code=201, summary="Propose a target")
async def propose_target(
    body: TargetToPropose, request: Request, desk: AtDesk, asks: Asking, response: Response
) -> TargetView:
    """By the member himself or whoever leads him; it counts when somebody above approves it. Emits target-proposed.

    There is one target for each member or team, figure and period; propose that one anew to change it.
    """
    wish = Wish(**body.model_dump())
    saved = await handlers.propose(desk, asks, wish, request.app.state.settings.currency)
    return view_of(TargetView, saved, response)


@router.get("", summary="List targets", response_model=Page[TargetView], responses=EXPORTS)
async def list_targets(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(TARGETS)]
) -> Page[TargetView] | Response:
    """Targets in the caller's row scope, a team's and its members' by `team_id`, the parts of one by `parent_id`."""
    return await listed(asked, queries.targets(desk.store, caller), TargetView, partial(view_of, TargetView))


@router.get("/{target_id}", summary="Read a target")
async def read_target(target_id: str, desk: AtDesk, caller: Calling) -> TargetView:
    """One target with its history."""
    return view_of(TargetView, await queries.target(desk.store, caller, target_id))


@router.get("/{target_id}/parts", summary="What a team's target is spread over")
async def read_parts(target_id: str, desk: AtDesk, caller: Calling) -> TargetTree:
    """The target and those right below it, and whether they still add up."""
    found = await queries.target(desk.store, caller, target_id)
    parts = await queries.parts(desk.store, caller, found.state)
    whole = sum(part.state.value for part in parts)
    return TargetTree(
        target=view_of(TargetView, found),
        parts=[view_of(TargetView, part) for part in parts],
        value_of_parts=whole,
        left=found.state.value - whole,
    )


@router.post("/{target_id}/propose", summary="Propose a target anew")
async def propose_anew(
    target_id: str, body: TargetToProposeAnew, desk: AtDesk, asks: Asking, response: Response
) -> TargetView:
    """Another value or other months; what was approved counts until this is. Emits target-proposed."""
    saved = await handlers.propose_anew(
        desk, asks, target_id, body.version, body.value, weights=body.weights, note=body.note
    )
    return view_of(TargetView, saved, response)


@router.post("/{target_id}/approve", summary="Approve a target")
async def approve_target(target_id: str, body: Decision, desk: AtDesk, asks: Asking, response: Response) -> TargetView:
    """By somebody above who did not propose it. Emits target-set for the period and for each of its months."""
    saved = await handlers.decide(desk, asks, target_id, body.version, body.note, approve=True)
    return view_of(TargetView, saved, response)


@router.post("/{target_id}/return", summary="Return a target")
async def return_target(target_id: str, body: Decision, desk: AtDesk, asks: Asking, response: Response) -> TargetView:
    """By somebody above, to who proposed it; say why in the note. Emits target-returned."""
    saved = await handlers.decide(desk, asks, target_id, body.version, body.note, approve=False)
    return view_of(TargetView, saved, response)


@router.post("/{target_id}/spread", summary="Spread a team's target over those below it")
async def spread_target(
    target_id: str, body: TargetToSpread, desk: AtDesk, asks: Asking, response: Response
) -> TargetView:
    """Each of its members and teams right below that is named gets a proposed target; they add up month by month.

    An interrupted spread goes on by itself. Emits target-proposed for each part.
    """
    below = [Below(part.member_id, part.team_id, part.weight) for part in body.parts]
    return view_of(TargetView, await handlers.divide(desk, asks, target_id, body.version, below), response)
