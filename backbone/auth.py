"""API keys at the door: who holds them, and the dependencies that ask for them.

A key is shown once, when it is made; only its SHA-256 is stored (256 random
bits need no slow hash). The directory service owns keys; the others ask it and
keep the answer for a few seconds, so a key that is withdrawn stops working
everywhere within a few seconds. Roles and row scope: `backbone.callers`.
"""

import time
from collections.abc import Callable
from typing import Annotated, Final, Protocol

import httpx
from fastapi import Depends, Request

from backbone.callers import Caller, Role, key_hash
from backbone.mongo import Document
from backbone.problems import Forbidden, Unauthorized, Unavailable

ANSWER_SECONDS: Final = 3.0
"""With the longest request to the directory a withdrawn key is refused within five seconds."""
COOKIE: Final = "drumbeat_key"
MOST_ANSWERS: Final = 10_000


class KeyBook(Protocol):
    """Where keys are looked up."""

    async def caller_of(self, hashed: str) -> Caller | None:
        """The caller behind a key's hash, or None when it is not valid (any more).

        Raises:
            Unavailable: the book cannot be asked now.
        """


class DirectoryKeys:
    """The key book of every service but the directory itself: asks it over HTTP."""

    def __init__(self, directory_url: str, client: httpx.AsyncClient) -> None:
        self._url = f"{directory_url}/keys/verify"
        self._client = client
        self._answers: dict[str, tuple[float, Caller | None]] = {}

    async def caller_of(self, hashed: str) -> Caller | None:
        """See `KeyBook`."""
        known = self._answers.get(hashed)
        if known is not None and time.monotonic() - known[0] < ANSWER_SECONDS:
            return known[1]
        try:
            answer = await self._client.post(self._url, json={"hash": hashed})
            answer.raise_for_status()
        except httpx.HTTPError as trouble:
            raise Unavailable("directory-away", "Keys cannot be checked now; try again in a few seconds.") from trouble
        caller = read_caller(answer.json())
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.clear()
        self._answers[hashed] = (time.monotonic(), caller)
        return caller


def read_caller(answer: Document) -> Caller | None:
    """The caller in the directory's answer `{valid, key_id, role, member_id, team_id, teams}`."""
    if not answer["valid"]:
        return None
    return Caller(
        key_id=answer["key_id"],
        role=Role(answer["role"]),
        member_id=answer["member_id"],
        team_id=answer["team_id"],
        teams=frozenset(answer["teams"]),
    )


async def authenticated(request: Request) -> Caller:
    """FastAPI dependency: the caller of a request, by bearer key or the page's cookie.

    Raises:
        Unauthorized: no key was shown, or it is not valid.
        Unavailable: keys cannot be checked now.
    """
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    key = shown.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
    if not key:
        raise Unauthorized("no-key", "Send your API key as `Authorization: Bearer <key>`.")
    book: KeyBook = request.app.state.keys
    caller = await book.caller_of(key_hash(key))
    if caller is None:
        raise Unauthorized("bad-key", "This API key is not known or was withdrawn; ask an admin.")
    return caller


def allowed(*roles: Role) -> Callable[..., object]:
    """FastAPI dependency factory: the caller, if he has one of the roles (an admin always may).

    Raises:
        Forbidden: another role.
    """

    async def check(caller: Annotated[Caller, Depends(authenticated)]) -> Caller:
        if caller.role is not Role.ADMIN and caller.role not in roles:
            raise Forbidden(
                "wrong-role",
                f"A key with role {caller.role} may not do this; it takes one of: "
                f"{', '.join(role for role in (Role.ADMIN, *roles))}.",
            )
        return caller

    return check
