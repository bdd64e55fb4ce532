"""Who calls: roles, row scope, and the keys that prove it; pure.

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
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from backbone.problems import Forbidden, NotFound

Condition = dict[str, Any]
"""A filter of the document store."""

NOBODY: Final[Condition] = {"$in": []}
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

    def rows(self, prefix: str = "state.") -> Condition:
        """The store filter that keeps a list within the row scope."""
        if self.sees_all:
            return {}
        belongs = self.role in (Role.MANAGER, Role.REP) and self.member_id is not None
        # Never "owner is None": that would show what belongs to nobody to whoever is nobody.
        own: Condition = {f"{prefix}owner_id": self.member_id if belongs else NOBODY}
        if self.role is Role.MANAGER:
            return {"$or": [{f"{prefix}team_id": {"$in": sorted(self.teams)}}, own]}
        return own


def new_key() -> str:
    """A fresh API key: `db_<12 hex id>_<43 characters of 256 random bits>`."""
    return f"db_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def key_hash(key: str) -> str:
    """What is stored of a key: SHA-256, hex."""
    return hashlib.sha256(key.encode()).hexdigest()
