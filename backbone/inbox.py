"""The inbox: an event taken from Kafka acts once, however often it is delivered.

For effects outside one aggregate. (What changes a single aggregate keeps the
event id inside it, as an idempotency key: see `backbone.idempotency`.)
"""

from collections.abc import Iterable, Sequence
from typing import Final

from backbone.clock import utc_now
from backbone.mongo import ASCENDING, BulkWriteError, Collection

DUPLICATE_KEY: Final = 11_000

LOOKED_UP_AT_ONCE: Final = 100
"""The embedded store compares every hit of a query with the whole list of ids."""


class Inbox:
    """The ids of the events that have taken effect, one small document each."""

    def __init__(self, collection: Collection, *, keep_seconds: int | None = None) -> None:
        self._collection = collection
        self._keep_seconds = keep_seconds

    async def ensure_indexes(self) -> None:
        """Let old ids expire when a keeping time was given."""
        if self._keep_seconds is not None:
            await self._collection.create_index([("at", ASCENDING)], expireAfterSeconds=self._keep_seconds)

    async def seen(self, event_ids: Iterable[str]) -> set[str]:
        """Those of the ids that have taken effect already."""
        wanted = list(event_ids)
        found: set[str] = set()
        for start in range(0, len(wanted), LOOKED_UP_AT_ONCE):
            part = wanted[start : start + LOOKED_UP_AT_ONCE]
            found |= {row["_id"] async for row in self._collection.find({"_id": {"$in": part}}, {"_id": 1})}
        return found

    async def remember(self, event_ids: Sequence[str]) -> None:
        """Note that the events have taken effect; ids that are known already stay.

        Raises:
            BulkWriteError: the store refused for another reason than a known id.
        """
        if not event_ids:
            return
        now = utc_now()
        try:
            await self._collection.insert_many([{"_id": event_id, "at": now} for event_id in event_ids], ordered=False)
        except BulkWriteError as refused:
            errors = refused.details["writeErrors"] if refused.details else []
            if any(error["code"] != DUPLICATE_KEY for error in errors):
                raise
