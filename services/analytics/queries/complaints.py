"""How complaints are answered: sums over the clocks, and those that wait."""

from typing import Final

from backbone.callers import Caller, Role
from backbone.clock import from_epoch_ms
from backbone.mongo import ASCENDING, Document
from backbone.problems import Forbidden
from services.analytics.queries.scope import Figures

POLICY: Final = "first-reply"
OPEN_CLOCKS_SHOWN: Final = 100


async def sla_of(figures: Figures, caller: Caller) -> Document:
    """`{policy, open, warned, breached, replied_late, replied, median_hours_to_reply}`.

    `open` complaints wait for their first reply; `warned` and `breached` count
    all clocks that reached the level, open or answered since; `replied_late`
    are replies after the deadline.
    """
    clocks = figures.database["clocks"]
    mine = {"policy": POLICY, **_clock_rows(caller)}
    replied = {**mine, "reply_seconds": {"$ne": None}}
    count = await clocks.count_documents(replied)
    return {
        "policy": POLICY,
        **figures.freshness(),
        "open": await clocks.count_documents({**mine, "state": "open"}),
        "warned": await clocks.count_documents({**mine, "warned": True}),
        "breached": await clocks.count_documents({**mine, "breached": True}),
        "replied_late": await clocks.count_documents({**mine, "replied_late": True}),
        "replied": count,
        "median_hours_to_reply": await _median_hours(figures, replied, count),
    }


async def _median_hours(figures: Figures, replied: Document, count: int) -> float | None:
    if not count:
        return None
    middle = (
        await figures.database["clocks"]
        .find(replied, {"reply_seconds": 1})
        .sort("reply_seconds", ASCENDING)
        .skip((count - 1) // 2)
        .limit(2 - count % 2)
        .to_list(2)
    )
    seconds: float = sum(clock["reply_seconds"] for clock in middle) / len(middle)
    return round(seconds / 3600, 2)


async def open_clocks(figures: Figures, caller: Caller) -> Document:
    """The complaints that wait for their first reply, the most urgent first."""
    found = (
        await figures.database["clocks"]
        .find({"policy": POLICY, "state": "open", **_clock_rows(caller)})
        .sort("due_at", ASCENDING)
        .limit(OPEN_CLOCKS_SHOWN)
        .to_list(OPEN_CLOCKS_SHOWN)
    )
    people = figures.people.people
    return {
        **figures.freshness(),
        "clocks": [
            {
                "complaint_id": clock["subject"],
                "customer_id": clock.get("customer_id"),
                "owner_id": clock.get("owner_id"),
                "owner_name": people.name_of(clock["owner_id"]) if clock.get("owner_id") else None,
                "severity": clock.get("severity"),
                "opened_at": from_epoch_ms(clock["opened_at"]).isoformat(),
                "due_at": from_epoch_ms(clock["due_at"]).isoformat(),
                "level": clock.get("level"),
            }
            for clock in found
        ],
    }


def _clock_rows(caller: Caller) -> Document:
    if caller.role is Role.PUBLISHER:
        raise Forbidden("wrong-role", "A publisher key may post events and nothing else.")
    return caller.rows(prefix="")
