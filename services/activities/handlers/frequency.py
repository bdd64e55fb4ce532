"""How often customers are to be visited: the organisation's rule."""

from collections.abc import Mapping
from typing import Final

from backbone.outbox import Saved
from backbone.rows import as_seen, put
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain.frequency import FrequencyRule, Interval, set_rule
from services.activities.handlers import rhythms

AT_ONCE: Final = 200


async def change_rule(
    desk: Desk, asks: Asks, intervals: Mapping[str, Interval], *, version: int
) -> Saved[FrequencyRule]:
    """Set another rule; the customers follow within moments (`follow_rule`).

    Raises:
        Conflict: somebody else set one meanwhile.
        Refused: see `domain.frequency.set_rule`.
    """
    rows = desk.field.frequency_rule
    found = as_seen(rows, asks, await rhythms.rule(desk), version)
    if found.replayed:
        return found
    return await put(rows, found, set_rule(found.state, intervals), [], at=desk.now(), by=asks.by)


async def follow_rule(desk: Desk) -> bool:
    """Work out anew what still follows an earlier rule; True when there may be more."""
    present = (await rhythms.rule(desk)).state.number
    behind = (
        await desk.field.rhythms.collection.find({"state.rule_number": {"$lt": present}}, {"_id": 1})
        .limit(AT_ONCE)
        .to_list(AT_ONCE)
    )
    await rhythms.work_out(desk, [document["_id"] for document in behind])
    return len(behind) == AT_ONCE
