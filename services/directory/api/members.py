"""Members: who works here, in which team."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.callers import Scope
from backbone.contract.fields import Code, Id, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, listed
from backbone.outbox import Saved
from backbone.paging import Page
from backbone.web import Asking, Asks, Calling
from services.directory.api.door import ADMINS, PEOPLE, AtDesk, tagged
from services.directory.desk import Desk
from services.directory.domain.member import Member
from services.directory.handlers import members as handlers
from services.directory.handlers.members import MemberChange
from services.directory.queries import members as queries

router = APIRouter(prefix="/members", tags=["members"])

MOST_LOOKED_UP = 1_000
MEMBERS: Final = Listing(
    "members", order={"name": str, "placed_at": datetime, "left_at": datetime}, equal={"role": str}
)

TeamOf = Annotated[str | None, Query(max_length=300, description="Only this team with those below it.")]


class MemberToJoin(Body):
    """A person who joins."""

    member_id: Id | None = Field(None, description="The id the organisation knows him by; made here by default.")
    name: Text = Field(description="The name boards show.")
    role: Code = Field("rep", description="admin, manager, rep or another code.")
    team_id: Id | None = None


class Move(Change):
    """Where a member belongs from now on."""

    team_id: Id | None = Field(description="The team from now on; null = in none.")
    role: Code | None = Field(None, description="The role from now on; it stays by default.")


class MemberToChange(Change):
    """What shall change of a member; a field that is absent stays."""

    name: Text | None = None
    role: Code | None = Field(
        None, description="A lesser one takes from his keys at once; a greater one needs a new key."
    )
    scope: Annotated[Scope, Field(strict=False)] | None = Field(
        None,
        description="Which rows he sees by owner and team, instead of what his role says; null = by role again, as "
        "after any change of role.",
    )


class Return(Change):
    """Somebody who had left is back."""

    name: Text | None = Field(None, description="As before by default.")
    role: Code | None = Field(None, description="As before by default.")
    team_id: Id | None = Field(None, description="The team from now on; in none by default.")


class MemberView(BaseModel):
    """A member as he stands."""

    member_id: str
    version: int = Field(description="Name it when you change the member.")
    name: str
    role: str
    team_id: str | None
    scope: Scope | None = Field(description="Which rows he sees by owner and team; null = by his role.")
    joined_at: datetime | None = Field(description="Null while only a move or a leave was told of him.")
    left_at: datetime | None
    successor_id: str | None
    leave_reason: str | None
    active: bool


class MemberName(BaseModel):
    """What a board shows of a member."""

    member_id: str
    name: str
    team_id: str | None
    active: bool


class MemberNames(BaseModel):
    """Members by name."""

    members: list[MemberName]


class Colleague(MemberName):
    """A member as other services need him."""

    role: str
    on_duty: bool = Field(description="At work at this moment: here, within his shift, on no day off.")
    territories: list[str] = Field(description="Territories he serves, himself or by his team.")


class Colleagues(BaseModel):
    """Members as other services need them."""

    members: list[Colleague]


class Roll(Body):
    """Whose roll to call."""

    team_id: Id | None = Field(None, description="This team with those below it; everybody by default.")


class LookUp(Body):
    """Whom to look up."""

    member_ids: list[Id] = Field(max_length=MOST_LOOKED_UP)


@router.post("", status_code=201, summary="Take a member in", dependencies=ADMINS)
async def join_member(body: MemberToJoin, desk: AtDesk, asks: Asking, response: Response) -> MemberView:
    """Take a new member in. Emits member-joined."""
    return _view(await join(desk, body, asks), response)


@router.get("", summary="List members", dependencies=PEOPLE, response_model=Page[MemberView], responses=EXPORTS)
async def list_members(
    desk: AtDesk,
    caller: Calling,
    asked: Annotated[Asked, Depends(MEMBERS)],
    team_id: TeamOf = None,
    active: bool | None = None,
) -> Page[MemberView] | Response:
    """Members in the caller's row scope, by falling id; `team_id` takes the teams below it too."""
    return await listed(
        asked, await queries.members(desk.store, caller, team_id=team_id, active=active), MemberView, _view
    )


@router.get("/names", summary="Every member's name", dependencies=PEOPLE, response_model=MemberNames)
async def member_names(request: Request, desk: AtDesk) -> Response:
    """The whole list at once, also those who left, by id: boards show names. It has an ETag."""
    return tagged(request, _names(await queries.roster(desk.store)))


@router.post("/lookup", summary="Look members up", tags=["internal"])
async def look_up_members(body: LookUp, desk: AtDesk) -> Colleagues:
    """Those of the members that exist. Between services only: the gateway does not lead here."""
    return _colleagues(await queries.lookup(desk.store, body.member_ids, desk.now()))


@router.post("/roster", summary="Who works here?", tags=["internal"])
async def call_the_roll(body: Roll, desk: AtDesk) -> Colleagues:
    """Everybody who works in a team and below it, by id. Between services only: the gateway does not lead here."""
    return _colleagues(await queries.working(desk.store, body.team_id, desk.now()))


@router.get("/{member_id}", summary="Read a member", dependencies=PEOPLE)
async def read_member(member_id: str, desk: AtDesk, caller: Calling) -> MemberView:
    """One member in the caller's row scope."""
    return _view(await queries.member(desk.store, caller, member_id))


@router.post("/{member_id}/move", summary="Move a member to another team or role", dependencies=ADMINS)
async def move_member(member_id: str, body: Move, desk: AtDesk, asks: Asking, response: Response) -> MemberView:
    """What counted before stays where it counted. Emits member-moved."""
    saved = await handlers.move_member(
        desk, asks, member_id, version=body.version, team_id=body.team_id, role=body.role
    )
    return _view(saved, response)


@router.patch("/{member_id}", summary="Change a member's name, role or row scope", dependencies=ADMINS)
async def change_member(
    member_id: str, body: MemberToChange, desk: AtDesk, asks: Asking, response: Response
) -> MemberView:
    """What he may see changes everywhere within five seconds. Emits member-changed, and member-moved for the role."""
    told = frozenset(body.model_fields_set - {"version"})
    change = MemberChange(told, body.name, body.role, body.scope)
    return _view(await handlers.change_member(desk, asks, member_id, change, version=body.version), response)


@router.post("/{member_id}/return", summary="Take somebody back", dependencies=ADMINS)
async def take_member_back(member_id: str, body: Return, desk: AtDesk, asks: Asking, response: Response) -> MemberView:
    """Somebody who had left is with the organisation again, under his old id; his old keys stay dead.

    Emits member-joined.
    """
    saved = await handlers.take_back(
        desk, asks, member_id, version=body.version, name=body.name, role=body.role, team_id=body.team_id
    )
    return _view(saved, response)


async def join(desk: Desk, body: MemberToJoin, asks: Asks) -> Saved[Member]:
    """Take in the member a body tells of; see `handlers.members.join_member`."""
    return await handlers.join_member(
        desk, asks, body.member_id or new_event_id(), name=body.name, role=body.role, team_id=body.team_id
    )


def _view(saved: Saved[Member], response: Response | None = None) -> MemberView:
    return view_of(MemberView, saved, response)


def _colleagues(found: list[queries.Present]) -> Colleagues:
    return Colleagues(
        members=[
            Colleague(
                member_id=present.member.member_id,
                name=present.member.name,
                team_id=present.member.team_id,
                active=present.member.active,
                role=present.member.role,
                on_duty=present.on_duty,
                territories=list(present.territories),
            )
            for present in found
        ]
    )


def _names(members: list[Member]) -> MemberNames:
    return MemberNames(members=[MemberName.model_validate(member, from_attributes=True) for member in members])
