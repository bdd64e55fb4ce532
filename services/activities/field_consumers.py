"""What field work follows on Kafka: the view of how often customers are visited, and what follows from a visit.

A visit's plan is settled by whoever logs it; here it is done again, for one who was stopped in between.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from backbone.contract.activities import FollowUpLogged, FollowUpVoided, VisitLogged, VisitVoided
from backbone.contract.customers import (
    CustomerCreated,
    CustomerGraded,
    CustomerMerged,
    CustomerOwnerChanged,
    CustomerUnmerged,
)
from backbone.contract.envelope import Envelope
from backbone.inbox import OWN_SOURCES
from services.activities.desk import Desk
from services.activities.handlers import rhythms, settling

GROUP: Final = "activities-field"
TOPICS: Final = ("customers", "activities")
MOST_AT_ONCE: Final = 16


def taking(desk: Desk) -> Callable[[Sequence[Envelope]], Awaitable[None]]:
    """What to do with some events; what is said of one customer or member keeps its order."""

    async def take(events: Sequence[Envelope]) -> None:
        strands: dict[str, list[Envelope]] = {}
        for envelope in events:
            strands.setdefault(envelope.partitionkey, []).append(envelope)
        room = asyncio.Semaphore(MOST_AT_ONCE)

        async def follow(strand: Sequence[Envelope]) -> None:
            async with room:
                for envelope in strand:
                    await hear(desk, envelope)

        # All are waited for, also after a trouble: none may still be at work when the batch is taken again.
        for outcome in await asyncio.gather(*map(follow, strands.values()), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    return take


async def hear(desk: Desk, envelope: Envelope) -> None:
    """Take one event in; twice is as once."""
    said = envelope.data
    match said:
        case CustomerCreated() | CustomerGraded() | CustomerOwnerChanged():
            await rhythms.note_customer(desk, envelope, said)
        case CustomerMerged() | CustomerUnmerged():
            await rhythms.note_merge(desk, envelope, said)
        case VisitLogged():
            await rhythms.note_visit(desk, envelope, said)
        case VisitVoided():
            await rhythms.note_void(desk, said)
        case _:
            pass
    if not envelope.source.startswith(OWN_SOURCES):
        return
    if isinstance(said, VisitLogged | VisitVoided):
        await settling.settle_logged_visit(desk, envelope, said.visit_id)
    elif isinstance(said, FollowUpLogged | FollowUpVoided):
        await settling.settle_logged_follow_up(desk, envelope, said.follow_up_id)
