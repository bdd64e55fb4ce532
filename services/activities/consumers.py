"""What activities take from Kafka: complaints that outside systems tell of, in any order and twice."""

from typing import Final

from backbone.contract.complaints import ComplaintEvent
from backbone.contract.envelope import Envelope
from backbone.inbox import Routes
from backbone.problems import Unavailable
from services.activities.desk import Desk
from services.activities.domain.adoption import KINDS
from services.activities.handlers import opening

TOPICS: Final = ("complaints",)


def routes(desk: Desk) -> Routes:
    """What to do with an event of each class."""

    async def on_complaint_step(envelope: Envelope) -> None:
        if isinstance(said := envelope.data, ComplaintEvent):
            try:
                await opening.adopt_step(desk, envelope, said)
            except Unavailable as away:
                # A rule asks the directory who is on duty: as with a store that is away, try again and lose nothing.
                raise ConnectionError(away.detail) from away

    return dict.fromkeys(KINDS, on_complaint_step)
