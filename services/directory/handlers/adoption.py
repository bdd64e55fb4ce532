"""What outside systems tell of members and teams."""

from functools import partial

from backbone.contract.directory import TeamChanged
from backbone.contract.envelope import Envelope
from backbone.inbox import adopt, happened_at
from services.directory.desk import Desk
from services.directory.domain import adoption
from services.directory.domain.adoption import MemberStatement


async def adopt_member(desk: Desk, envelope: Envelope, said: MemberStatement) -> None:
    """Take in what an outside system says of a member; a team nobody knows yet is kept as named."""
    decide = partial(adoption.adopt_member, said=said, at=happened_at(envelope))
    await adopt(desk.store.members, said.member_id, envelope, decide)


async def adopt_team(desk: Desk, envelope: Envelope, said: TeamChanged) -> None:
    """Take in what an outside system says of a team."""
    decide = partial(adoption.adopt_team, said=said, at=happened_at(envelope))
    await adopt(desk.store.teams, said.team_id, envelope, decide)
