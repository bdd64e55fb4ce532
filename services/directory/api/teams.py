"""Teams: a tree by which figures add up and managers see."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, mark_replayed
from backbone.contract.fields import Id, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, listed
from backbone.outbox import Saved
from backbone.paging import Page
from backbone.web import Asking
from services.directory.api.door import ADMINS, PEOPLE, AtDesk, tagged
from services.directory.domain.team import Team
from services.directory.handlers import teams as handlers
from services.directory.handlers.teams import TeamChange
from services.directory.queries import teams as queries
from services.directory.queries.teams import Branch

router = APIRouter(prefix="/teams", tags=["teams"])

TEAMS: Final = Listing("teams", order={"name": str, "changed_at": datetime}, equal={"parent_id": str, "lead_id": str})


class TeamToForm(Body):
    """A new team."""

    team_id: Id | None = Field(None, description="The id the organisation knows it by; made here by default.")
    name: Text = Field(description="The name boards show.")
    parent_id: Id | None = Field(None, description="The team it belongs to; at the top of the tree by default.")
    lead_id: Id | None = Field(None, description="The member who leads it.", examples=["m-003"])


class TeamToChange(Change):
    """What shall change; a field that is absent stays, null takes parent or leader away."""

    name: Text | None = None
    parent_id: Id | None = None
    lead_id: Id | None = None


class TeamView(BaseModel):
    """A team as it stands."""

    team_id: str
    version: int = Field(description="Name it when you change the team.")
    name: str
    parent_id: str | None = Field(description="The team above it; null at the top of the tree.")
    lead_id: str | None
    depth: int = Field(description="How many teams stand above it.")


class TeamTree(BaseModel):
    """Every team, each before those below it, siblings by name."""

    teams: list[TeamView]


@router.post("", status_code=201, summary="Form a team", dependencies=ADMINS)
async def form_team(body: TeamToForm, desk: AtDesk, asks: Asking, response: Response) -> TeamView:
    """Form a new team. Emits team-changed."""
    saved = await handlers.form_team(
        desk,
        asks,
        body.team_id or new_event_id(),
        name=body.name,
        parent_id=body.parent_id,
        lead_id=body.lead_id,
    )
    return await _changed(desk, saved, response)


@router.get("", summary="List teams", dependencies=PEOPLE, response_model=Page[TeamView], responses=EXPORTS)
async def list_teams(desk: AtDesk, asked: Annotated[Asked, Depends(TEAMS)]) -> Page[TeamView] | Response:
    """Every team by falling id; all of them in the order of the tree are at `/teams/tree`."""
    places = {branch.team.team_id: branch for branch in await queries.branches(desk.store)}
    rows = queries.teams(desk.store)
    return await listed(asked, rows, TeamView, lambda saved: _view(places.get(saved.id) or queries.apart(saved)))


@router.get("/tree", summary="The whole tree", dependencies=PEOPLE, response_model=TeamTree)
async def team_tree(request: Request, desk: AtDesk) -> Response:
    """Every team at once, in the order of the tree. It has an ETag."""
    found = await queries.branches(desk.store)
    return tagged(request, TeamTree(teams=[_view(branch) for branch in found]))


@router.get("/{team_id}", summary="Read a team", dependencies=PEOPLE)
async def read_team(team_id: str, desk: AtDesk) -> TeamView:
    """One team."""
    return _view(await queries.team(desk.store, team_id))


@router.patch("/{team_id}", summary="Rename a team, hang it elsewhere, change its leader", dependencies=ADMINS)
async def change_team(team_id: str, body: TeamToChange, desk: AtDesk, asks: Asking, response: Response) -> TeamView:
    """Figures of the subtree add up by the tree as it stands now. Emits team-changed."""
    told = frozenset(body.model_fields_set - {"version"})
    change = TeamChange(told, body.name, body.parent_id, body.lead_id)
    saved = await handlers.change_team(desk, asks, team_id, change, version=body.version)
    return await _changed(desk, saved, response)


async def _changed(desk: AtDesk, saved: Saved[Team], response: Response) -> TeamView:
    mark_replayed(saved, response)
    return _view(await queries.team(desk.store, saved.id))


def _view(branch: Branch) -> TeamView:
    return TeamView(
        team_id=branch.team.team_id,
        version=branch.version,
        name=branch.team.name,
        parent_id=branch.parent_id,
        lead_id=branch.team.lead_id,
        depth=branch.depth,
    )
