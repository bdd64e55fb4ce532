"""An API key as the directory keeps it: never the key itself, only its hash."""

from dataclasses import dataclass, replace
from datetime import datetime

from backbone.callers import Caller, Role
from backbone.problems import Refused
from services.directory.domain.member import Member
from services.directory.domain.team import Tree

ROLES_OF_MEMBERS = (Role.MANAGER, Role.REP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key; `withdrawn_at` tells that it opens nothing any more."""

    key_id: str
    hash: str
    role: Role
    label: str
    member_id: str | None = None
    created_at: datetime
    withdrawn_at: datetime | None = None


def issue_key(key: Key, member: Member | None) -> Key:
    """Check a new key.

    Args:
        key: as it shall be.
        member: the one it names, if it names one.

    Raises:
        Refused: a role whose rows are a member's has no member, or he has left.
    """
    if member is None and key.role in ROLES_OF_MEMBERS:
        raise Refused(
            "member-needed",
            f"A key with role {key.role} sees what its member may see: name member_id.",
            field="/member_id",
        )
    if member is not None and not member.active:
        raise Refused("member-left", f"Member {member.member_id!r} has left.", field="/member_id")
    return key


def withdraw_key(key: Key, now: datetime) -> Key:
    """Withdraw a key for good; a second time changes nothing."""
    return key if key.withdrawn_at is not None else replace(key, withdrawn_at=now)


def caller_of(key: Key, member: Member | None, led: frozenset[str], tree: Tree) -> Caller | None:
    """Who calls with this key, or None when it opens nothing.

    Args:
        key: the key shown.
        member: the one it names, if it names one.
        led: ids of the teams this member leads.
        tree: the teams; may be empty for a role other than manager.
    """
    if key.withdrawn_at is not None:
        return None
    if key.member_id is None:
        return Caller(key.key_id, key.role)
    if member is None or not member.active:
        return None
    own = frozenset() if member.team_id is None else frozenset({member.team_id})
    if key.role is Role.MANAGER:
        own = tree.below(own | led)
    elif key.role is not Role.REP:
        own = frozenset()
    return Caller(key.key_id, key.role, member.member_id, member.team_id, own)
