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

from backbone.callers import FOR_HEADER, Caller, Role, Scope, key_hash
from backbone.mongo import Document
from backbone.once import Once
from backbone.problems import Forbidden, Unauthorized, Unavailable

ANSWER_SECONDS: Final = 3.0
"""With the longest request to the directory a withdrawn key is refused within five seconds."""
COOKIE: Final = "drumbeat_key"
MOST_ANSWERS: Final = 10_000


class KeyBook(Protocol):
    """Where keys are looked up."""

    async def caller_of(self, hashed: str, for_member: str | None = None) -> Caller | None:
        """The caller behind a key's hash, or None when it is not valid (any more).

        Args:
            hashed: of the key.
            for_member: the member he stands in for, if he says so.

        Raises:
            Forbidden: he does not stand in for that member now.
            Unavailable: the book cannot be asked now.
        """


class DirectoryKeys:
    """The key book of every service but the directory itself: asks it over HTTP."""

    def __init__(self, directory_url: str, client: httpx.AsyncClient) -> None:
        self._url = f"{directory_url}/keys/verify"
        self._client = client
        self._answers: dict[tuple[str, str | None], tuple[float, Document]] = {}
        self._once: Once[Document] = Once()

    async def caller_of(self, hashed: str, for_member: str | None = None) -> Caller | None:
        """See `KeyBook`."""
        known = self._answers.get((hashed, for_member))
        if known is not None and time.monotonic() - known[0] < ANSWER_SECONDS:
            return read_caller(known[1], for_member)
        verdict = await self._once.ask((hashed, for_member), lambda: self._ask(hashed, for_member))
        return read_caller(verdict, for_member)

    async def _ask(self, hashed: str, for_member: str | None) -> Document:
        try:
            answer = await self._client.post(self._url, json={"hash": hashed, "for_member": for_member})
            answer.raise_for_status()
        except httpx.HTTPError as trouble:
            raise Unavailable("directory-away", "Keys cannot be checked now; try again in a few seconds.") from trouble
        verdict: Document = answer.json()
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.clear()
        self._answers[hashed, for_member] = (time.monotonic(), verdict)
        return verdict


def read_caller(answer: Document, for_member: str | None = None) -> Caller | None:
    """The caller in the directory's answer.

    Args:
        answer: `{valid, denied, key_id, role, member_id, team_id, teams, scope, groups, deputy_id}`.
        for_member: the member he wants to stand in for, if any.

    Raises:
        Forbidden: he does not stand in for that member now.
    """
    if not answer["valid"]:
        return None
    if answer["denied"]:
        raise not_deputy(for_member)
    return Caller(
        key_id=answer["key_id"],
        role=Role(answer["role"]),
        member_id=answer["member_id"],
        team_id=answer["team_id"],
        teams=frozenset(answer["teams"]),
        own_scope=Scope(answer["scope"]) if answer["scope"] else None,
        groups=frozenset(answer["groups"]),
        deputy_id=answer["deputy_id"],
    )


def not_deputy(for_member: str | None) -> Forbidden:
    """What a caller is told who names a member he does not stand in for."""
    return Forbidden(
        "not-deputy",
        f"You do not stand in for member {for_member!r} now; he or his manager starts it at POST /delegations.",
        field=FOR_HEADER,
    )


async def authenticated(request: Request) -> Caller:
    """FastAPI dependency: the caller of a request, by bearer key or the page's cookie.

    A deputy names the member he stands in for by the header `Drumbeat-For`.

    Raises:
        Unauthorized: no key was shown, or it is not valid.
        Forbidden: the caller does not stand in for the member he names.
        Unavailable: keys cannot be checked now.
    """
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    key = shown.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
    if not key:
        raise Unauthorized("no-key", "Send your API key as `Authorization: Bearer <key>`.")
    book: KeyBook = request.app.state.keys
    caller = await book.caller_of(key_hash(key), request.headers.get(FOR_HEADER) or None)
    if caller is None:
        raise Unauthorized("bad-key", "This API key is not known or was withdrawn; ask an admin.")
    return caller


def allowed(*roles: Role) -> Callable[..., object]:
    """FastAPI dependency factory: the caller, if he has one of the roles (an admin and a service of ours always may).

    Raises:
        Forbidden: another role.
    """

    async def check(caller: Annotated[Caller, Depends(authenticated)]) -> Caller:
        if caller.role not in (Role.ADMIN, Role.PLATFORM, *roles):
            raise Forbidden(
                "wrong-role",
                f"A key with role {caller.role} may not do this; it takes one of: "
                f"{', '.join(role for role in (Role.ADMIN, *roles))}.",
            )
        return caller

    return check
