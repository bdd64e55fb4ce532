"""What the directory takes from Kafka: members and teams that outside systems tell of."""

from typing import Final

from backbone.contract.directory import MemberJoined, MemberLeft, MemberMoved, TeamChanged
from backbone.contract.envelope import Envelope
from backbone.inbox import Routes
from services.directory.desk import Desk
from services.directory.handlers import adoption as handlers

TOPICS: Final = ("directory",)


def routes(desk: Desk) -> Routes:
    """What to do with an event of each class."""

    async def on_member_told(envelope: Envelope) -> None:
        if isinstance(said := envelope.data, MemberJoined | MemberMoved | MemberLeft):
            await handlers.adopt_member(desk, envelope, said)

    async def on_team_changed(envelope: Envelope) -> None:
        if isinstance(said := envelope.data, TeamChanged):
            await handlers.adopt_team(desk, envelope, said)

    return {
        MemberJoined: on_member_told,
        MemberMoved: on_member_told,
        MemberLeft: on_member_told,
        TeamChanged: on_team_changed,
    }
