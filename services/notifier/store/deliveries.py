"""Deliveries, and the messages they carry: one small document per subscription and event, one body per event."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from backbone.listing import Rows
from backbone.mongo import ASCENDING, DESCENDING, Binary, Collection, Document, UpdateOne, insert_new
from services.notifier.domain.delivery import ATTEMPTS_KEPT, Delivery, State, lane_id
from services.notifier.store.gathered import Gathered
from services.notifier.store.lanes import Lanes

LOOK_AHEAD: Final = 50
RESENDS_REMEMBERED: Final = 20
IN_LINE: Final = [("queued_at", ASCENDING), ("offset", ASCENDING)]
"""A batch is queued at one moment: of its events the log's order tells which is first."""


class Deliveries:
    """What was to be sent, and what came of it."""

    def __init__(self, deliveries: Collection, messages: Collection, lanes: Lanes, keep_seconds: int) -> None:
        self._deliveries = deliveries
        self._writes = Gathered(deliveries)
        self._messages = messages
        self._lanes = lanes
        self._keep_seconds = keep_seconds

    async def ensure_indexes(self) -> None:
        """Make what lanes, lists and gauges need; let old documents expire."""
        await self._deliveries.create_index(
            [("lane", ASCENDING), *IN_LINE], partialFilterExpression={"state": State.WAITING.value}
        )
        await self._deliveries.create_index([("subscription_id", ASCENDING), ("_id", DESCENDING)])
        await self._deliveries.create_index([("subscription_id", ASCENDING), ("queued_at", ASCENDING)])
        for kept in (self._deliveries, self._messages):
            await kept.create_index([("kept_from", ASCENDING)], expireAfterSeconds=self._keep_seconds)

    async def queue(self, deliveries: Sequence[Delivery], bodies: Mapping[str, bytes], now: datetime) -> None:
        """Put deliveries in their lanes; those that are known already stay as they are.

        Everything is on disk when this returns. A crash in between leaves nothing that doing it again would
        not mend: bodies first, then deliveries, then the lanes that lead to them.

        Args:
            deliveries: in the order of the log.
            bodies: what to send, by event id.
            now: the present instant.
        """
        if not deliveries:
            return
        await insert_new(
            self._messages,
            [{"_id": event_id, "body": Binary(body), "kept_from": now} for event_id, body in bodies.items()],
        )
        await insert_new(self._deliveries, [_document(delivery, now) for delivery in deliveries])
        await self._lanes.put_in(_lanes_of(deliveries), now)

    async def queue_again(
        self, deliveries: Sequence[Delivery], bodies: Mapping[str, bytes], now: datetime, *, delivered: bool
    ) -> int:
        """Put deliveries of a replay in their lanes, known ones again; says how many wait because of it.

        What waits already stays where it is, what this very replay has queued before is not queued twice.

        Args:
            deliveries: with the replay's id.
            bodies: what to send, by event id.
            now: the present instant.
            delivered: also what was delivered before.
        """
        if not deliveries:
            return 0
        keeping = [
            UpdateOne({"_id": event_id}, {"$set": {"body": Binary(body), "kept_from": now}}, upsert=True)
            for event_id, body in bodies.items()
        ]
        await self._messages.bulk_write(keeping, ordered=False)
        kept = await insert_new(self._deliveries, [_document(delivery, now) for delivery in deliveries])
        fresh = len(deliveries) - len(kept)
        done = [State.FAILED, State.WITHHELD, State.SET_ASIDE, *([State.DELIVERED] if delivered else [])]
        known = {
            "_id": {"$in": [delivery.delivery_id for delivery in deliveries]},
            "state": {"$in": [state.value for state in done]},
            "replay_id": {"$ne": deliveries[0].replay_id},
        }
        again = await self._deliveries.update_many(known, _requeued(now, replay_id=deliveries[0].replay_id))
        await self._lanes.put_in(_lanes_of(deliveries), now)
        return fresh + int(again.modified_count)

    async def resend(self, delivery: Delivery, made_by: str, now: datetime) -> Delivery:
        """Put one delivery back in its lane, due at once; asked twice by the same request it happens once."""
        step = _requeued(now)
        step["$push"] = {"resends": {"$each": [made_by], "$slice": -RESENDS_REMEMBERED}}
        asked = await self._deliveries.update_one({"_id": delivery.delivery_id, "resends": {"$ne": made_by}}, step)
        if asked.modified_count:
            await self._messages.update_one({"_id": delivery.event_id}, {"$set": {"kept_from": now}})
            await self._lanes.put_in([(delivery.lane, delivery.subscription_id)], now, hurry=True)
        return await self.get(delivery.delivery_id) or delivery

    async def waiting_in(self, lane: str) -> list[Delivery]:
        """The first deliveries of a lane, in the order they were queued."""
        wanted = {"lane": lane, "state": State.WAITING.value}
        rows = await self._deliveries.find(wanted).sort(IN_LINE).limit(LOOK_AHEAD).to_list(LOOK_AHEAD)
        return [_read(row) for row in rows]

    async def body_of(self, event_id: str) -> bytes | None:
        """What to send; None when it is not kept any more."""
        found = await self._messages.find_one({"_id": event_id})
        return None if found is None else bytes(found["body"])

    async def note(self, before: Delivery, after: Delivery) -> None:
        """Write down what came of an attempt, unless somebody else wrote something down meanwhile."""
        plain = _plain(after)
        changed = {name: plain[name] for name in ("state", "due_at", "ended_at", "tries")}
        step: Document = {"$set": changed}
        if after.attempts != before.attempts:
            step["$push"] = {"attempts": {"$each": [plain["attempts"][-1]], "$slice": -ATTEMPTS_KEPT}}
        seen = {"_id": before.delivery_id, "state": before.state.value, "tries": before.tries}
        await self._writes.write(UpdateOne(seen, step))

    async def set_aside(self, subscription_id: str, now: datetime) -> int:
        """Leave out everything that waits for a subscription; says how much."""
        wanted = {"subscription_id": subscription_id, "state": State.WAITING.value}
        step = {"$set": {"state": State.SET_ASIDE.value, "due_at": None, "ended_at": now}}
        return int((await self._deliveries.update_many(wanted, step)).modified_count)

    async def get(self, delivery_id: str) -> Delivery | None:
        """One delivery."""
        found = await self._deliveries.find_one({"_id": delivery_id})
        return None if found is None else _read(found)

    def rows(self, wanted: Document) -> Rows[Delivery]:
        """The log of what meets a condition."""
        return Rows(self._deliveries, wanted, _read)

    async def count_waiting(self) -> tuple[int, int]:
        """How many deliveries wait, and how many of them because an attempt failed."""
        waiting = {"state": State.WAITING.value, "lane": {"$gt": ""}}
        retrying = {**waiting, "tries": {"$gt": 0}}
        return await self._deliveries.count_documents(waiting), await self._deliveries.count_documents(retrying)


def _lanes_of(deliveries: Sequence[Delivery]) -> list[tuple[str, str]]:
    return [(one.lane, one.subscription_id) for one in deliveries if one.state is State.WAITING]


def _requeued(now: datetime, **also: object) -> Document:
    return {
        "$set": {
            "state": State.WAITING.value,
            "tries": 0,
            "queued_at": now,
            "due_at": now,
            "ended_at": None,
            "kept_from": now,
            **also,
        }
    }


def _document(delivery: Delivery, now: datetime) -> Document:
    document = _plain(delivery)
    document["_id"] = document.pop("delivery_id")
    return {**document, "lane": lane_id(delivery.subscription_id, delivery.subject), "kept_from": now}


def _plain(delivery: Delivery) -> Document:
    plain: Document = msgspec.to_builtins(delivery, builtin_types=(datetime,))
    return plain


def _read(document: Document) -> Delivery:
    return msgspec.convert({**document, "delivery_id": document["_id"]}, Delivery)
