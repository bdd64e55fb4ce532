"""The worker's documents in MongoDB: collections, and the few calls that need care.

`facts` has no index but its key: each further one halves the store's inserts
(docs/decisions, "Faust without tables"). What belongs to a member and a month
is found through `trails`, whose keys sort by member, then month.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from backbone.mongo import (
    ASCENDING,
    BulkWriteError,
    Collection,
    Database,
    Document,
    UpdateOne,
    insert_new,
    refused_places,
)
from backbone.sweep import Sweep

READ_TOGETHER: Final = 100
"""Ids asked for at once: the embedded store takes longer per id the more there are."""


class Store:
    """The collections of database `drumbeat_analytics`."""

    def __init__(self, database: Database) -> None:
        self.facts: Collection = database["facts"]
        self.trails: Collection = database["trails"]
        self.left_out: Collection = database["left_out"]
        self.standings: Collection = database["standings"]
        self.funnels: Collection = database["funnels"]
        self.deals: Collection = database["deals"]
        self.pipelines: Collection = database["pipelines"]
        self.clocks: Collection = database["clocks"]
        self.voids: Collection = database["voids"]
        self.sources: Collection = database["sources"]
        self.positions: Collection = database["positions"]

    async def ensure_indexes(self) -> None:
        """Create what is missing; harmless when all is there."""
        await self.left_out.create_index([("member", ASCENDING), ("on", ASCENDING)])
        await self.funnels.create_index([("p", ASCENDING)])
        await self.voids.create_index([("tp", ASCENDING)])
        await self.clocks.create_index([("next_at", ASCENDING)])
        await self.clocks.create_index([("policy", ASCENDING), ("state", ASCENDING)])
        await Sweep.ensure_index(self.clocks)

    async def by_ids(
        self, collection: Collection, ids: Sequence[str], fields: Mapping[str, Any] | None = None
    ) -> dict[str, Document]:
        """The documents of those ids that exist.

        Raises:
            PyMongoError: the store did not answer.
        """
        found: dict[str, Document] = {}
        for some in chunks(ids, READ_TOGETHER):
            for document in await collection.find({"_id": {"$in": list(some)}}, fields).to_list(None):
                found[document["_id"]] = document
        return found

    async def keep_positions(self, positions: Mapping[str, int]) -> None:
        """Note by partition up to which offset everything of the log is stored.

        Raises:
            PyMongoError: the store did not answer.
        """
        if positions:
            await self.positions.bulk_write(
                [
                    UpdateOne({"_id": label}, {"$set": {"next": next_}}, upsert=True)
                    for label, next_ in positions.items()
                ]
            )

    async def positions_of(self, labels: Sequence[str]) -> dict[str, int]:
        """What `keep_positions` noted of partitions.

        Raises:
            PyMongoError: the store did not answer.
        """
        return {label: row["next"] for label, row in (await self.by_ids(self.positions, labels)).items()}

    async def write_guarded(self, collection: Collection, writes: Sequence[UpdateOne | Document]) -> list[int]:
        """Do guarded upserts, and insert whole documents; give the places of those that did not hold.

        A guard is part of the filter beside the id. Where it does not hold,
        the upsert tries to make a document of an id that exists, and is
        refused as a duplicate: so the store itself says which ones failed. A
        document to insert fails the same way when somebody else made it.

        Raises:
            BulkWriteError: one was refused for another reason.
            PyMongoError: the store did not answer.
        """
        new = {place: write for place, write in enumerate(writes) if not isinstance(write, UpdateOne)}
        known = {place: write for place, write in enumerate(writes) if isinstance(write, UpdateOne)}
        taken = await insert_new(collection, list(new.values()))
        missed = [list(new)[place] for place in taken]
        if known:
            try:
                await collection.bulk_write(list(known.values()), ordered=False)
            except BulkWriteError as refused:
                missed.extend(list(known)[place] for place in refused_places(refused))
        return missed


def chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The ids in slices of at most `size`."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
