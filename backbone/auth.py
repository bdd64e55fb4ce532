"""API keys, roles and row scope.

A key is shown once, when it is made; only its SHA-256 is stored (256 random
bits need no slow hash). The directory service owns keys; the others ask it and
keep the answer for a few seconds, so a key that is withdrawn stops working
everywhere within `ANSWER_SECONDS`.

| role | may |
|---|---|
| admin | everything |
| manager | read and write within the teams under him |
| rep | read and write what is his own |
| publisher | `POST /events`, nothing else |
| viewer | read figures and lists of the whole company, write nothing |
| clock | read open SLA clocks and alerts (machines that watch deadlines) |
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final, Protocol

import httpx
from fastapi import Depends, Request

from backbone.mongo import Document
from backbone.problems import Forbidden, NotFound, Unauthorized, Unavailable

ANSWER_SECONDS: Final = 5.0
COOKIE: Final = "drumbeat_key"
MOST_ANSWERS: Final = 10_000
NOBODY: Final[Document] = {"$in": []}
"""A store condition nothing meets."""


class Role(StrEnum):
    """What kind of caller a key stands for."""

    ADMIN = "admin"
    MANAGER = "manager"
    REP = "rep"
    PUBLISHER = "publisher"
    VIEWER = "viewer"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the key's id and role, the member behind it, the teams he may see.

    `teams` is the subtree of a manager's team, the own team of a rep, and
    empty for the roles that see the whole company.
    """

    key_id: str
    role: Role
    member_id: str | None = None
    team_id: str | None = None
    teams: frozenset[str] = field(default_factory=frozenset)

    @property
    def actor(self) -> str:
        """What events name as `actor`."""
        return self.member_id or f"key:{self.key_id}"

    @property
    def only_reads(self) -> bool:
        """Whether the role writes nothing, whatever it sees."""
        return self.role in (Role.VIEWER, Role.CLOCK)

    @property
    def sees_all(self) -> bool:
        """Whether the row scope is the whole company."""
        return self.role in (Role.ADMIN, Role.VIEWER, Role.CLOCK)

    def may_see(self, owner_id: str | None, team_id: str | None) -> bool:
        """Whether an object of this owner and team is in the caller's row scope."""
        if self.sees_all:
            return True
        if self.role is Role.MANAGER:
            return team_id in self.teams or (owner_id is not None and owner_id == self.member_id)
        return self.role is Role.REP and owner_id is not None and owner_id == self.member_id

    def check_may_see(self, kind: str, id_: str, owner_id: str | None, team_id: str | None) -> None:
        """Refuse an object outside the row scope as if it did not exist.

        Raises:
            NotFound: the caller may not see it (so ids cannot be probed).
        """
        if not self.may_see(owner_id, team_id):
            raise NotFound(kind, id_)

    def check_may_change(self, kind: str, id_: str, owner_id: str | None, team_id: str | None) -> None:
        """Refuse to change an object outside the row scope, or with a key that only reads.

        Raises:
            NotFound: the caller may not see it.
            Forbidden: the caller's role writes nothing.
        """
        self.check_may_see(kind, id_, owner_id, team_id)
        if self.only_reads:
            raise Forbidden("read-only", f"A key with role {self.role} reads only; take one that may write.")

    def check_may_act_for(self, member_id: str, team_id: str | None) -> None:
        """Refuse to write in the name of somebody outside the row scope.

        Raises:
            Forbidden: the caller may not act for this member.
        """
        if self.only_reads or not self.may_see(member_id, team_id):
            raise Forbidden("not-yours", f"This key may not act for member {member_id!r}.", field="member_id")

    def rows(self, prefix: str = "state.") -> Document:
        """The store filter that keeps a list within the row scope."""
        if self.sees_all:
            return {}
        belongs = self.role in (Role.MANAGER, Role.REP) and self.member_id is not None
        # Never "owner is None": that would show what belongs to nobody to whoever is nobody.
        own: Document = {f"{prefix}owner_id": self.member_id if belongs else NOBODY}
        if self.role is Role.MANAGER:
            return {"$or": [{f"{prefix}team_id": {"$in": sorted(self.teams)}}, own]}
        return own


def new_key() -> str:
    """A fresh API key: `db_<12 hex id>_<43 characters of 256 random bits>`."""
    return f"db_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def key_hash(key: str) -> str:
    """What is stored of a key: SHA-256, hex."""
    return hashlib.sha256(key.encode()).hexdigest()


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
