"""A member: a person who works for the organisation, in one team or in none."""

from dataclasses import dataclass, replace
from datetime import datetime

from backbone.callers import Scope
from backbone.contract.directory import MemberChanged, MemberJoined, MemberLeft, MemberMoved
from backbone.contract.envelope import EventData
from backbone.problems import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member as the directory has him.

    `named_at`, `placed_at`, `joined_at` and `left_at` tell since when the name, the
    place (team and role), the presence and the absence hold: what outside systems say late
    never undoes what was said of a later moment. None = nobody has said it yet.
    `scope` is the row scope set for him (None = by role), `was_away_until` the moment he came back
    the last time: what he held before opens nothing any more.
    """

    member_id: str
    name: str
    named_at: datetime | None = None
    role: str
    team_id: str | None = None
    placed_at: datetime | None = None
    scope: Scope | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None
    successor_id: str | None = None
    leave_reason: str | None = None
    was_away_until: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether he is with the organisation."""
        return self.left_at is None

    @property
    def owner_id(self) -> str:
        """Whose row he is: his own (see `backbone.rows`)."""
        return self.member_id


def join(member_id: str, name: str, role: str, team_id: str | None, now: datetime) -> tuple[Member, list[EventData]]:
    """Take a new member in."""
    member = Member(
        member_id=member_id,
        name=name,
        named_at=now,
        role=role,
        team_id=team_id,
        placed_at=now,
        joined_at=now,
    )
    return member, [MemberJoined(member_id=member_id, name=name, role=role, team_id=team_id)]


def move(member: Member, team_id: str | None, role: str | None, now: datetime) -> tuple[Member, list[EventData]]:
    """Put a member into another team, or give him another role, or both.

    A row scope that was set for him goes with the role it was set for.

    Args:
        member: who moves.
        team_id: his team from now on; None = in no team.
        role: his role from now on; None = it stays.
        now: the present instant.

    Raises:
        Refused: he has left, or nothing would change.
    """
    _check_present(member)
    new_role = role or member.role
    if (team_id, new_role) == (member.team_id, member.role):
        raise Refused("nothing-changes", "The member is in this team with this role already.", field="/team_id")
    changed = new_role != member.role
    scope = None if changed else member.scope
    moved = replace(member, team_id=team_id, role=new_role, placed_at=now, scope=scope)
    events: list[EventData] = [
        MemberMoved(
            member_id=member.member_id,
            from_team_id=member.team_id,
            team_id=team_id,
            from_role=member.role if changed else None,
            role=new_role if changed else None,
        )
    ]
    if scope != member.scope:
        events.append(MemberChanged(member_id=member.member_id, name=member.name, scope=None))
    return moved, events


def change(
    member: Member, *, name: str, role: str, scope: Scope | None, now: datetime
) -> tuple[Member, list[EventData]]:
    """Give a member another name, role or row scope; his team stays.

    Raises:
        Refused: he has left.
    """
    _check_present(member)
    events: list[EventData] = []
    changed = member
    if role != member.role:
        changed, (moved, *_) = move(member, member.team_id, role, now)
        events = [moved]
    if (name, scope) != (member.name, member.scope):
        named_at = member.named_at if name == member.name else now
        changed = replace(changed, name=name, scope=scope, named_at=named_at)
        events.append(MemberChanged(member_id=member.member_id, name=name, scope=scope))
    return changed, events


def rejoin(
    member: Member, *, name: str, role: str, team_id: str | None, now: datetime
) -> tuple[Member, list[EventData]]:
    """Take somebody back who had left. What he held before stays lost: keys, delegations, a row scope of his own.

    Raises:
        Refused: he is here.
    """
    if member.active:
        raise Refused("member-here", f"Member {member.member_id!r} is with the organisation; he has not left.")
    back, events = join(member.member_id, name, role, team_id, now)
    return replace(back, was_away_until=now), events


def leave(
    member: Member, successor_id: str | None, reason: str | None, now: datetime
) -> tuple[Member, list[EventData]]:
    """Let a member go; his keys stop working with it.

    Args:
        member: who leaves.
        successor_id: who takes over what is open.
        reason: a code of the organisation.
        now: the present instant.

    Raises:
        Refused: he has left before, or would be his own successor.
    """
    _check_present(member)
    if successor_id == member.member_id:
        raise Refused("own-successor", "A member cannot take over from himself.", field="/successor_id")
    gone = replace(member, left_at=now, successor_id=successor_id, leave_reason=reason)
    return gone, [
        MemberLeft(
            member_id=member.member_id,
            team_id=member.team_id,
            successor_id=successor_id,
            reason=reason,
        )
    ]


def _check_present(member: Member) -> None:
    if not member.active:
        raise Refused("member-left", f"Member {member.member_id!r} has left.")
