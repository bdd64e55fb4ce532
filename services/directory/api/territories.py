"""Territories: which customers belong where, and who serves them."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Code, Id, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, listed
from backbone.outbox import Saved
from backbone.paging import Page
from backbone.web import Asking
from services.directory.api.door import ADMINS, PEOPLE, AtDesk
from services.directory.domain.territory import Drawn, Place, Territory
from services.directory.handlers import territories as handlers
from services.directory.queries import territories as queries

router = APIRouter(prefix="/territories", tags=["territories"])

TERRITORIES = Listing(
    "territories",
    order={"name": str},
    equal={"region": str, "industry": str, "grade": str, "member_id": str, "team_id": str},
    stored={
        "region": "state.drawn.regions",
        "industry": "state.drawn.industries",
        "grade": "state.drawn.grades",
        "member_id": "state.drawn.member_ids",
        "team_id": "state.drawn.team_ids",
    },
)

Codes = Annotated[list[Code], Field(max_length=1_000)]
Ids = Annotated[list[Id], Field(max_length=1_000)]
Attribute = Annotated[str | None, Query(max_length=64)]


class HowDrawn(Body):
    """How a territory is drawn; what is empty takes any value, what is set must all fit."""

    name: Text = Field(description="What it is called.", examples=["Hospitals in Shanghai"])
    regions: Codes = Field(
        [],
        description="Region codes; each covers all below it: 310000 holds 310115, DE holds DE-BY.",
        examples=[["310000"]],
    )
    industries: Codes = Field([], examples=[["hospital"]])
    grades: Codes = Field([], description="Grades of customers.", examples=[["A", "B"]])
    member_ids: Ids = Field([], description="Members who serve it.")
    team_ids: Ids = Field([], description="Teams whose members serve it, those of the teams below them too.")

    def drawn(self) -> Drawn:
        """As the rules take it."""
        return Drawn(
            regions=tuple(self.regions),
            industries=tuple(self.industries),
            grades=tuple(self.grades),
            member_ids=tuple(self.member_ids),
            team_ids=tuple(self.team_ids),
        )


class TerritoryToDraw(HowDrawn):
    """A new territory."""

    territory_id: Id | None = Field(None, description="The id the organisation knows it by; made here by default.")


class TerritoryToRedraw(HowDrawn, Change):
    """A territory as it shall be from now on, whole."""


class TerritoryView(BaseModel):
    """A territory as it stands."""

    territory_id: str
    version: int = Field(description="Name it when you change the territory.")
    name: str
    regions: list[str]
    industries: list[str]
    grades: list[str]
    member_ids: list[str]
    team_ids: list[str]
    closed_at: datetime | None = Field(description="Since when nothing belongs to it; null while something may.")


class ServedView(BaseModel):
    """A territory a place belongs to, and who serves it."""

    territory_id: str
    name: str
    member_ids: list[str] = Field(description="Working members who serve it, themselves or by their team.")


class TerritoriesOf(BaseModel):
    """The territories a place belongs to, the one that fits most exactly first."""

    territories: list[ServedView]


@router.post("", status_code=201, summary="Draw a territory", dependencies=ADMINS)
async def draw_territory(body: TerritoryToDraw, desk: AtDesk, asks: Asking, response: Response) -> TerritoryView:
    """Make a new territory by region, industry or customer grade. Emits territory-changed."""
    saved = await handlers.draw(desk, asks, body.territory_id or new_event_id(), body.name, body.drawn())
    return _view(saved, response)


@router.get("", summary="List territories", dependencies=PEOPLE, response_model=Page[TerritoryView], responses=EXPORTS)
async def list_territories(
    desk: AtDesk, asked: Annotated[Asked, Depends(TERRITORIES)]
) -> Page[TerritoryView] | Response:
    """Every territory, closed ones too, by what it is drawn with; for "whose is this customer" ask `/for`."""
    return await listed(asked, queries.territories_listed(desk.store), TerritoryView, _view)


@router.get("/for", summary="Which territories is this in?", dependencies=PEOPLE)
async def territories_for(
    desk: AtDesk, region: Attribute = None, industry: Attribute = None, grade: Attribute = None
) -> TerritoriesOf:
    """The territories a customer or lead with these attributes belongs to, most exact first, and who serves them."""
    found = await queries.territories_for(desk.store, Place(region=region, industry=industry, grade=grade))
    return TerritoriesOf(
        territories=[
            ServedView(territory_id=one.territory.territory_id, name=one.territory.name, member_ids=one.member_ids)
            for one in found
        ]
    )


@router.get("/{territory_id}", summary="Read a territory", dependencies=PEOPLE)
async def read_territory(territory_id: str, desk: AtDesk) -> TerritoryView:
    """One territory."""
    return _view(await queries.territory(desk.store, territory_id))


@router.put("/{territory_id}", summary="Draw a territory anew", dependencies=ADMINS)
async def redraw_territory(
    territory_id: str, body: TerritoryToRedraw, desk: AtDesk, asks: Asking, response: Response
) -> TerritoryView:
    """Replace name, attributes and who serves it, whole. Emits territory-changed."""
    saved = await handlers.redraw(desk, asks, territory_id, body.version, body.name, body.drawn())
    return _view(saved, response)


@router.post("/{territory_id}/close", summary="Close a territory", dependencies=ADMINS)
async def close_territory(
    territory_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response
) -> TerritoryView:
    """Nothing belongs to it any more. Emits territory-changed."""
    return _view(await handlers.close(desk, asks, territory_id, body.version), response)


def _view(saved: Saved[Territory], response: Response | None = None) -> TerritoryView:
    return view_of(TerritoryView, saved, response, **asdict(saved.state.drawn))
