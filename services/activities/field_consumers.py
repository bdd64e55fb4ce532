"""What field work follows on Kafka: the view of how often customers are visited, and what follows from a visit.

A visit's plan is settled by whoever logs it; here it is done again, for one who was stopped in between.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from backbone.contract.activities import FollowUpLogged, FollowUpVoided, VisitLogged, VisitVoided
from backbone.contract.envelope import Envelope, EventData
from backbone.inbox import OWN_SOURCES, Following
from backbone.settings import Settings
from services.activities.desk import Desk
from services.activities.handlers import rhythms, settling

GROUP: Final = "activities-field"
TOPICS: Final = ("customers", "activities")
MOST_AT_ONCE: Final = 16


def following(desk: Desk, settings: Settings) -> Following:
    """What is followed for field work, whoever says it."""
    return Following(settings, GROUP, TOPICS, taking(desk))


def taking(desk: Desk) -> Callable[[Sequence[Envelope]], Awaitable[None]]:
    """What to do with some events; what is said of one customer or member keeps its order."""

    async def take(events: Sequence[Envelope]) -> None:
        await rhythms.take_in(desk, events)
        strands: dict[str, list[Envelope]] = {}
        for envelope in events:
            if envelope.source.startswith(OWN_SOURCES) and _is_to_settle(envelope.data):
                strands.setdefault(envelope.partitionkey, []).append(envelope)
        room = asyncio.Semaphore(MOST_AT_ONCE)

        async def follow(strand: Sequence[Envelope]) -> None:
            async with room:
                for envelope in strand:
                    await settle(desk, envelope)

        # All are waited for, also after a trouble: none may still be at work when the batch is taken again.
        for outcome in await asyncio.gather(*map(follow, strands.values()), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    return take


async def settle(desk: Desk, envelope: Envelope) -> None:
    """Let one event of ours have its consequences; twice is as once."""
    said = envelope.data
    if isinstance(said, VisitLogged | VisitVoided):
        await settling.settle_logged_visit(desk, envelope, said.visit_id)
    elif isinstance(said, FollowUpLogged | FollowUpVoided):
        await settling.settle_logged_follow_up(desk, envelope, said.follow_up_id)


def _is_to_settle(said: EventData) -> bool:
    match said:
        case VisitLogged() | FollowUpLogged():
            return settling.leaves_something(said)
        case _:
            return isinstance(said, VisitVoided | FollowUpVoided)
