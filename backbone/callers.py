"""Who calls: roles, row scope, and the keys that prove it; pure.

| role | may | row scope unless his own is set |
|---|---|---|
| admin | everything | all |
| manager | read and write | subtree: the teams under him |
| rep | read and write | own |
| service | read; write complaints and what belongs to answering them, and what is his own | all |
| finance | read; write quotes, contracts and payments, and what is his own | all |
| viewer | read figures and lists, write nothing | all |
| clock | read open SLA clocks and alerts (machines that watch deadlines) | all |
| publisher | `POST /events`, nothing else | none |
| platform | what one service of ours asks of another; never let in from outside | all |

A row belongs to a scope by its owner and its team; the members of a work group share the rows
given to the group (`group_ids`), whatever their scope, and a member named there himself, a
co-owner, is a group of one. Who stands in for a member (`Drumbeat-For`) sees and
may what that member may, never more than a manager; the record names both.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from backbone.problems import Forbidden, NotFound

Condition = dict[str, Any]
"""A filter of the document store."""

NOBODY: Final[Condition] = {"$in": []}
"""A store condition nothing meets."""

FOR_HEADER: Final = "Drumbeat-For"
"""The header by which a deputy, or a service of ours, names the member it acts for."""


class Role(StrEnum):
    """What kind of caller a key stands for."""

    ADMIN = "admin"
    MANAGER = "manager"
    REP = "rep"
    SERVICE = "service"
    FINANCE = "finance"
    PUBLISHER = "publisher"
    VIEWER = "viewer"
    CLOCK = "clock"
    PLATFORM = "platform"


class Scope(StrEnum):
    """Which rows a caller sees by their owner and team."""

    OWN = "own"
    TEAM = "team"
    SUBTREE = "subtree"
    ALL = "all"


SCOPE_OF: Final[Mapping[Role, Scope]] = MappingProxyType(
    {
        Role.ADMIN: Scope.ALL,
        Role.MANAGER: Scope.SUBTREE,
        Role.REP: Scope.OWN,
        Role.SERVICE: Scope.ALL,
        Role.FINANCE: Scope.ALL,
        Role.PUBLISHER: Scope.OWN,
        Role.VIEWER: Scope.ALL,
        Role.CLOCK: Scope.ALL,
        Role.PLATFORM: Scope.ALL,
    }
)
"""The row scope of each role unless another one is set for the member."""

FIXED: Final = frozenset({Role.ADMIN, Role.PUBLISHER, Role.CLOCK, Role.PLATFORM})
"""Roles whose scope no member can change."""

NOUNS_OF: Final[Mapping[Role, frozenset[str]]] = MappingProxyType(
    {
        Role.SERVICE: frozenset({"complaint", "article", "survey"}),
        Role.FINANCE: frozenset({"quote", "contract", "payment", "receivable"}),
    }
)
"""What a narrow role may write of others; every other role writes all it sees, or nothing."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the key's id and role, the member behind it, the rows he may see.

    Args:
        key_id: of the key shown; the name of the service for role platform.
        role: what the caller may do.
        member_id: in whose name he acts: his own, or the member's a deputy stands in for.
        team_id: the team of that member.
        teams: the teams whose figures he may see: that team for the scopes own and team, the subtree of
            his team and of those he leads for the scope subtree, empty for all.
        own_scope: the row scope set for the member; None = by role.
        groups: the work groups whose rows he shares.
        deputy_id: the member who really acts, when he stands in for another.
    """

    key_id: str
    role: Role
    member_id: str | None = None
    team_id: str | None = None
    teams: frozenset[str] = field(default_factory=frozenset)
    own_scope: Scope | None = None
    groups: frozenset[str] = field(default_factory=frozenset)
    deputy_id: str | None = None

    @property
    def actor(self) -> str:
        """What events name as `actor`: who really acts."""
        nobody = f"service:{self.key_id}" if self.role is Role.PLATFORM else f"key:{self.key_id}"
        return self.deputy_id or self.member_id or nobody

    @property
    def for_member(self) -> str | None:
        """The member a deputy stands in for; None when the caller acts for himself."""
        return None if self.deputy_id is None else self.member_id

    @property
    def scope(self) -> Scope:
        """Which rows he sees by their owner and team."""
        return scope_for(self.role, self.own_scope)

    @property
    def circles(self) -> frozenset[str]:
        """The ids by which rows are shared with him: his work groups, and himself as a co-owner."""
        return self.groups if self.member_id is None else self.groups | {self.member_id}

    @property
    def only_reads(self) -> bool:
        """Whether the role writes nothing, whatever it sees."""
        return self.role in (Role.VIEWER, Role.CLOCK)

    @property
    def sees_all(self) -> bool:
        """Whether the row scope is the whole company."""
        return self.scope is Scope.ALL

    def may_see(self, owner_id: str | None, team_id: str | None, group_ids: Iterable[str] = ()) -> bool:
        """Whether an object of this owner and team, given to these work groups, is in the caller's row scope."""
        if self.sees_all:
            return True
        if self.role is Role.PUBLISHER:
            return False
        if self.scope is not Scope.OWN and team_id in self.teams:
            return True
        return (owner_id is not None and owner_id == self.member_id) or not self.circles.isdisjoint(group_ids)

    def check_may_see(
        self, kind: str, id_: str, owner_id: str | None, team_id: str | None, group_ids: Iterable[str] = ()
    ) -> None:
        """Refuse an object outside the row scope as if it did not exist.

        Raises:
            NotFound: the caller may not see it (so ids cannot be probed).
        """
        if not self.may_see(owner_id, team_id, group_ids):
            raise NotFound(kind, id_)

    def check_may_change(
        self, kind: str, id_: str, owner_id: str | None, team_id: str | None, group_ids: Iterable[str] = ()
    ) -> None:
        """Refuse to change an object outside the row scope, or one the role does not write.

        Raises:
            NotFound: the caller may not see it.
            Forbidden: the caller's role writes nothing, or nothing of this kind.
        """
        self.check_may_see(kind, id_, owner_id, team_id, group_ids)
        if self.only_reads:
            raise Forbidden("read-only", f"A key with role {self.role} reads only; take one that may write.")
        if not self._writes(kind, owner_id):
            raise Forbidden(
                "wrong-role",
                f"A key with role {self.role} may not change this {kind}; ask its owner or his manager.",
            )

    def check_may_act_for(self, member_id: str, team_id: str | None, kind: str | None = None) -> None:
        """Refuse to write in the name of somebody outside the row scope.

        Args:
            member_id: in whose name.
            team_id: his team.
            kind: what is written, such as `complaint`; a narrow role writes only its own kinds for others.

        Raises:
            Forbidden: the caller may not act for this member.
        """
        if self.only_reads or not self.may_see(member_id, team_id) or not self._writes(kind, member_id):
            raise Forbidden("not-yours", f"This key may not act for member {member_id!r}.", field="member_id")

    def check_in_person(self, deed: str) -> None:
        """Refuse what nobody may do in another's name.

        Args:
            deed: as in "hand over work".

        Raises:
            Forbidden: the caller stands in for somebody.
        """
        if self.deputy_id is not None:
            raise Forbidden("in-person", f"Nobody can {deed} in another's name; leave out the {FOR_HEADER} header.")

    def rows(self, prefix: str = "state.", *, owner: str = "owner_id", shared: bool = False) -> Condition:
        """The store filter that keeps a list within the row scope.

        Args:
            prefix: before the names of the fields.
            owner: the field that names the owner.
            shared: whether the rows can be given to work groups (they have a field `group_ids`).
        """
        if self.sees_all:
            return {}
        if self.role is Role.PUBLISHER:
            return {f"{prefix}{owner}": NOBODY}
        # Never "owner is None": that would show what belongs to nobody to whoever is nobody.
        own: Condition = {f"{prefix}{owner}": NOBODY if self.member_id is None else self.member_id}
        ways: list[Condition] = []
        if self.scope is not Scope.OWN:
            ways.append({f"{prefix}team_id": {"$in": sorted(self.teams)}})
        if shared and self.circles:
            ways.append({f"{prefix}group_ids": {"$in": sorted(self.circles)}})
        return {"$or": [*ways, own]} if ways else own

    def _writes(self, kind: str | None, owner_id: str | None) -> bool:
        nouns = NOUNS_OF.get(self.role)
        return nouns is None or kind in nouns or (owner_id is not None and owner_id == self.member_id)


def scope_for(role: Role, own_scope: Scope | None) -> Scope:
    """The row scope of a role, or the one set for the member where the role lets it."""
    return SCOPE_OF[role] if own_scope is None or role in FIXED else own_scope


def new_key() -> str:
    """A fresh API key: `db_<12 hex id>_<43 characters of 256 random bits>`."""
    return f"db_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def key_hash(key: str) -> str:
    """What is stored of a key: SHA-256, hex."""
    return hashlib.sha256(key.encode()).hexdigest()
