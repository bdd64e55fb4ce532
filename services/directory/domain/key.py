"""An API key as the directory keeps it: never the key itself, only its hash."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from backbone.audit import secret
from backbone.callers import Role
from backbone.problems import Refused
from services.directory.domain.member import Member

ROLES_OF_MEMBERS = (Role.MANAGER, Role.REP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key; `withdrawn_at` tells that it opens nothing any more.

    `member_role` is the role its member had when it was made.
    """

    key_id: str
    hash: str = field(metadata=secret)
    role: Role
    label: str
    member_id: str | None = None
    member_role: str | None = None
    created_at: datetime
    withdrawn_at: datetime | None = None

    def made_before(self, member: Member) -> bool:
        """Whether it is from a time before the member left and came back: such a key stays dead."""
        return member.was_away_until is not None and self.created_at < member.was_away_until


def issue_key(key: Key, member: Member | None) -> Key:
    """Check a new key.

    Args:
        key: as it shall be.
        member: the one it names, if it names one.

    Raises:
        Refused: a role whose rows are a member's has no member, or he has left; the role is one of our own services'.
    """
    if key.role is Role.PLATFORM:
        raise Refused("wrong-role", "Keys of our own services are not made here; take another role.", field="/role")
    if member is None and key.role in ROLES_OF_MEMBERS:
        raise Refused(
            "member-needed",
            f"A key with role {key.role} sees what its member may see: name member_id.",
            field="/member_id",
        )
    if member is not None and not member.active:
        raise Refused("member-left", f"Member {member.member_id!r} has left.", field="/member_id")
    return replace(key, member_role=None if member is None else member.role)


def withdraw_key(key: Key, now: datetime) -> Key:
    """Withdraw a key for good; a second time changes nothing."""
    return key if key.withdrawn_at is not None else replace(key, withdrawn_at=now)
