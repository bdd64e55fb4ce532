"""Lanes: what keeps the messages of one subject for one subscription in their order.

A lane exists while something may be waiting in it, and one process at a time works at it, by a lease:

    {_id: "<subscription>|<subject>", sub, due_at, until, by, n, parked?}

`due_at` is when its first message is due, `until` when the lease ends, `n` grows whenever something was put
in, so that a lane is only taken away if nothing came since it was looked into. A parked lane has no `due_at`:
its subscription is not active, and nobody should look at it in vain.
"""

from collections.abc import Collection as Several
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from backbone.mongo import ASCENDING, Collection, DeleteOne, Document, UpdateOne
from services.notifier.domain.delivery import Lane
from services.notifier.store.gathered import Gathered

FREE: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The end of a lease nobody has."""


class Lanes:
    """The lanes that are not empty."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._writes = Gathered(collection)

    async def ensure_indexes(self) -> None:
        """Make what finding due, parked and deleted lanes needs."""
        await self._collection.create_index([("due_at", ASCENDING)])
        await self._collection.create_index([("sub", ASCENDING)])
        await self._collection.create_index([("parked", ASCENDING)], partialFilterExpression={"parked": True})

    async def put_in(self, lanes: Iterable[tuple[str, str]], now: datetime, *, hurry: bool = False) -> None:
        """Note that something was put into lanes, given as (lane, subscription).

        With `hurry` the first message is due now, even one that waits for its next attempt.
        """
        steps = []
        for lane, subscription in sorted(set(lanes)):
            fresh: Document = {"sub": subscription, "until": FREE, "by": ""}
            at_once = {"due_at": now}
            step: Document = {"$inc": {"n": 1}, "$setOnInsert": fresh if hurry else fresh | at_once}
            if hurry:
                step["$set"] = at_once
                step["$unset"] = {"parked": ""}
            steps.append(UpdateOne({"_id": lane}, step, upsert=True))
        if steps:
            await self._collection.bulk_write(steps, ordered=False)

    async def due(self, now: datetime, *, besides: Several[str], limit: int) -> list[Lane]:
        """Lanes nobody works at with a message due, the longest waiting first.

        Args:
            now: the present instant.
            besides: subscriptions whose lanes are not wanted now.
            limit: most lanes.
        """
        wanted: Document = {"due_at": {"$lte": now}, "until": {"$lte": now}}
        if besides:
            wanted["sub"] = {"$nin": sorted(besides)}
        rows = await self._collection.find(wanted).sort("due_at", ASCENDING).limit(limit).to_list(limit)
        return [_read(row) for row in rows]

    async def claim(self, lanes: Sequence[Lane], by: str, now: datetime, until: datetime) -> list[Lane]:
        """Take the leases of lanes; gives those that were still free, as they are now.

        Args:
            lanes: as they were found.
            by: a name used for this claim only.
            now: the present instant.
            until: when the leases end.
        """
        ids = {"$in": [lane.id for lane in lanes]}
        free = {"_id": ids, "until": {"$lte": now}, "due_at": {"$lte": now}}
        taken = await self._collection.update_many(free, {"$set": {"until": until, "by": by}})
        if not taken.modified_count:
            return []
        return [_read(row) async for row in self._collection.find({"_id": ids, "by": by})]

    async def hold(self, lane: Lane, by: str, until: datetime) -> bool:
        """Keep the lease for longer; False when it ran out and another process has it."""
        kept = await self._collection.update_one({"_id": lane.id, "by": by}, {"$set": {"until": until}})
        return bool(kept.matched_count)

    async def let_go(self, lane: Lane, by: str, due_at: datetime) -> None:
        """Give the lease back; the lane is due again at this moment."""
        await self._writes.write(_let_go({"_id": lane.id, "by": by}, due_at))

    async def park(self, lane: Lane, by: str) -> None:
        """Give the lease back and put the lane out of sight until its subscription is active."""
        step = {"$set": {"until": FREE, "parked": True}, "$unset": {"due_at": ""}}
        await self._writes.write(UpdateOne({"_id": lane.id, "by": by}, step))

    async def take_away(self, lane: Lane, by: str, now: datetime) -> None:
        """Remove a lane in which nothing waits; one into which something was put meanwhile is due at once."""
        untouched = {"_id": lane.id, "by": by, "n": lane.n}
        added_to = {"_id": lane.id, "by": by, "n": {"$ne": lane.n}}
        await self._writes.write(DeleteOne(untouched), _let_go(added_to, now))

    async def unpark(self, subscription_ids: Several[str], now: datetime) -> int:
        """Bring the parked lanes of these subscriptions back; says how many."""
        if not subscription_ids:
            return 0
        parked = {"parked": True, "sub": {"$in": sorted(subscription_ids)}}
        back = await self._collection.update_many(parked, {"$set": {"due_at": now}, "$unset": {"parked": ""}})
        return int(back.modified_count)

    async def forget(self, subscription_id: str) -> None:
        """Remove every lane of a subscription that is no more."""
        await self._collection.delete_many({"sub": subscription_id})

    async def oldest_due(self, now: datetime) -> datetime | None:
        """Since when the longest waiting message has been due; None when none is."""
        rows = await self._collection.find({"due_at": {"$lte": now}}).sort("due_at", ASCENDING).limit(1).to_list(1)
        return rows[0]["due_at"] if rows else None


def _let_go(wanted: Document, due_at: datetime) -> UpdateOne:
    return UpdateOne(wanted, {"$set": {"until": FREE, "due_at": due_at}})


def _read(row: Document) -> Lane:
    return Lane(row["_id"], row["sub"], row["due_at"], row["until"], row["n"])
