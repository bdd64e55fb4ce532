"""API keys: shown once when they are made, kept as a hash."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, view_of
from backbone.callers import Caller, Role, Scope
from backbone.contract.fields import Id, Text
from backbone.listing import EXPORTS, Asked, Listing, listed
from backbone.outbox import Saved
from backbone.paging import Page
from backbone.problems import Forbidden
from backbone.web import Asking
from services.directory.api.door import ADMINS, AtDesk
from services.directory.domain.key import Key
from services.directory.handlers import keys as handlers
from services.directory.queries import keys as queries

router = APIRouter(prefix="/keys", tags=["keys"])

KEYS: Final = Listing(
    "keys",
    order={"created_at": datetime, "withdrawn_at": datetime, "label": str},
    equal={"member_id": str, "role": Role},
)


class KeyToIssue(Body):
    """For whom a key shall be."""

    role: Annotated[Role, Field(strict=False)]
    member_id: Id | None = Field(None, description="Whose rows it sees; a manager's or rep's key needs it.")
    label: Text = Field(description="What it is for, such as the system that uses it.")


class KeyView(BaseModel):
    """A key without its secret."""

    key_id: str
    version: int
    role: Role
    member_id: str | None
    label: str
    created_at: datetime
    withdrawn_at: datetime | None = Field(description="Since when it opens nothing; null while it holds.")


class IssuedKey(KeyView):
    """A key that was just made."""

    key: str | None = Field(None, description="The key itself, this once; null when a retry asked for it again.")


class Shown(Body):
    """The hash of a key somebody showed."""

    hash: str = Field(pattern=r"^[0-9A-Za-z]{1,128}$", description="SHA-256 of the whole key, hex.")
    for_member: str | None = Field(None, max_length=1_600, description="The member he wants to stand in for.")


class Verdict(BaseModel):
    """Who calls with a key; all null when it opens nothing."""

    valid: bool
    denied: bool = Field(False, description="The key is good, but he does not stand in for that member now.")
    key_id: str | None = None
    role: Role | None = None
    member_id: str | None = None
    team_id: str | None = None
    teams: list[str] = Field([], description="The teams whose figures he sees; empty for who sees all.")
    scope: Scope | None = Field(None, description="The row scope set for the member; null = by role.")
    groups: list[str] = Field([], description="The work groups whose rows he shares.")
    deputy_id: str | None = Field(None, description="Who really acts, when he stands in for the member.")


@router.post("/verify", summary="Whose key is this?", tags=["internal"])
async def verify_key(body: Shown, desk: AtDesk) -> Verdict:
    """Who calls with the key of this hash. Between services only: the gateway does not lead here."""
    try:
        return _verdict(await queries.OwnKeys(desk.store).caller_of(body.hash, body.for_member))
    except Forbidden:
        return Verdict(valid=True, denied=True)


@router.post("", status_code=201, summary="Make a key", dependencies=ADMINS)
async def issue_key(body: KeyToIssue, desk: AtDesk, asks: Asking, response: Response) -> IssuedKey:
    """Make a key. It is in this answer and nowhere else; who loses it withdraws it and makes another."""
    saved, plain = await handlers.issue_key(desk, asks, role=body.role, label=body.label, member_id=body.member_id)
    response.headers["cache-control"] = "no-store"
    return IssuedKey(**_view(saved, response).model_dump(), key=plain)


@router.get("", summary="List keys", dependencies=ADMINS, response_model=Page[KeyView], responses=EXPORTS)
async def list_keys(desk: AtDesk, asked: Annotated[Asked, Depends(KEYS)]) -> Page[KeyView] | Response:
    """Every key without its secret, withdrawn ones too."""
    return await listed(asked, queries.keys(desk.store), KeyView, _view)


@router.post("/{key_id}/withdraw", summary="Withdraw a key", dependencies=ADMINS)
async def withdraw_key(key_id: str, desk: AtDesk, asks: Asking) -> KeyView:
    """It stops working within five seconds everywhere, for good. A second time changes nothing."""
    return _view(await handlers.withdraw_key(desk, asks, key_id))


def _view(saved: Saved[Key], response: Response | None = None) -> KeyView:
    return view_of(KeyView, saved, response)


def _verdict(caller: Caller | None) -> Verdict:
    if caller is None:
        return Verdict(valid=False)
    return Verdict(
        valid=True,
        key_id=caller.key_id,
        role=caller.role,
        member_id=caller.member_id,
        team_id=caller.team_id,
        teams=sorted(caller.teams),
        scope=caller.own_scope,
        groups=sorted(caller.groups),
        deputy_id=caller.deputy_id,
    )
