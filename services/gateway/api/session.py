"""The page's key: kept in a cookie that scripts cannot read and other sites cannot send."""

from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from backbone.auth import COOKIE, KeyBook
from backbone.bodies import Body
from backbone.callers import Caller, Role, Scope, key_hash
from backbone.problems import Forbidden, Unauthorized
from backbone.web import Calling
from services.gateway.api.door import by_own_page
from services.gateway.domain.origin import asked_by_stranger

router = APIRouter(prefix="/session", tags=["session"])

COOKIE_SECONDS: Final = 30 * 86_400
"""A wall screen stays signed in for a month; withdrawing the key ends it at once."""


class SignIn(Body):
    """The key to use from now on."""

    key: str = Field(min_length=1, max_length=200, description="An API key.")


class Session(BaseModel):
    """Who is signed in, and which rows he sees."""

    role: Role
    scope: Scope = Field(description="Which rows he sees by their owner and team: own, team, subtree or all.")
    member_id: str | None
    team_id: str | None
    groups: list[str] = Field(description="The work groups whose rows he shares.")
    deputy_id: str | None = Field(description="Who really acts, when he stands in for the member; else null.")


@router.post("", summary="Sign the page in")
async def sign_in(body: SignIn, request: Request, response: Response) -> Session:
    """Check the key and keep it in the page's cookie."""
    headers = request.headers
    if asked_by_stranger(headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")):
        raise Forbidden("cross-site", "Sign in on the page itself.")
    book: KeyBook = request.app.state.keys
    caller = await book.caller_of(key_hash(body.key))
    if caller is None:
        raise Unauthorized("bad-key", "This API key is not known or was withdrawn; ask an admin.")
    response.set_cookie(
        COOKIE,
        body.key,
        max_age=COOKIE_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.headers["cache-control"] = "no-store"
    return _session(caller)


@router.get("", summary="Who is signed in?")
async def read_session(caller: Calling) -> Session:
    """The caller behind the page's cookie or the key shown."""
    return _session(caller)


@router.delete("", status_code=204, summary="Sign the page out", dependencies=[Depends(by_own_page)])
async def sign_out(response: Response) -> None:
    """Take the cookie back; the key itself stays valid."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def _session(caller: Caller) -> Session:
    return Session(
        role=caller.role,
        scope=caller.scope,
        member_id=caller.member_id,
        team_id=caller.team_id,
        groups=sorted(caller.groups),
        deputy_id=caller.deputy_id,
    )
