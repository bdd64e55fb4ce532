"""What outside systems say about members and teams, made one with what is known.

Their events come late, twice and out of order. Each part of a member (name, place, presence)
takes the statement of the latest moment; of the same moment, the one that came last.
Somebody who is moved before he joined is kept under his id until his name is told.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from backbone.contract.directory import MemberJoined, MemberLeft, MemberMoved, TeamChanged
from services.directory.domain.member import Member
from services.directory.domain.team import Team

ROLE_NOT_TOLD: Final = "rep"


MemberStatement = MemberJoined | MemberMoved | MemberLeft


def adopt_member(known: Member | None, said: MemberStatement, at: datetime) -> Member:
    """The member after an outside system told of him.

    Args:
        known: the member as he stands; None = nobody has told of him yet.
        said: the statement.
        at: the moment it is about, UTC.
    """
    match said:
        case MemberJoined():
            return _joined(known or _unnamed(said.member_id), said, at)
        case MemberMoved():
            return _moved(known or _unnamed(said.member_id), said, at)
        case MemberLeft():
            return _left(known or replace(_unnamed(said.member_id), team_id=said.team_id), said, at)


def adopt_team(known: Team | None, said: TeamChanged, at: datetime) -> Team:
    """The team after somebody said its name and place at that moment."""
    if known is not None and at < known.changed_at:
        return known
    return Team(
        team_id=said.team_id,
        name=said.name,
        parent_id=said.parent_id,
        lead_id=said.lead_id,
        changed_at=at,
    )


def _joined(member: Member, said: MemberJoined, at: datetime) -> Member:
    if _holds(member.named_at, at):
        member = replace(member, name=said.name, named_at=at)
    if _holds(member.placed_at, at):
        member = _placed(member, said.team_id, said.role, at)
    if _holds(member.joined_at, at):
        member = replace(member, joined_at=at)
    if member.left_at is not None and at > member.left_at:
        # He has come back.
        member = replace(member, left_at=None, successor_id=None, leave_reason=None, was_away_until=at)
    return member


def _moved(member: Member, said: MemberMoved, at: datetime) -> Member:
    if not _holds(member.placed_at, at):
        return member
    return _placed(member, said.team_id, said.role or member.role, at)


def _placed(member: Member, team_id: str | None, role: str, at: datetime) -> Member:
    # A row scope goes with the role it was set for, as in `domain.member.move`.
    scope = member.scope if role == member.role else None
    return replace(member, team_id=team_id, role=role, scope=scope, placed_at=at)


def _left(member: Member, said: MemberLeft, at: datetime) -> Member:
    if not (_holds(member.joined_at, at) and _holds(member.left_at, at)):
        return member
    return replace(member, left_at=at, successor_id=said.successor_id, leave_reason=said.reason)


def _unnamed(member_id: str) -> Member:
    return Member(member_id=member_id, name=member_id, role=ROLE_NOT_TOLD)


def _holds(since: datetime | None, at: datetime) -> bool:
    """Whether a statement of `at` stands against what was said of `since`."""
    return since is None or at >= since
