"""Where the notifier's reading of each topic began: fixed at its first start, for good."""

from collections.abc import Mapping

from backbone.mongo import Collection, DuplicateKeyError

Starts = Mapping[tuple[str, int], int]


class Beginnings:
    """One document per topic: `{_id: topic, topic_id, starts: {"<partition>": offset}}`."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def unknown(self, topics: Mapping[str, str]) -> list[str]:
        """Those of the topics whose beginning was never fixed.

        Args:
            topics: the broker's id of each topic.
        """
        known = {row["_id"] async for row in self._collection.find({"_id": {"$in": list(topics)}}, {"_id": 1})}
        return [name for name in topics if name not in known]

    async def fix(self, topics: Mapping[str, str], starts: Starts) -> None:
        """Fix the beginning of topics; one that another process fixed first stays."""
        for name, topic_id in topics.items():
            at = {str(partition): offset for (topic, partition), offset in starts.items() if topic == name}
            try:
                await self._collection.insert_one({"_id": name, "topic_id": topic_id, "starts": at})
            except DuplicateKeyError:
                continue

    async def read(self, topics: Mapping[str, str]) -> Starts:
        """First offset to read by topic and partition.

        A topic that was deleted and made again has another id and is read from its first record, as is a
        partition that was added later: both hold only what came after the first start.
        """
        rows = self._collection.find({"_id": {"$in": list(topics)}})
        return {
            (row["_id"], int(partition)): offset
            async for row in rows
            if row["topic_id"] == topics[row["_id"]]
            for partition, offset in row["starts"].items()
        }
